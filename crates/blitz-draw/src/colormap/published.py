"""Writes published.rgb beside it: the published colour maps as matplotlib has them. Needs matplotlib and numpy.

plasma, viridis, inferno, magma, turbo; of each 256 colours of 3 bytes (red, green, blue), rounded half up.
"""

from pathlib import Path

import matplotlib
import numpy as np

NAMES = ["plasma", "viridis", "inferno", "magma", "turbo"]

tables = np.array([matplotlib.colormaps[name].colors for name in NAMES])
assert tables.shape == (len(NAMES), 256, 3)
rounded = np.floor(255 * tables + 0.5).astype(np.uint8)
Path(__file__).with_name("published.rgb").write_bytes(rounded.tobytes())
