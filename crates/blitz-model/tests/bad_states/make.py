"""Writes partial results that no program should accept. Run in this folder: python3 make.py"""

import struct

MAGIC = b"\x89BLITZ\r\n"
MASK = (1 << 128) - 1


def seal(content):
    """FNV-1a with 128 bits over words of eight bytes, the last filled up, and the length."""
    total = 0x6C62272E07BB014262B821756295C58D
    whole = len(content) // 8 * 8
    words = list(struct.unpack(f"<{whole // 8}Q", content[:whole]))
    words.append(int.from_bytes(content[whole:].ljust(8, b"\0"), "little"))
    words.append(len(content))
    for word in words:
        total = ((total ^ word) * 0x0000000001000000000000000000013B) & MASK
    return content + total.to_bytes(16, "little")


def state(head, body=b"", version=2, length=None):
    text = head.encode()
    start = MAGIC + struct.pack("<II", version, len(text) if length is None else length)
    return seal(start + text + body)


HEAD = """program = "0.1.0"
recording = "a"
identity = "0"
source_frames = 600
stack_frames = 600
shape = [{height}, 2, 1]
dtype = "{dtype}"
selected = "frames 0-599 (600 frames)"
selection = [0, 768]
runs = [{runs}]
histories = {histories}
used = {used}
recipe = '''
version = 1
[reduction]
methods = ["{method}"]
'''
"""


def head(**changes):
    values = dict(height=2, dtype="f32", runs="[0, 256, true]", histories="false", used=0, method="mean")
    return HEAD.format(**{**values, **changes})


def moments(frames=0, block=256, samples=4, blocks=1):
    """Moments of u8 frames: element type, wanted, samples, block, first, next, frames, mark of counts, sums."""
    body = struct.pack("<8Q", 0, 1, samples, block, 0, blocks * block, frames, 0) + struct.pack("<4q", 1, 2, 3, 4)
    return struct.pack("<Q", len(body)) + body


FILES = {
    "empty": b"",
    "text": b"mean,std\n1,2\n",
    "transferred_as_text": MAGIC.replace(b"\r\n", b"\n") + bytes(40),
    "only_a_start": MAGIC,
    "newer": state(head(), moments(), version=3),
    "wrong_checksum": state(head(), moments())[:-1] + b"?",
    "head_beyond_the_end": state(head(), moments(), length=0xFFFFFFFF),
    "no_body": state(head()),
    "huge_shape": state(head(height=1 << 62), moments()),
    "huge_samples": state(head(), moments(samples=1 << 60)),
    "sums_of_no_frame": state(head(dtype="u8"), moments()),
    "blocks_of_another_length": state(head(dtype="u8"), moments(frames=9, block=255)),
    "runs_overlap": state(head(runs="[0, 512, false], [256, 768, false]")),
    "runs_between_blocks": state(head(runs="[0, 300, false]")),
    "more_used_than_covered": state(head(used=257, runs="[0, 256, false]")),
    "another_method": state(head(dtype="u8", method="max"), moments(frames=9)),
    "no_method": state(head(method="twist", runs="")),
    "type_unknown": state(head(dtype="c64", runs="")),
    "bytes_too_many": state(head(dtype="u8"), moments(frames=9) + b"more"),
}

for name, content in FILES.items():
    with open(name + ".state", "wb") as out:
        out.write(content)
