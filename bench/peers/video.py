"""Reading video: BLITZ, OpenCV's VideoCapture and PyAV on the same files, in turns.

`ideal` counts the frames that must be decoded when each wanted one is reached from the frame before it or from its
keyframe, whichever is nearer; found from the packets, independently of BLITZ. BLITZ may decode fewer, since it leaves
out frames that no wanted one needs.
"""

import json
import os
import statistics
import subprocess
import tempfile
import time

import av
import cv2
import numpy as np

from video_file import HEIGHT, WIDTH, make

SIDE = 64
MIDDLE = slice((HEIGHT - SIDE) // 2, (HEIGHT + SIDE) // 2), slice((WIDTH - SIDE) // 2, (WIDTH + SIDE) // 2)


def luma(frame):
    """The luma plane of a PyAV frame, without conversion."""
    plane = frame.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]


def pyav_open(path):
    file = av.open(path)
    file.streams.video[0].thread_type = "AUTO"
    return file


def pyav_decode(path, _):
    """Decoding alone, with PyAV's own FFmpeg."""
    with pyav_open(path) as file:
        for _ in file.decode(video=0):
            pass


def pyav_grey(path, wanted):
    """In order through the file."""
    wanted = set(wanted)
    with pyav_open(path) as file:
        return [luma(f)[MIDDLE].mean() for i, f in enumerate(file.decode(video=0)) if i in wanted]


def pyav_seek(path, wanted):
    """From keyframe to keyframe; frames are known by their times."""
    found = []
    with pyav_open(path) as file:
        stream = file.streams.video[0]
        ticks = int(1 / stream.time_base / stream.average_rate)
        for number in wanted:
            file.seek(number * ticks, stream=stream)
            frame = next(f for f in file.decode(stream) if f.pts >= number * ticks)
            found.append(luma(frame)[MIDDLE].mean())
    return found


def opencv_grab(path, wanted):
    """Decoding through, converting the wanted frames only."""
    capture, at, found = cv2.VideoCapture(path, cv2.CAP_FFMPEG), 0, []
    for number in wanted:
        while at <= number:
            capture.grab()
            at += 1
        found.append(cv2.cvtColor(capture.retrieve()[1], cv2.COLOR_BGR2GRAY)[MIDDLE].mean())
    return found


def opencv_seek(path, wanted):
    capture, found = cv2.VideoCapture(path, cv2.CAP_FFMPEG), []
    for number in wanted:
        capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        found.append(cv2.cvtColor(capture.read()[1], cv2.COLOR_BGR2GRAY)[MIDDLE].mean())
    return found


def opencv_open(path, _):
    cv2.VideoCapture(path, cv2.CAP_FFMPEG).get(cv2.CAP_PROP_FRAME_COUNT)


def ideal(path, wanted):
    with av.open(path) as file:
        packets = [(p.pts, p.is_keyframe) for p in file.demux(video=0) if p.pts is not None]
    order = sorted(range(len(packets)), key=lambda i: packets[i][0])
    keys = [i for i, (_, key) in enumerate(packets) if key]
    decoded, following = 0, 0
    for number in wanted:
        packet = order[number]
        start = max(k for k in keys if k <= packet)
        if packet >= following:
            decoded += packet + 1 - max(start, following)
        elif start + 1 > following or packet < start:
            decoded += packet + 1 - start
        following = packet + 1
    return decoded


def random_ideal(path, wanted):
    """The same for frames that are asked for in no order: each from its keyframe."""
    return sum(ideal(path, [number]) for number in wanted)


def ours(blitz, work, path, cache, has_values=False):
    with tempfile.TemporaryDirectory() as folder:
        result = os.path.join(folder, "result.npy")
        command = [blitz, "bench", "--peer", f"video-{work}", path, "--runs", "1", "--json", "-q"]
        command += ["--result", result] if has_values else []
        run = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | {"XDG_CACHE_HOME": cache})
        return json.loads(run.stdout), np.load(result).ravel() if has_values else None


def timed(work, *arguments):
    start = time.perf_counter()
    result = work(*arguments)
    return time.perf_counter() - start, result


def run(options):
    """Prints one row per work and file."""
    frames, rounds = options.video_frames, options.video_rounds
    for every in (250, 60):
        path = options.data / f"video-{frames}-{every}.mp4"
        if not path.exists():
            make(path, frames, every)
        path = str(path)
        here_and_there = [i * 1237 % frames for i in range(1, 11)]
        works = {
            "index": ([], {"OpenCV": opencv_open}),
            "open": ([], {"OpenCV": opencv_open}),
            "decode": ([], {"PyAV decoding alone": pyav_decode}),
            "decode-threads": ([], {}),
            "grey": (range(frames), {"PyAV": pyav_grey, "OpenCV": opencv_grab}),
            "every100": (range(0, frames, 100), {"PyAV": pyav_seek, "OpenCV grab": opencv_grab, "OpenCV seek": opencv_seek}),
            "every300": (range(0, frames, 300), {"PyAV": pyav_seek, "OpenCV grab": opencv_grab, "OpenCV seek": opencv_seek}),
            "random": (here_and_there, {"PyAV": pyav_seek, "OpenCV seek": opencv_seek}),
        }
        works = {work: w for work, w in works.items() if options.video_only in (None, work)}
        times = {(work, peer): [] for work, (_, peers) in works.items() for peer in ["BLITZ", *peers]}
        said = {}
        with tempfile.TemporaryDirectory() as cache:
            # The index and what was found about keyframes are kept from here on.
            for work in works:
                if work.startswith("every"):
                    ours(options.blitz, work, path, cache)
            ours(options.blitz, "open", path, cache)
            for _ in range(rounds):
                for work, (wanted, peers) in works.items():
                    said[work], mine = ours(options.blitz, work, path, cache, bool(wanted))
                    times[work, "BLITZ"] += said[work]["seconds"]
                    for peer, read in peers.items():
                        seconds, theirs = timed(read, path, wanted)
                        times[work, peer].append(seconds)
                        # OpenCV's grey comes from RGB in another range.
                        if theirs is not None and "PyAV" in peer and not np.allclose(mine, theirs, atol=1e-9):
                            raise SystemExit(f"{work} of {path}: BLITZ differs from {peer}")
        middle = {key: statistics.median(t) for key, t in times.items()}
        for work, (wanted, peers) in works.items():
            mine = middle[work, "BLITZ"]
            cells = [f"{p} {middle[work, p]:,.2f} s (**{middle[work, p] / mine:.1f}×**)" for p in peers]
            if work == "grey" and ("decode", "BLITZ") in middle:
                shares = [middle[w, "BLITZ"] / mine for w in ("decode", "decode-threads")]
                cells.insert(0, f"rate is {shares[0]:.0%} of decoding alone, {shares[1]:.0%} with as many threads")
            count = said[work].get("decoded")
            if work.startswith(("every", "random")):
                best = random_ideal(path, wanted) if work == "random" else ideal(path, wanted)
                cells.insert(0, f"{count} decoded, ideal {best} ({best / count:.2f})")
            print(f"| video {work}, keyframe every {every} | {mine:,.3f} s | {'; '.join(cells)} | – |", flush=True)
