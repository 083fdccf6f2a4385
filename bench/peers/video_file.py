"""Videos to measure with: 1080p H.264 of textures and discs that move, with a sensor's noise."""

import av
import cv2
import numpy as np

WIDTH, HEIGHT = 1920, 1080


def frames(count, seed=20261122):
    """Frames as planes of luma and halved chroma, one below the other (I420)."""
    rng = np.random.default_rng(seed)
    margin = 256
    size = (HEIGHT + margin, WIDTH + margin)
    texture = sum(
        weight * cv2.resize(rng.normal(0, 1, (size[0] // scale, size[1] // scale)), size[::-1], interpolation=cv2.INTER_CUBIC)
        for scale, weight in [(128, 40), (16, 12), (4, 5)]
    )
    texture = np.clip(120 + texture, 30, 220).astype(np.int16)
    noise = [np.rint(rng.normal(0, 2, size)).astype(np.int16) for _ in range(4)]
    colour = [cv2.resize(rng.integers(90, 166, (9, 16)).astype(np.uint8), (WIDTH // 2, HEIGHT // 2)) for _ in range(2)]
    discs = rng.uniform([0, 0, -9, -9, 20], [WIDTH, HEIGHT, 9, 9, 70], (12, 5))
    out = np.empty((HEIGHT * 3 // 2, WIDTH), np.uint8)
    out[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)[:] = colour
    for t in range(count):
        x, y = int(128 + 120 * np.sin(t / 60)), int(128 + 120 * np.cos(t / 85))
        luma = texture[y : y + HEIGHT, x : x + WIDTH].copy()
        for cx, cy, vx, vy, r in discs:
            centre = int(cx + vx * t) % WIDTH, int(cy + vy * t) % HEIGHT
            cv2.circle(luma, centre, int(r), 200, -1)
        dx, dy = rng.integers(0, margin, 2)
        luma += noise[t % len(noise)][dy : dy + HEIGHT, dx : dx + WIDTH]
        np.clip(luma, 16, 235, out=luma)
        out[:HEIGHT] = luma
        yield out


def make(path, count, keyframe):
    """Writes `count` frames with a keyframe every `keyframe`, as cameras and editors do: with B-frames, CRF 18."""
    part = path.with_suffix(".part.mp4")
    with av.open(str(part), "w", options={"movflags": "faststart"}) as file:
        options = {"preset": "fast", "crf": "18", "x264-params": f"keyint={keyframe}:min-keyint={keyframe}:scenecut=0"}
        stream = file.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for planes in frames(count):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        file.mux(stream.encode(None))
    part.rename(path)
