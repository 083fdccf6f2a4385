"""Writes partial results that no program should accept, and good ones from which each differs by what its name says.
Run in this folder: python3 make.py"""

import struct

MAGIC = b"\x89BLITZ\r\n"
MASK = (1 << 128) - 1
VERSION = 2


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


def state(head, body=b"", version=VERSION, length=None):
    text = head.encode()
    start = MAGIC + struct.pack("<II", version, len(text) if length is None else length)
    return seal(start + text + body)


HEAD = """program = "0.1.0"
recording = "a"
identity = "0"
source_frames = 600
stack_frames = {stack_frames}
shape = [{height}, 2, 1]
dtype = "{dtype}"
selected = "frames 0-599 (600 frames)"
selection = [0, 768]
runs = [{runs}]
histories = {histories}
used = {used}
recipe = '''
version = 1
[arithmetic]
steps = [{steps}]
[reduction]
methods = ["{method}"]
'''
{columns}{named}"""


def head(**changes):
    values = dict(
        stack_frames=600,
        height=2,
        dtype="u8",
        runs="[0, 256, true]",
        histories="false",
        used=9,
        steps="",
        method="mean",
        columns="",
        named="",
    )
    return HEAD.format(**{**values, **changes})


def median(**changes):
    """The head of a median of two frames."""
    return head(**{**dict(runs="[0, 256, false]", histories="true", used=2, method="median"), **changes})


def curves(columns=("frame", "time_s", "a_mean", "a_n", "a_missing"), **changes):
    """The head of curves of three frames."""
    names = ", ".join(f'"{name}"' for name in columns)
    return head(**{**dict(used=3, columns=f"columns = [{names}]\n"), **changes})


def part(body):
    return struct.pack("<Q", len(body)) + body


def moments(dtype=0, wanted=1, samples=4, frames=9, block=256, blocks=1):
    """Sums of integers: element type, wanted, samples, block, first, next, frames, mark of counts, sums."""
    start = struct.pack("<8Q", dtype, wanted, samples, block, 0, blocks * block, frames, 0)
    return part(start + struct.pack(f"<{samples % 99}q", *range(1, samples % 99 + 1)))


def histories(dtype=0, samples=4, frames=(3, 5)):
    """Samples of u8: element type, samples, frames, and each with its number."""
    each = [struct.pack("<Q", number) + bytes(range(samples)) for number in frames]
    return part(struct.pack("<3Q", dtype, samples, len(frames)) + b"".join(each))


def rows(frames=(0, 1, 2)):
    """Rows of f64: frame, no time, mean, samples used and missing."""
    return part(b"".join(struct.pack("<5d", frame, float("nan"), 1.5, 4, 0) for frame in frames))


NAMED = """[[named]]
path = "{}"
contents = "0"
"""
DARK = dict(steps='"subtract file:dark.npy"', dtype="f32", used=0, runs="", named=NAMED.format("dark.npy"))

GOOD = {
    "good_mean": state(head(), moments()),
    "good_median": state(median(), histories()),
    "good_curves": state(curves(), rows()),
    "good_dark": state(head(**DARK)),
    "good_without_a_frame": state(head(used=0), moments(frames=0)[:-32] + struct.pack("<4q", 0, 0, 0, 0)),
}

BAD = {
    "empty": b"",
    "text": b"mean,std\n1,2\n",
    "transferred_as_text": MAGIC.replace(b"\r\n", b"\n") + bytes(40),
    "only_a_start": MAGIC,
    "older": state(head(), moments(), version=VERSION - 1),
    "newer": state(head(), moments(), version=VERSION + 1),
    "wrong_checksum": state(head(), moments())[:-1] + b"?",
    "head_beyond_the_end": state(head(), moments(), length=0xFFFFFFFF),
    "no_body": state(head()),
    "bytes_too_many": state(head(), moments() + b"more"),
    "huge_shape": state(head(height=1 << 62).replace(", 2, 1]", ", 4, 1]"), moments()),
    "huge_samples": state(head(), moments(samples=1 << 60)),
    "type_unknown": state(head(dtype="c64")),
    "selected_beyond_the_end": state(head(stack_frames=500), moments()),
    "runs_overlap": state(head(used=0, runs="[0, 512, false], [256, 768, false]")),
    "runs_between_blocks": state(head(used=0, runs="[0, 300, false]")),
    "more_used_than_covered": state(head(used=257, runs="[0, 256, false]")),
    "no_method": state(head(method="twist"), moments()),
    "another_method": state(head(method="max"), moments()),
    "sums_of_no_frame": state(head(used=0), moments(frames=0)),
    "blocks_of_another_length": state(head(), moments(block=255)),
    "moments_missing": state(head(runs="[0, 256, false]")),
    "moments_of_a_median": state(median(runs="[0, 256, true]", used=9), moments() + histories(frames=range(9))),
    "moments_of_fewer_frames": state(head(used=10), moments()),
    "moments_of_more_frames": state(head(used=8), moments()),
    "moments_of_another_size": state(head(), moments(samples=5)),
    "moments_of_another_type": state(head(dtype="u16"), moments()),
    "histories_missing": state(median(histories="false")),
    "histories_of_a_mean": state(head(histories="true"), moments() + histories(frames=range(9))),
    "histories_of_fewer_frames": state(median(used=3), histories()),
    "histories_of_more_frames": state(median(used=1), histories()),
    "histories_of_another_size": state(median(), histories(samples=5)),
    "histories_of_another_type": state(median(dtype="f32"), histories()),
    "histories_of_curves": state(curves(histories="true"), rows() + histories(frames=(0, 1, 2))),
    "moments_of_curves": state(curves(), moments()),
    "columns_of_no_curve": state(curves(columns=("a", "b", "c", "d", "e")), rows()),
    "columns_too_few": state(curves(columns=("frame",), used=15), rows()),
    "rows_missing": state(curves(runs="[0, 256, false]"), b""),
    "rows_of_fewer_frames": state(curves(used=4), rows()),
    "rows_of_more_frames": state(curves(used=2), rows()),
    "rows_of_more_than_the_run": state(curves(used=256), rows(range(257))),
    "rows_out_of_order": state(curves(), rows((0, 2, 1))),
    "rows_of_one_frame": state(curves(), rows((0, 1, 1))),
    "rows_between_frames": state(curves(), rows((0, 0.5, 2))),
    "rows_beyond_the_end": state(curves(), rows((0, 1, 600))),
    "rows_of_no_frame": state(curves(), rows((0, float("nan"), 2))),
    "contents_missing": state(head(**{**DARK, "named": ""})),
    "contents_of_another_file": state(head(**{**DARK, "named": NAMED.format("bright.npy")})),
}

for name, content in [*GOOD.items(), *BAD.items()]:
    with open(name + ".state", "wb") as out:
        out.write(content)
