"""Writes windows_reference.json: windows over time, smoothing and arithmetic as NumPy and SciPy do them.

Run from this folder with NumPy and SciPy installed; the file is checked in, so tests need neither.
Numbers are written by repr(), which reads back to the same f64; NaN becomes null.
"""

import json
import warnings

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

warnings.simplefilter("ignore")
rng = np.random.default_rng(20240611)
NAMES = {"u1": "u8", "u2": "u16", "i2": "i16", "i4": "i32", "f4": "f32", "f8": "f64"}


def listed(a):
    return [None if np.isnan(v) else float(v) for v in np.asarray(a, dtype=np.float64).ravel()]


def stack(name, frames, samples, nan=False):
    dtype = np.dtype(name)
    if np.issubdtype(dtype, np.integer):
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, (frames, samples), dtype=dtype, endpoint=True)
    a = (np.round(rng.normal(1000, 300, (frames, samples)) * 64) / 64).astype(dtype)
    if nan:
        a[rng.random(a.shape) < 0.3] = np.nan
        a[:, 0] = np.nan
    return a


windows = []
for name, nan in [("u1", 0), ("u2", 0), ("i2", 0), ("i4", 0), ("f4", 0), ("f8", 0), ("f4", 1), ("f8", 1)]:
    for w in [1, 4, 7]:
        a = stack(name, 11, 2, nan)
        v = sliding_window_view(a.astype(np.float64), w, axis=0)
        case = {
            "dtype": NAMES[name],
            "window": w,
            "frames": [listed(f) for f in a],
            "mean": listed(np.nanmean(v, axis=-1)),
            "std": listed(np.nanstd(v, axis=-1)),
            "min": listed(np.nanmin(v, axis=-1)),
            "max": listed(np.nanmax(v, axis=-1)),
            "median": listed(np.nanmedian(v, axis=-1)),
            "percentile20": listed(np.nanpercentile(v, 20, axis=-1)),
        }
        if not nan and w % 2:
            # SciPy's filters, where their window lies inside the recording.
            inside = slice(w // 2, len(a) - w // 2)
            wide = a.astype(np.float64)
            case["scipy"] = {
                "mean": listed(ndimage.uniform_filter1d(wide, w, axis=0)[inside]),
                "min": listed(ndimage.minimum_filter1d(wide, w, axis=0)[inside]),
                "max": listed(ndimage.maximum_filter1d(wide, w, axis=0)[inside]),
                "median": listed(ndimage.median_filter(wide, (w, 1))[inside]),
            }
        windows.append(case)

smooth = []
for h, w, c in [(7, 20, 1), (5, 6, 2), (1, 5, 1), (18, 2, 1)]:
    a = np.round(rng.normal(50, 20, (h, w, c)) * 64) / 64  # short to write, exact in f32
    holes = a.copy()
    holes[rng.random((h, w)) < 0.1] = np.nan
    there = ~np.isnan(holes)
    case = {"shape": [h, w, c], "samples": listed(a), "holes": listed(holes), "gaussian": [], "box": [], "median": []}
    for sigma in [0.0, 0.6, 2.0]:
        s = (sigma, sigma, 0)
        weight = ndimage.gaussian_filter(there.astype(float), s)
        filled = ndimage.gaussian_filter(np.where(there, holes, 0), s)
        case["gaussian"].append(
            {
                "sigma": sigma,
                "expected": listed(ndimage.gaussian_filter(a, s)),
                "with_holes": listed(np.where(weight > 1e-9, filled / np.where(weight > 1e-9, weight, 1), np.nan)),
            }
        )
    for size in [3, 5]:
        s = (size, size, 1)
        n = ndimage.convolve(there.astype(float), np.ones(s))
        filled = ndimage.convolve(np.where(there, holes, 0), np.ones(s))
        case["box"].append(
            {
                "size": size,
                "expected": listed(ndimage.uniform_filter(a, s)),
                "with_holes": listed(np.where(n > 0.5, filled / np.maximum(n, 1), np.nan)),
            }
        )
        case["median"].append(
            {
                "size": size,
                "expected": listed(ndimage.median_filter(a, s)),
                "with_holes": listed(ndimage.generic_filter(holes, np.nanmedian, s)),
            }
        )
    if h == 7:
        for size in [7, 9]:
            case["median"].append(
                {"size": size, "expected": listed(ndimage.median_filter(a, (size, size, 1))), "with_holes": []}
            )
            case["box"].append(
                {"size": size, "expected": listed(ndimage.uniform_filter(a, (size, size, 1))), "with_holes": []}
            )
    smooth.append(case)

# Over time: inside the recording as SciPy, at its ends the weights that are left.
sigma = 1.3
a = stack("u2", 20, 3)
radius = int(4 * sigma + 0.5)
weights = ndimage.gaussian_filter1d(np.eye(2 * radius + 1)[radius], sigma, mode="constant")
ends = ndimage.gaussian_filter1d(a.astype(float), sigma, axis=0, mode="constant")
ends /= ndimage.gaussian_filter1d(np.ones(len(a)), sigma, mode="constant")[:, None]
time = {"sigma": sigma, "frames": [listed(f) for f in a], "expected": [listed(f) for f in ends]}

# Flat field, computed in f32 step by step.
image, dark, flat, other = (rng.normal(m, 5, 12).astype(np.float32) for m in (800, 100, 1500, 90))
span = flat - other
gain = np.float32(span.astype(np.float64).mean())
amount = np.float32(0.35)
arithmetic = {
    "image": listed(image),
    "dark": listed(dark),
    "flat": listed(flat),
    "flat_dark": listed(other),
    "ratio": listed((image - dark) / span),
    "gained": listed((image - dark) / span * gain),
    "relative": listed((image - dark) / dark),
    "blended": listed((image - amount * dark) / (amount * flat + (np.float32(1) - amount))),
    "amount": float(amount),
}

with open("windows_reference.json", "w") as f:
    data = {"numpy": np.__version__, "windows": windows, "smooth": smooth, "time": time, "arithmetic": arithmetic}
    json.dump(data, f, separators=(",", ":"))
    f.write("\n")
