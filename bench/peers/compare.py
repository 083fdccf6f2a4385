"""The same work on the same files: BLITZ and Python's array libraries, in turns.

Every round runs each peer once, one after the other, so that all see the same machine; the median over the
rounds counts. Arrays and BLITZ's frames lie in memory before the clock starts, each program has warmed up, and
BLITZ's result is compared with a peer's. The bound is stated with each comparison.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import av
import bottleneck as bn
import cv2
import numba
import numpy as np
import scipy
from scipy import ndimage

import video

SIDE = 512
MEAN_WINDOW, MEDIAN_WINDOW = 50, 15
CORES = len(os.sched_getaffinity(0))


def stack(dtype, frames, missing=0.0):
    """Frames of a moving pattern with noise, 12 bit where the type has room."""
    rng = np.random.default_rng(20261122)
    top = 255 if dtype == np.uint8 else 4095
    x = np.arange(SIDE) / SIDE
    out = np.empty((frames, SIDE, SIDE), dtype)
    for t in range(frames):
        base = 0.5 + 0.3 * np.sin(6 * (x[:, None] + x[None, :]) + t / 40)
        noisy = np.clip(base * top + rng.normal(0, top / 50, (SIDE, SIDE)), 0, top)
        out[t] = noisy if dtype == np.float32 else np.rint(noisy)
        if missing:
            out[t][rng.random((SIDE, SIDE)) < missing] = np.nan
    return out


@numba.njit(parallel=True)
def numba_sum(a):
    """Mean over time, bands of rows in parallel."""
    frames, height, width = a.shape
    out = np.empty((height, width), np.float32)
    for y in numba.prange(height):
        sums = np.zeros(width, np.float64)
        for t in range(frames):
            for x in range(width):
                sums[x] += a[t, y, x]
        for x in range(width):
            out[y, x] = sums[x] / frames
    return out


@numba.njit(parallel=True)
def numba_max(a):
    frames, height, width = a.shape
    out = np.empty((height, width), a.dtype)
    for y in numba.prange(height):
        out[y] = a[0, y]
        for t in range(1, frames):
            for x in range(width):
                out[y, x] = max(out[y, x], a[t, y, x])
    return out


@numba.njit(parallel=True)
def numba_std(a):
    frames, height, width = a.shape
    out = np.empty((height, width), np.float32)
    for y in numba.prange(height):
        sums = np.zeros(width, np.float64)
        for t in range(frames):
            for x in range(width):
                sums[x] += a[t, y, x]
        sums /= frames
        squares = np.zeros(width, np.float64)
        for t in range(frames):
            for x in range(width):
                d = a[t, y, x] - sums[x]
                squares[x] += d * d
        for x in range(width):
            out[y, x] = np.sqrt(squares[x] / frames)
    return out


@numba.njit(parallel=True)
def numba_correct(a, dark, flat):
    frames, height, width = a.shape
    out = np.empty((height, width), np.float32)
    for y in numba.prange(height):
        sums = np.zeros(width, np.float64)
        for t in range(frames):
            for x in range(width):
                sums[x] += (np.float32(a[t, y, x]) - dark[y, x]) / flat[y, x]
        for x in range(width):
            out[y, x] = sums[x] / frames
    return out


@numba.njit(parallel=True)
def numba_sliding_mean(a, window, out):
    frames, height, width = a.shape
    for y in numba.prange(height):
        sums = np.zeros(width, np.float64)
        for t in range(frames):
            for x in range(width):
                sums[x] += a[t, y, x]
                if t >= window:
                    sums[x] -= a[t - window, y, x]
                out[t, y, x] = sums[x] / min(t + 1, window)
    return out


def references(a):
    head = a[:100]
    return head.mean(axis=0, dtype=np.float64).astype(np.float32), head.max(axis=0).astype(np.float32)


def numpy_correct(a, dark, flat):
    """Frame by frame, so that no second stack is needed."""
    sums = np.zeros((SIDE, SIDE))
    for frame in a:
        sums += (frame - dark) / flat
    return (sums / len(a)).astype(np.float32)


def works(a, missing):
    """Per work: BLITZ's name for it, frames used, peers, and the largest difference allowed, relative to the
    largest value."""
    half = slice(SIDE // 4, SIDE // 4 * 3)
    window = min(MEDIAN_WINDOW, len(a))
    if missing:
        short = a[:200]
        return {
            "mean": (a, {"NumPy nanmean": lambda a: np.nanmean(a, axis=0), "Bottleneck nanmean": lambda a: bn.nanmean(a, axis=0)}, 1e-5),
            "median": (short, {"NumPy nanmedian": lambda a: np.nanmedian(a, axis=0), "Bottleneck nanmedian": lambda a: bn.nanmedian(a, axis=0)}, 1e-6),
        }
    dark, flat = references(a)
    out = np.empty(a.shape, np.float32)
    short = a[:200]
    wide = lambda a: a.astype(np.float32)
    return {
        "mean": (a, {"NumPy": lambda a: a.mean(axis=0), "Numba": numba_sum}, 1e-5),
        "std": (a, {"NumPy": lambda a: a.std(axis=0), "Numba": numba_std}, 1e-3 if a.dtype == np.float32 else 1e-5),
        "max": (a, {"NumPy": lambda a: a.max(axis=0), "Numba": numba_max}, 0),
        "median": (short, {"NumPy": lambda a: np.median(a, axis=0), "Bottleneck": lambda a: bn.median(a, axis=0)}, 1e-6),
        "sliding-mean": (
            a,
            {
                "Bottleneck move_mean": lambda a: bn.move_mean(a, MEAN_WINDOW, axis=0)[-1],
                "SciPy uniform_filter1d": lambda a: ndimage.uniform_filter1d(
                    a, MEAN_WINDOW, axis=0, output=np.float32, origin=MEAN_WINDOW // 2 - 1 + MEAN_WINDOW % 2
                )[-1],
                "Numba": lambda a: numba_sliding_mean(a, MEAN_WINDOW, out)[-1],
            },
            1e-5,
        ),
        "sliding-median": (
            short,
            {
                "Bottleneck move_median": lambda a: bn.move_median(a, window, axis=0)[-1],
                "SciPy median_filter": lambda a: ndimage.median_filter(a[:20], size=(window, 1, 1), origin=(window // 2, 0, 0))[-1],
            },
            0,
        ),
        "correct": (
            a,
            {"NumPy": lambda a: numpy_correct(a, dark, flat), "Numba": lambda a: numba_correct(a, dark, flat)},
            1e-5,
        ),
        "curve": (
            a,
            {
                "NumPy": lambda a: a[:, half, half].mean(axis=(1, 2), dtype=np.float64),
                "OpenCV": lambda a: np.array([cv2.mean(f[half, half])[0] for f in a]),
            },
            1e-6,
        ),
    }


# These do only a part of the frames; their times are scaled up.
PARTS = {"SciPy median_filter": 10.0}


class Peak:
    """Most resident memory of this process above what it had, while something runs."""

    def __enter__(self):
        self.before, self.most, self.done = resident(), 0, False
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def watch(self):
        while not self.done:
            self.most = max(self.most, resident())
            time.sleep(0.002)

    def __exit__(self, *_):
        self.done = True
        self.thread.join()
        self.bytes = self.most - self.before


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096


def timed(work, *arguments):
    start = time.perf_counter()
    result = work(*arguments)
    return time.perf_counter() - start, result


def ours(blitz, work, path):
    with tempfile.TemporaryDirectory() as folder:
        result = os.path.join(folder, "result.npy")
        command = [blitz, "bench", "--peer", work, path, "--runs", "1", "--json", "-q", "--result", result]
        report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return report["seconds"][0], np.load(result).ravel()


def milliseconds(seconds):
    return f"{seconds * 1e3:,.1f} ms"


def compare(options, name, a, missing):
    rows = []
    for work, (used, peers, bound) in works(a, missing).items():
        if options.only and options.only != work:
            continue
        path = str(options.data / f"{name}-{len(used)}.npy")
        if not os.path.exists(path):
            np.save(path, used)
        times = {peer: [] for peer in ["BLITZ", *peers]}
        slow = set()
        for turn in range(options.rounds + 1):
            seconds, mine = ours(options.blitz, work, path)
            times["BLITZ"].append(seconds)
            for peer, run in peers.items():
                if peer in slow:
                    continue
                seconds, theirs = timed(run, used)
                times[peer].append(seconds * PARTS.get(peer, 1.0))
                if turn == 0 and peer not in PARTS and "SciPy" not in peer:
                    theirs = np.asarray(theirs, np.float64).ravel()
                    scale = max(1.0, np.nanmax(np.abs(theirs)))
                    worst = np.nanmax(np.abs(theirs - mine)) / scale
                    if not worst <= bound or (np.isnan(theirs) != np.isnan(mine)).any():
                        sys.exit(f"{work} of {name}: BLITZ differs from {peer} by {worst:.2e} of {scale:g}, above {bound:g}")
                if seconds > 3:
                    slow.add(peer)
        # The first round warms up, unless it is all there is.
        medians = {peer: statistics.median(t[1:] or t) for peer, t in times.items()}
        mine = medians.pop("BLITZ")
        others = "; ".join(f"{p} {milliseconds(s)} (**{s / mine:.1f}×**)" for p, s in medians.items())
        rows.append(f"| {work}, {len(used)} × {SIDE}² {name} | {milliseconds(mine)} | {others} | {bound:g} |")
        print(rows[-1], flush=True)
    return rows


def loading(options):
    """Folders of pictures into memory: OpenCV with a pool of threads against `blitz bench --load`."""
    kinds = [
        ("png", np.uint8, 400, "", cv2.IMREAD_UNCHANGED),
        ("tif", np.uint16, 400, "", cv2.IMREAD_UNCHANGED),
        ("jpg", np.uint8, 400, ", colour", cv2.IMREAD_COLOR),
        ("jpg", np.uint8, 400, ", colour to grey", cv2.IMREAD_GRAYSCALE),
    ]
    for suffix, dtype, frames, words, how in kinds:
        folder = options.data / suffix
        if not (folder / f"{frames - 1:04}.{suffix}").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            flags = [cv2.IMWRITE_TIFF_COMPRESSION, 1] if suffix == "tif" else []
            for t, frame in enumerate(stack(dtype, frames)):
                if suffix == "jpg":
                    frame = np.dstack([frame, np.roll(frame, 40, 0), np.roll(frame, 80, 1)])
                cv2.imwrite(str(folder / f"{t:04}.{suffix}"), frame, flags)
        files = sorted(map(str, folder.iterdir()))

        def read():
            channels = (3,) if how == cv2.IMREAD_COLOR else ()
            out = np.empty((len(files), SIDE, SIDE, *channels), dtype)

            def one(i):
                out[i] = cv2.imread(files[i], how)

            with ThreadPoolExecutor(CORES) as pool:
                list(pool.map(one, range(len(files))))
            return out

        grey = ["--grey"] if how == cv2.IMREAD_GRAYSCALE else []
        mine, theirs, peaks = [], [], []
        for _ in range(options.rounds + 1):
            run = subprocess.run([options.blitz, "bench", "--load", folder, "--json", "-q", *grey], check=True, capture_output=True, text=True)
            report = json.loads(run.stdout)
            mine.append(report["load_seconds"])
            with Peak() as peak:
                theirs.append(timed(read)[0])
            peaks.append(peak.bytes)
        a, b = statistics.median(mine[1:] or mine), statistics.median(theirs[1:] or theirs)
        size = frames * SIDE * SIDE * np.dtype(dtype).itemsize * (3 if how == cv2.IMREAD_COLOR else 1)
        print(
            f"| load {frames} {suffix}{words}, {np.dtype(dtype)} | {frames / a:,.0f} frames/s, peak {report['peak_bytes'] / size:.2f} × stack "
            f"| OpenCV {frames / b:,.0f} frames/s (**{b / a:.1f}×**), peak {max(peaks) / size:.2f} × stack | – |",
            flush=True,
        )


def machine():
    with open("/proc/cpuinfo") as info:
        model = next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{datetime.date.today()}, {model}, {CORES} cores, {memory:.0f} GiB"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--blitz", required=True)
    parser.add_argument("--frames", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help="one work, `load` or `video`")
    parser.add_argument("--video-frames", type=int, default=3000)
    parser.add_argument("--video-rounds", type=int, default=3)
    parser.add_argument("--video-only", help="one work of the video part")
    parser.add_argument("--type", help="u8, u16, f32 or nan")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    versions = f"NumPy {np.__version__}, Bottleneck {bn.__version__}, SciPy {scipy.__version__}, Numba {numba.__version__}, OpenCV {cv2.__version__}, PyAV {av.__version__} with libavcodec {'.'.join(map(str, av.library_versions['libavcodec']))}"
    print(f"{machine()}; {versions}; medians of {options.rounds} rounds, peers in turns\n")
    print("| Work | BLITZ | Peers (× = times as long as BLITZ) | largest difference allowed |\n|---|---|---|---|")
    if options.only in (None, "load") and options.type is None:
        loading(options)
    if options.only in (None, "video") and options.type is None:
        video.run(options)
    for name, dtype, missing in [("u8", np.uint8, 0), ("u16", np.uint16, 0), ("f32", np.float32, 0), ("nan", np.float32, 0.01)]:
        if options.type in (None, name) and options.only not in ("load", "video"):
            compare(options, name, stack(dtype, options.frames, missing), missing)


if __name__ == "__main__":
    main()
