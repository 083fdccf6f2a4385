"""Writes reference.json: small stacks with NumPy's and SciPy's answers.

Run from this folder with NumPy and SciPy installed; the file is checked in, so tests need neither.
Numbers are written by repr(), which reads back to the same f64; NaN becomes null.
"""

import json

import numpy as np
from scipy import stats

rng = np.random.default_rng(20240607)
QS = [0, 0.1, 10, 25, 50, 66.6, 90, 99.9, 100]


def listed(a):
    return [None if np.isnan(v) else float(v) for v in np.asarray(a, dtype=np.float64).ravel()]


def stack(dtype, frames, samples):
    if np.issubdtype(dtype, np.integer):
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, (frames, samples), dtype=dtype, endpoint=True)
    a = rng.normal(100, 30, (frames, samples)).astype(dtype)
    a[rng.random(a.shape) < 0.15] = np.nan
    a[:, 0] = np.nan
    return a


def box_weights(n, m):
    """Share of source cell i in target cell j, rows j, as OpenCV's INTER_AREA defines it."""
    edges = np.arange(m + 1) * (n / m)
    i = np.arange(n)
    w = np.minimum(edges[1:, None], i + 1) - np.maximum(edges[:-1, None], i)
    w = np.clip(w, 0, None)
    w[w < 1e-9] = 0
    return w / (n / m)


reductions = []
for name in ["u1", "u2", "i2", "i4", "u4", "f4", "f8"]:
    for frames in [1, 6, 21]:
        a = stack(np.dtype(name), frames, 7)
        wide = a.astype(np.float64)
        with np.errstate(all="ignore"):
            import warnings

            warnings.simplefilter("ignore")
            reductions.append(
                {
                    "dtype": {"u1": "u8", "u2": "u16", "i2": "i16", "i4": "i32", "u4": "u32", "f4": "f32", "f8": "f64"}[name],
                    "frames": [listed(f) for f in a],
                    "mean": listed(np.nanmean(wide, axis=0)),
                    "std": listed(np.nanstd(wide, axis=0)),
                    "std1": listed(np.nanstd(wide, axis=0, ddof=1)),
                    "scipy_std1": listed(stats.tstd(wide, axis=0, nan_policy="omit")) if frames > 1 else None,
                    "median": listed(np.nanmedian(wide, axis=0)),
                    "percentiles": [listed(np.nanpercentile(wide, q, axis=0)) for q in QS],
                    "pooled": [float(np.nanpercentile(wide, q)) for q in QS],
                }
            )

shrinks = []
for name, h, w, th, tw in [("u8", 13, 10, 4, 3), ("u16", 8, 12, 4, 6), ("u16", 9, 7, 6, 5), ("f32", 11, 5, 3, 4)]:
    if name == "f32":
        a = rng.normal(0, 50, (h, w)).astype(np.float32)
    else:
        a = rng.integers(0, 256 if name == "u8" else 65536, (h, w))
    expected = box_weights(h, th) @ a.astype(np.float64) @ box_weights(w, tw).T
    shrinks.append({"dtype": name, "from": [h, w], "to": [th, tw], "samples": listed(a), "expected": listed(expected)})

with open("reference.json", "w") as f:
    json.dump({"numpy": np.__version__, "qs": QS, "reductions": reductions, "shrinks": shrinks}, f, separators=(",", ":"))
    f.write("\n")
