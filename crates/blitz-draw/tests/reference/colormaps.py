"""Reference colours for tests/colormaps.rs: python colormaps.py > colormaps.csv

Needs matplotlib (for the five published tables) and numpy. One row per map: its name, the FNV-1a hash
of the 768 bytes of its table, and every 15th colour as rrggbb.
"""

import colorsys

import matplotlib
import numpy as np

U = np.arange(256) / 255
STOPS = {
    "bipolar": [(0, (0, 255, 255)), (0.25, (0, 0, 255)), (0.5, (0, 0, 0)), (0.75, (255, 0, 0)), (1, (255, 255, 0))],
    "greyclip": [(0, (0, 0, 0)), (0.99, (255, 255, 255)), (1, (255, 0, 0))],
    "grey": [(0, (0, 0, 0)), (1, (255, 255, 255))],
    "thermal": [(0, (0, 0, 0)), (0.3333, (185, 0, 0)), (0.6666, (255, 220, 0)), (1, (255, 255, 255))],
    "flame": [(0, (0, 0, 0)), (0.2, (7, 0, 220)), (0.5, (236, 0, 134)), (0.8, (246, 246, 0)), (1, (255, 255, 255))],
    "yellowy": [(0, (0, 0, 0)), (0.233, (32, 0, 129)), (0.526, (115, 15, 255)), (0.836, (255, 255, 0)),
                (1, (255, 255, 255))],
}
HUES = {"spectrum": 300, "cyclic": 360}
ORDER = ["plasma", "bipolar", "greyclip", "grey", "viridis", "inferno", "magma", "turbo", "thermal", "flame",
         "yellowy", "spectrum", "cyclic"]


def table(name):
    if name in STOPS:
        x, colors = zip(*STOPS[name])
        values = np.stack([np.interp(U, x, channel) for channel in np.array(colors, float).T], axis=1)
    elif name in HUES:
        values = 255 * np.array([colorsys.hsv_to_rgb(u * HUES[name] / 360 % 1, 1, 1) for u in U])
    else:
        values = 255 * np.array(matplotlib.colormaps[name].colors)
    return np.floor(values + 0.5 + 1e-9).astype(np.uint8)


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


for name in ORDER:
    rgb = table(name)
    print(name, f"{fnv1a(rgb.tobytes()):016x}", *("%02x%02x%02x" % tuple(c) for c in rgb[::15]), sep=",")
