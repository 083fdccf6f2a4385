#!/usr/bin/env python3
"""Writes tests/data: small images with the values they must be read as.

good/NAME.EXT is read; good/NAME.EXT.npy holds its frames (T,H,W,C) in the type they must have.
bad/NAME.EXT must be refused; bad/reasons.csv holds a word of the reason for each.

luma/NAME.EXT.npy holds the luma of good/NAME.EXT. facts/ holds files that say how they were taken.

Everything here is generated; needs numpy, pandas, Pillow, piexif, tifffile, imagecodecs, OpenEXR, libjpeg-turbo's
jpegtran and libtiff's tools. Run: python make_fixtures.py,
or python make_fixtures.py write_jpeg for the files of that function alone.
"""

import csv
import io
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

ROOT = Path(__file__).parent / "data"
GOOD, BAD, LUMA, FACTS = ROOT / "good", ROOT / "bad", ROOT / "luma", ROOT / "facts"
rng = np.random.default_rng(7)


def good(name, data, expected):
    """Keeps a file with the frames (T,H,W,C) it must be read as."""
    expected = np.ascontiguousarray(expected)
    assert expected.ndim == 4, name
    (GOOD / name).write_bytes(data)
    np.save(GOOD / f"{name}.npy", expected)


# --- PNG, written by hand so that every variant can be had -------------------------------------------------


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack(codes, depth):
    """Rows of codes to packed bytes, each row padded to a byte."""
    if depth == 16:
        return [row.astype(">u2").tobytes() for row in codes]
    if depth == 8:
        return [row.astype("u1").tobytes() for row in codes]
    rows = []
    for row in codes:
        bits = "".join(format(int(v), f"0{depth}b") for v in row)
        bits += "0" * (-len(bits) % 8)
        rows.append(int(bits, 2).to_bytes(len(bits) // 8, "big"))
    return rows


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def png(codes, color, depth, extra=(), interlaced=False):
    """codes: (H,W,samples)."""
    h, w, _ = codes.shape
    passes = ADAM7 if interlaced else [(0, 0, 1, 1)]
    raw = b""
    for x0, y0, dx, dy in passes:
        part = codes[y0::dy, x0::dx]
        if part.size:
            raw += b"".join(b"\0" + row for row in pack(part.reshape(part.shape[0], -1), depth))
    header = struct.pack(">IIBBBBB", w, h, depth, color, 0, 0, int(interlaced))
    parts = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def codes(h, w, samples, depth):
    return rng.integers(0, 1 << depth, (h, w, samples), dtype=np.uint32)


def write_png():
    for interlaced in (False, True):
        tag = "_interlaced" if interlaced else ""
        for depth in (1, 2, 4, 8, 16):
            c = codes(7, 11, 1, depth)
            kind = np.uint16 if depth == 16 else np.uint8
            good(f"grey{depth}{tag}.png", png(c, 0, depth, interlaced=interlaced), c[None].astype(kind))
        for depth in (8, 16):
            kind = np.uint16 if depth == 16 else np.uint8
            for name, color, samples in (("ga", 4, 2), ("rgb", 2, 3), ("rgba", 6, 4)):
                c = codes(5, 9, samples, depth)
                good(f"{name}{depth}{tag}.png", png(c, color, depth, interlaced=interlaced), c[None].astype(kind))
        for depth in (1, 2, 4, 8):
            n = 1 << depth
            palette = rng.integers(0, 256, (n, 3), dtype=np.uint8)
            c = codes(6, 13, 1, depth)
            plte = chunk(b"PLTE", palette.tobytes())
            good(f"palette{depth}{tag}.png", png(c, 3, depth, [plte], interlaced), palette[c[..., 0]][None])
    # A pure grey ramp, reversed: values are those of the palette, not the indices.
    ramp = np.arange(255, -1, -1, dtype=np.uint8)
    c = codes(6, 10, 1, 8)
    plte = chunk(b"PLTE", np.repeat(ramp[:, None], 3, 1).tobytes())
    good("palette_grey.png", png(c, 3, 8, [plte]), ramp[c][None])
    # Opaque alpha is dropped, a palette with opacities keeps them, a colour key becomes alpha.
    c = codes(5, 6, 4, 8)
    c[..., 3] = 255
    good("rgba_opaque.png", png(c, 6, 8), c[None, ..., :3].astype(np.uint8))
    c = codes(5, 6, 2, 16)
    c[..., 1] = 65535
    good("ga16_opaque.png", png(c, 4, 16), c[None, ..., :1].astype(np.uint16))
    palette = rng.integers(0, 256, (4, 3), dtype=np.uint8)
    opacity = np.array([0, 128, 255, 255], np.uint8)
    c = codes(4, 9, 1, 2)
    extra = [chunk(b"PLTE", palette.tobytes()), chunk(b"tRNS", opacity[:2].tobytes())]
    full = np.concatenate([palette, opacity[:, None]], 1)
    good("palette_alpha.png", png(c, 3, 2, extra), full[c[..., 0]][None])
    c = codes(6, 8, 1, 4)
    alpha = np.where(c == 5, 0, 15)
    good("grey4_key.png", png(c, 0, 4, [chunk(b"tRNS", struct.pack(">H", 5))]), np.concatenate([c, alpha], 2)[None].astype(np.uint8))
    c = codes(6, 8, 3, 16)
    key = c[2, 3]
    alpha = np.where((c == key).all(2), 0, 65535)[..., None]
    extra = [chunk(b"tRNS", struct.pack(">HHH", *(int(k) for k in key)))]
    good("rgb16_key.png", png(c, 2, 16, extra), np.concatenate([c, alpha], 2)[None].astype(np.uint16))
    # Gamma and profile never change numbers.
    c = codes(4, 4, 1, 8)
    good("gamma.png", png(c, 0, 8, [chunk(b"gAMA", struct.pack(">I", 220000))]), c[None].astype(np.uint8))


# --- arrays -------------------------------------------------------------------------------------------------


def npy(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    return out.getvalue()


def write_npy():
    exact = {
        "?": np.uint8, "u1": np.uint8, "i1": np.int16, "u2": np.uint16, "i2": np.int16, "u4": np.uint32,
        "i4": np.int32, "f2": np.float32, "f4": np.float32, "f8": np.float64,
    }  # fmt: skip
    for code, kind in exact.items():
        for order in ("<", ">"):
            dtype = np.dtype(code).newbyteorder(order)
            if dtype.kind == "f":
                a = rng.standard_normal((3, 4, 5)).astype(dtype)
                a[0, 0, :3] = [np.nan, np.inf, -0.0]
            elif dtype.kind == "b":
                a = rng.integers(0, 2, (3, 4, 5)).astype(dtype)
            else:
                info = np.iinfo(dtype)
                a = rng.integers(info.min, info.max, (3, 4, 5), dtype=np.int64, endpoint=True).astype(dtype)
            name = f"{dtype.name}_{'le' if order == '<' else 'be'}"
            good(f"{name}.npy", npy(a), a.astype(kind)[..., None])
            good(f"{name}_fortran.npy", npy(np.asfortranarray(a)), a.astype(kind)[..., None])
    a = np.array([[0, 70000], [5, -1]], "<i8")
    good("int64_small.npy", npy(a), a.astype(np.int32)[None, ..., None])
    a = np.array([[0, 1 << 40], [5, 3]], ">u8")
    good("uint64_large.npy", npy(a), a.astype(np.float64)[None, ..., None])
    a = rng.integers(0, 255, (4, 5, 3)).astype(np.uint8)
    good("colour_image.npy", npy(a), a[None])
    a = rng.integers(0, 255, (2, 4, 5, 3)).astype(np.uint16)
    good("colour_stack.npy", npy(a, (2, 0)), a)
    good("version3.npy", npy(a, (3, 0)), a)
    a = rng.integers(0, 255, (2, 4, 5, 1)).astype(np.uint8)
    good("one_channel.npy", npy(a), a)


# --- TIFF, JPEG, BMP ----------------------------------------------------------------------------------------


def tiff(array, **options):
    out = io.BytesIO()
    tifffile.imwrite(out, array, metadata=None, **options)
    return out.getvalue()


def random(shape, kind):
    if np.dtype(kind).kind == "f":
        return rng.standard_normal(shape).astype(kind)
    info = np.iinfo(kind)
    return rng.integers(info.min, info.max, shape, dtype=np.int64, endpoint=True).astype(kind)


def write_tiff():
    for kind in (np.uint8, np.uint16, np.int16, np.int32, np.uint32, np.float32, np.float64):
        name = np.dtype(kind).name
        a = random((3, 9, 7), kind)
        good(f"{name}.tif", tiff(a, photometric="minisblack"), a[..., None])
        good(f"{name}_be.tif", tiff(a, photometric="minisblack", byteorder=">", rowsperstrip=4), a[..., None])
        a = random((2, 9, 7, 3), kind)
        good(f"{name}_rgb.tif", tiff(a, photometric="rgb"), a)
    a = random((2, 40, 37), np.uint16)
    good("big.tif", tiff(a, photometric="minisblack", bigtiff=True), a[..., None])
    good("tiled.tif", tiff(a, photometric="minisblack", tile=(16, 16)), a[..., None])
    smooth = (np.add.outer(np.arange(40), np.arange(37)) * 5).astype(np.uint16)[None]
    for name, options in {
        "deflate": {"compression": "zlib"},
        "deflate_be": {"compression": "zlib", "byteorder": ">"},
        "deflate_tiled": {"compression": "zlib", "tile": (16, 32)},
        "deflate_minisblack_big": {"compression": "zlib", "bigtiff": True},
    }.items():
        photometric = options.pop("photometric", "minisblack")
        good(f"{name}.tif", tiff(smooth, photometric=photometric, **options), smooth[..., None])
    stack = random((3, 20, 21), np.uint8)
    good("deflate_pages.tif", tiff(stack, photometric="minisblack", compression="zlib"), stack[..., None])
    white = random((12, 10), np.uint8)
    good("white.tif", tiff(white, photometric="miniswhite"), white[None, ..., None])
    good("white_deflate.tif", tiff(white, photometric="miniswhite", compression="zlib"), white[None, ..., None])
    # Coded by libtiff, through Pillow.
    f = smooth[0].astype(np.float32) / 7
    for name, array, options in (
        ("lzw", smooth[0], {"compression": "tiff_lzw"}),
        ("lzw_predictor", smooth[0], {"compression": "tiff_lzw", "tiffinfo": {317: 2}}),
        ("packbits", smooth[0], {"compression": "packbits"}),
        ("float_predictor", f, {"compression": "tiff_adobe_deflate", "tiffinfo": {317: 3}}),
    ):
        out = io.BytesIO()
        Image.fromarray(array).save(out, "TIFF", **options)
        good(f"{name}.tif", out.getvalue(), array[None, ..., None])
    planar = random((3, 12, 10), np.uint16)
    good("planar.tif", tiff(planar, photometric="rgb", planarconfig="separate"), np.moveaxis(planar, 0, -1)[None])
    rgba = random((6, 5, 4), np.uint8)
    good("rgba.tif", tiff(rgba, photometric="rgb", extrasamples=["unassalpha"]), rgba[None])
    rgba[..., 3] = 255
    good("rgba_opaque.tif", tiff(rgba, photometric="rgb", extrasamples=["unassalpha"]), rgba[None, ..., :3])
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        writer.write(white, photometric="minisblack", metadata=None)
        writer.write(white[::2, ::2], photometric="minisblack", subfiletype=1, metadata=None)
        writer.write(white + 1, photometric="minisblack", metadata=None)
    good("reduced.tif", out.getvalue(), np.stack([white, white + 1])[..., None])
    out = io.BytesIO()
    a = random((4, 6, 5), np.uint16)
    tifffile.imwrite(out, a, imagej=True, metadata={"axes": "TYX", "finterval": 0.5, "unit": "um"}, resolution=(2, 2))
    good("imagej_time.tif", out.getvalue(), a[..., None])


def write_unusual_tiff():
    """What other programs read and this one once did not; coded by imagecodecs."""
    own = np.random.default_rng(11)

    def some(shape, kind):
        return own.integers(0, 256, (*shape, np.dtype(kind).itemsize), dtype=np.uint8).view(kind)[..., 0]

    a = some((2, 9, 7), np.int8)
    good("int8.tif", tiff(a, photometric="minisblack"), a[..., None].astype(np.int16))
    a = own.normal(size=(2, 9, 7)).astype(np.float16)
    a[0, 0, :5] = [0, -0.0, np.inf, 6e-8, 65504]
    good("float16.tif", tiff(a, photometric="minisblack", byteorder=">"), a[..., None].astype(np.float32))
    a = own.integers(-70000, 70000, (2, 9, 7))
    good("int64.tif", tiff(a, photometric="minisblack"), a[..., None].astype(np.int32))
    a = own.integers(0, 1 << 53, (2, 9, 7), dtype=np.uint64)
    good("uint64.tif", tiff(a, photometric="minisblack", compression="zlib"), a[..., None].astype(np.float64))
    a = own.integers(0, 2, (2, 9, 13)).astype(bool)
    good("bilevel.tif", tiff(a, photometric="minisblack"), a[..., None].astype(np.uint8))
    a = own.integers(0, 2, (1, 9, 13)).astype(bool)
    good("bilevel_packbits.tif", tiff(a, photometric="minisblack", compression="packbits"), a[..., None].astype(np.uint8))
    for kind in (np.uint8, np.uint16, np.float32):
        name = np.dtype(kind).name
        smooth = (np.add.outer(np.arange(40), np.arange(37)) * 3 + np.arange(3)[:, None, None] * 50).astype(kind)
        expected = np.moveaxis(smooth, 0, -1)[None]
        for code in ("lzw", "zlib", "packbits"):
            data = tiff(smooth, photometric="rgb", planarconfig="separate", compression=code, rowsperstrip=16)
            good(f"planar_{name}_{code}.tif", data, expected)
        data = tiff(
            smooth, photometric="rgb", planarconfig="separate", compression="zlib", predictor=True, tile=(16, 32), byteorder=">"
        )
        good(f"planar_{name}_predictor.tif", data, expected)
        contiguous = np.ascontiguousarray(expected[0])
        data = tiff(contiguous, photometric="rgb", compression="lzw", predictor=True, tile=(16, 16))
        good(f"rgb_{name}_predictor.tif", data, expected)
    colours = own.integers(0, 256, (3, 256)).astype(np.uint16)
    codes = own.integers(0, 256, (9, 7)).astype(np.uint8)
    expected = np.moveaxis(colours[:, codes], 0, -1)[None]
    good("palette8.tif", tiff(codes, photometric="palette", colormap=colours * 257), expected.astype(np.uint8))
    good("palette16.tif", tiff(codes, photometric="palette", colormap=colours * 250 + 3), expected * 250 + 3)
    equal = np.zeros((3, 256), np.uint16)
    good("palette_equal.tif", tiff(codes, photometric="palette", colormap=equal), codes[None, ..., None])
    a = own.integers(0, 256, (5, 6, 7), dtype=np.uint8)
    out = io.BytesIO()
    tifffile.imwrite(out, a, imagej=True, metadata={"axes": "ZYX"})
    good("slices.tif", out.getvalue(), a[..., None])
    a = own.integers(0, 256, (2, 6, 7), dtype=np.uint8)
    out = io.BytesIO()
    tifffile.imwrite(out, a, ome=True, metadata={"axes": "CYX"}, photometric="minisblack")
    good("ome_channels.tif", out.getvalue(), a[..., None])
    a = own.integers(0, 256, (4, 3, 6, 7), dtype=np.uint8)
    out = io.BytesIO()
    tifffile.imwrite(out, a, metadata={"axes": "TZYX"}, photometric="minisblack")
    good("shaped.tif", out.getvalue(), a[:, 0, ..., None])
    out = io.BytesIO()
    tifffile.imwrite(out, a[:, 0], truncate=True, photometric="minisblack")
    good("one_directory.tif", out.getvalue(), a[:, 0, ..., None])
    a = own.integers(0, 256, (5, 8, 3), dtype=np.uint8)
    for value, stood in ((3, a[::-1, ::-1]), (6, np.rot90(a, -1)), (8, np.rot90(a)), (5, np.swapaxes(a, 0, 1))):
        data = tiff(a, photometric="rgb", extratags=[(274, 3, 1, value, True)])
        good(f"orientation{value}.tif", data, stood[None])


def write_jpeg_and_bmp():
    yy, xx = np.mgrid[:24, :33]
    grey = (yy * 5 + xx * 3).astype(np.uint8)
    colour = np.stack([grey, 255 - grey, (xx * 7).astype(np.uint8)], -1)
    for name, array, options in (
        ("grey.jpg", grey, {}),
        ("grey_progressive.jpg", grey, {"progressive": True}),
        ("colour.jpg", colour, {"subsampling": 0}),
    ):
        out = io.BytesIO()
        Image.fromarray(array).save(out, "JPEG", quality=92, **options)
        read = np.asarray(Image.open(io.BytesIO(out.getvalue())))
        good(name, out.getvalue(), read.reshape(1, 24, 33, -1))
    # Narrower than a block of pixels that share colours.
    for width, progressive in ((5, False), (13, False), (13, True)):
        y, x = np.mgrid[:21, :width]
        ramp = np.stack([40 + 9 * y + 5 * x, 220 - 8 * y + x, 120 + 3 * y - 7 * x], -1).clip(0, 255).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(ramp).save(out, "JPEG", quality=95, subsampling=2, progressive=progressive)
        read = np.asarray(Image.open(io.BytesIO(out.getvalue())))
        good(f"narrow_{width}{'_progressive' if progressive else ''}.jpg", out.getvalue(), read[None])
    write_jpeg()
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "BMP")
    good("grey.bmp", out.getvalue(), grey[None, ..., None])
    out = io.BytesIO()
    Image.fromarray(colour).save(out, "BMP")
    good("colour.bmp", out.getvalue(), colour[None])
    out = io.BytesIO()
    bits = grey > 80
    Image.fromarray(bits).save(out, "BMP")
    good("bilevel.bmp", out.getvalue(), (bits * 255).astype(np.uint8)[None, ..., None])
    # Top-down, as some cameras write.
    rows = b"".join(row[:, ::-1].tobytes() + b"\0" * (-row.nbytes % 4) for row in colour)
    header = struct.pack("<2sIHHI", b"BM", 54 + len(rows), 0, 0, 54)
    header += struct.pack("<IiiHHIIiiII", 40, 33, -24, 1, 24, 0, len(rows), 0, 0, 0, 0)
    good("topdown.bmp", header + rows, colour[None])


def coloured(width, height):
    y, x = np.mgrid[:height, :width]
    ramp = np.stack([40 + 9 * y + 5 * x, 220 - 8 * y + x, 120 + 3 * y - 7 * x], -1)
    return (ramp + 25 * np.sin(x * y / 9.0)[..., None]).clip(0, 255).astype(np.uint8)


def saved(array, mode=None, **options):
    out = io.BytesIO()
    Image.fromarray(array, mode).save(out, "JPEG", quality=90, **options)
    return out.getvalue()


def transformed(data, *options, scans=None):
    """The same coefficients, coded otherwise."""
    if scans:
        Path("/tmp/scans.txt").write_text(scans)
        options += ("-scans", "/tmp/scans.txt")
    return subprocess.run(["jpegtran", "-copy", "none", *options], input=data, capture_output=True, check=True).stdout


def segments(data):
    """Marker, offset and end of each segment up to the first scan's data."""
    at = 2
    while True:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        yield data[at + 1], at, end
        if data[at + 1] == 0xDA:
            return
        at = end


def with_ids(data, ids):
    """With other component ids and without the segments that say what the components are."""
    data = bytearray(data)
    for marker, at, end in list(segments(data))[::-1]:
        if marker == 0xC0:
            data[at + 10 : end : 3] = ids
        elif marker == 0xDA:
            data[at + 5 : at + 5 + 2 * len(ids) : 2] = ids
        elif marker in (0xE0, 0xEE):
            del data[at:end]
    return bytes(data)


def adobe(data, transform):
    return data[:2] + b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes([transform]) + data[2:]


def write_jpeg():
    """Values are Pillow's, which are libjpeg's, and exact."""
    LUMA.mkdir(exist_ok=True)
    for old in ("narrow_even.jpg", "narrow_progressive.jpg", "cmyk.jpg", "three_scans.jpg"):
        (BAD / old).unlink(missing_ok=True)

    def keep(name, data):
        picture = Image.open(io.BytesIO(data))
        read = np.asarray(picture.convert("RGB") if picture.mode == "CMYK" else picture)
        good(name, data, read.reshape(1, *read.shape[:2], -1))
        picture = Image.open(io.BytesIO(data))
        if picture.mode == "RGB" and not name.startswith("rgb"):
            picture.draft("L", picture.size)
            np.save(LUMA / f"{name}.npy", np.asarray(picture)[None, ..., None])

    ramp = coloured(37, 21)
    for name, subsampling in (("444", 0), ("422", 1), ("420", 2)):
        keep(f"s{name}.jpg", saved(ramp, subsampling=subsampling))
    for width in (1, 2, 3, 4, 6, 7, 8, 9, 15, 17, 31, 33):
        keep(f"wide_{width}.jpg", saved(coloured(width, 11), subsampling=2))
    keep("wide_3_progressive.jpg", saved(coloured(3, 19), subsampling=2, progressive=True))
    keep("low_1.jpg", saved(coloured(20, 1), subsampling=2))
    plain = saved(ramp, subsampling=2)
    # Stored lying, so that pixels of a column share their colours.
    keep("s440.jpg", transformed(saved(coloured(24, 32), subsampling=1), "-rotate", "90"))
    keep("s420_progressive.jpg", saved(ramp, subsampling=2, progressive=True))
    keep("restarts.jpg", transformed(plain, "-restart", "1B"))
    keep("restarts_progressive.jpg", transformed(plain, "-progressive", "-restart", "2B"))
    keep("optimised.jpg", saved(ramp, subsampling=2, optimize=True))
    keep("s420_scans.jpg", transformed(plain, scans="0;\n1;\n2;\n"))
    keep("s420_scans_2.jpg", transformed(plain, scans="0 1;\n2;\n"))
    keep("grey_restarts.jpg", transformed(saved(ramp[..., 0]), "-restart", "1B"))
    keep("noise.jpg", saved(np.random.default_rng(3).choice([0, 255], (40, 40, 3)).astype(np.uint8)))
    keep("rgb_ids.jpg", with_ids(saved(ramp, subsampling=0), b"RGB"))
    keep("odd_ids.jpg", with_ids(plain, b"abc"))
    keep("rgb_adobe.jpg", adobe(with_ids(saved(ramp, subsampling=0), b"\1\2\3"), 0))
    inks = np.concatenate([ramp, ramp[:, ::-1, :1]], -1)
    keep("cmyk.jpg", saved(inks, "CMYK"))
    keep("ycck.jpg", adobe(with_ids(saved(inks, "CMYK"), b"\1\2\3\4"), 2))
    keep("cmyk_progressive.jpg", saved(inks, "CMYK", progressive=True))
    keep("three_scans.jpg", three_scan_jpeg())
    for name, data in (("arithmetic", plain), ("arithmetic_progressive", transformed(plain, "-progressive"))):
        data = transformed(data, "-arithmetic", *(["-progressive"] if "progressive" in name else []))
        read = subprocess.run(["djpeg", "-pnm"], input=data, capture_output=True, check=True).stdout
        good(f"{name}.jpg", data, np.frombuffer(read[-ramp.size :], np.uint8).reshape(1, *ramp.shape))


def write_bad_jpeg(bad):
    plain = saved(coloured(37, 21), subsampling=2)
    at = {marker: start for marker, start, _ in segments(plain)}
    patched = lambda place, byte: plain[:place] + bytes([byte]) + plain[place + 1 :]
    for name, marker, word in (("lossless", 0xC3, "lossless"), ("hierarchical", 0xC5, "hierarchical"), ("ls", 0xF7, "JPEG-LS")):
        bad(f"{name}.jpg", patched(at[0xC0] + 1, marker), word)
    bad("deep.jpg", patched(at[0xC0] + 4, 12), "12-bit")
    scans = transformed(plain, scans="0;\n1;\n2;\n")
    last = scans.rindex(b"\xff\xda")
    bad("scan_missing.jpg", scans[:last] + b"\xff\xd9", "scans are missing")
    bad("cut_scans.jpg", scans[:last], "cut short")
    progressive = saved(coloured(37, 21), subsampling=2, progressive=True)
    bad("bits_missing.jpg", progressive[: progressive.rindex(b"\xff\xda")] + b"\xff\xd9", "scans are missing")
    bad("cut_and_ended.jpg", plain[:-60] + b"\xff\xd9", "premature end")
    restarts = transformed(plain, "-restart", "1B")
    # A whole part between two restarts is lost, and its marker.
    first, second = restarts.index(b"\xff\xd1"), restarts.index(b"\xff\xd2")
    bad("part_lost.jpg", restarts[:first] + restarts[second:], "RST1")
    bad("unknown_transform.jpg", adobe(with_ids(plain, b"\1\2\3"), 9), "transform")


# --- other pictures and animations ---------------------------------------------------------------------------


def apng(frames, color, depth, size, still=None, extra=()):
    """frames: (codes (h,w,samples), left, top, delay, dispose, blend)."""
    width, height = size
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    data = lambda codes: zlib.compress(b"".join(b"\0" + row for row in pack(codes.reshape(codes.shape[0], -1), depth)))
    parts = [chunk(b"IHDR", header), *extra, chunk(b"acTL", struct.pack(">II", len(frames), 0))]
    number = 0
    if still is not None:
        parts.append(chunk(b"IDAT", data(still)))
    for i, (codes, left, top, delay, dispose, blend) in enumerate(frames):
        h, w = codes.shape[:2]
        parts.append(chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, w, h, left, top, *delay, dispose, blend)))
        number += 1
        if i == 0 and still is None:
            parts.append(chunk(b"IDAT", data(codes)))
        else:
            parts.append(chunk(b"fdAT", struct.pack(">I", number) + data(codes)))
            number += 1
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def played(frames, size, full):
    """What a player shows of RGBA frames, pixel by pixel, after the specification of PNG."""
    width, height = size
    canvas = np.zeros((height, width, 4))
    shown = []
    for codes, left, top, _, dispose, blend in frames:
        before = canvas.copy()
        h, w = codes.shape[:2]
        for y in range(h):
            for x in range(w):
                new, old = codes[y, x].astype(float), canvas[top + y, left + x]
                if blend == 0 or new[3] == full or old[3] == 0:
                    if not (blend == 1 and new[3] == 0):
                        canvas[top + y, left + x] = new
                elif new[3] > 0:
                    a, b = new[3] / full, old[3] / full
                    alpha = a + b * (1 - a)
                    colour = (new[:3] * a + old[:3] * b * (1 - a)) / alpha
                    canvas[top + y, left + x] = np.append(np.floor(colour + 0.5), np.floor(alpha * full + 0.5))
        shown.append(canvas.copy())
        if dispose == 1:
            canvas[top : top + h, left : left + w] = 0
        elif dispose == 2:
            canvas = before
    return np.array(shown)


def gif_codes(indices):
    """GIF's compression without any: codes of 9 bits, a clear code before the table grows."""
    bits, out = [], []
    for i, value in enumerate(indices):
        if i % 200 == 0:
            out.append(256)
        out.append(int(value))
    out.append(257)
    for code in out:
        bits += [code >> k & 1 for k in range(9)]
    bits += [0] * (-len(bits) % 8)
    data = bytes(sum(bit << k for k, bit in enumerate(bits[i : i + 8])) for i in range(0, len(bits), 8))
    blocks = b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
    return b"\x08" + blocks + b"\0"


def gif(frames, size, palette):
    """frames: (indices (h,w), left, top, delay in 10 ms, dispose, transparent or None)."""
    width, height = size
    out = b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0) + palette.astype(np.uint8).tobytes()
    for indices, left, top, delay, dispose, transparent in frames:
        flags = dispose << 2 | (transparent is not None)
        out += b"\x21\xf9\x04" + struct.pack("<BHB", flags, delay, transparent or 0) + b"\0"
        h, w = indices.shape
        out += b"\x2c" + struct.pack("<HHHHB", left, top, w, h, 0) + gif_codes(indices.ravel())
    return out + b"\x3b"


def gif_played(frames, size, palette):
    """dispose 0, 1: keep; 2: clear; 3: as before."""
    width, height = size
    canvas = np.zeros((height, width, 4), np.uint8)
    shown = []
    for indices, left, top, _, dispose, transparent in frames:
        before = canvas.copy()
        h, w = indices.shape
        part = canvas[top : top + h, left : left + w]
        there = np.ones((h, w), bool) if transparent is None else indices != transparent
        part[there] = np.concatenate([palette[indices[there]], np.full((there.sum(), 1), 255)], axis=1)
        shown.append(canvas.copy())
        if dispose == 2:
            canvas[top : top + h, left : left + w] = 0
        elif dispose == 3:
            canvas = before
    return np.array(shown)


def write_animations():
    random = np.random.default_rng(11)
    palette = random.integers(0, 256, (256, 3))
    index = lambda h, w: random.integers(0, 255, (h, w))
    ramp = np.repeat(np.arange(256)[:, None], 3, axis=1)
    size = (13, 9)
    plain = [(index(9, 13), 0, 0, 4, 0, None) for _ in range(3)]
    good("grey_ramp.gif", gif(plain, size, ramp), gif_played(plain, size, ramp)[..., :1])
    good("one.gif", gif(plain[:1], size, palette), gif_played(plain[:1], size, palette)[..., :3])
    parts = [(index(9, 13), 0, 0, 4, 1, None)]
    parts += [(index(4, 6), x, 2, 4 + x, d, 255) for x, d in ((1, 1), (5, 3), (3, 1), (7, 3), (2, 0))]
    for indices, *_ in parts[1:]:
        indices[1, 2:4] = 255
    good("parts.gif", gif(parts, size, palette), gif_played(parts, size, palette)[..., :3])
    cleared = [(index(5, 6), 2, 1, 10, 2, 255), (index(4, 4), 7, 3, 10, 1, 255), (index(9, 13), 0, 0, 10, 2, None)]
    good("cleared.gif", gif(cleared + cleared[:1], size, palette), gif_played(cleared + cleared[:1], size, palette))

    code = lambda h, w, samples, depth: random.integers(0, 1 << depth, (h, w, samples), dtype=np.uint32)
    deep = [(code(9, 13, 1, 16), 0, 0, (1, 25), 0, 0) for _ in range(3)]
    values = np.array([f[0] for f in deep]).astype(np.uint16)
    good("animated_grey16.png", apng(deep, 0, 16, size), values)
    still = [(code(9, 13, 1, 2), 0, 0, (1, 0), 0, 0) for _ in range(2)]
    data = apng(still, 0, 2, size, still=code(9, 13, 1, 2))
    good("animated_still_apart.png", data, np.array([f[0] for f in still]).astype(np.uint8))
    for depth in (8, 16):
        full = (1 << depth) - 1
        frames = [(code(9, 13, 4, depth), 0, 0, (1, 10), 0, 0)]
        for x, dispose, blend in ((1, 0, 1), (4, 1, 1), (3, 2, 1), (7, 0, 0), (2, 2, 0), (0, 0, 1)):
            part = code(5, 6, 4, depth)
            part[2, 2, 3], part[3, 3, 3] = 0, full
            frames.append((part, x, 2, (1 + x, 10), dispose, blend))
        kind = np.uint8 if depth == 8 else np.uint16
        good(f"animated_rgba{depth}.png", apng(frames, 6, depth, size), played(frames, size, full).astype(kind))
    pal = chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    indexed = [(code(9, 13, 1, 8), 0, 0, (1, 10), 0, 0), (code(4, 5, 1, 8), 3, 2, (1, 10), 0, 1)]
    shown = np.array([indexed[0][0][..., 0]] * 2)
    shown[1, 2:6, 3:8] = indexed[1][0][..., 0]
    good("animated_palette.png", apng(indexed, 3, 8, size, extra=[pal]), palette[shown].astype(np.uint8))

    pictures = [Image.fromarray(random.integers(0, 256, (9, 13, 3), dtype=np.uint8)) for _ in range(3)]
    stream = io.BytesIO()
    pictures[0].save(stream, "WEBP", lossless=True, save_all=True, append_images=pictures[1:], duration=[40, 40, 80])
    good("animated.webp", stream.getvalue(), np.array([np.asarray(p) for p in pictures]))
    # Pictures with alpha over each other, with and without loss: what libwebp shows, through Pillow.
    for name, options in (("animated_alpha.webp", {"lossless": True, "exact": True}), ("animated_lossy.webp", {"quality": 70})):
        frames = []
        for i in range(4):
            alpha = np.where(random.random((18, 26, 1)) < 0.5, 255, 0)
            frames.append(np.concatenate([np.asarray(coloured(26, 18)) // (i + 1), alpha], axis=2).astype(np.uint8))
        first, *others = [Image.fromarray(frame) for frame in frames]
        stream = io.BytesIO()
        first.save(stream, "WEBP", save_all=True, append_images=others, duration=30, **options)
        image = Image.open(io.BytesIO(stream.getvalue()))
        shown = []
        for i in range(image.n_frames):
            image.seek(i)
            shown.append(np.asarray(image.convert("RGBA")))
        good(name, stream.getvalue(), np.array(shown))


def write_pictures():
    random = np.random.default_rng(12)
    rgb = random.integers(0, 256, (9, 13, 3), dtype=np.uint8)
    # Names that say something else than the bytes.
    good("really_png.tif", png(rgb.astype(np.uint32), 2, 8), rgb[None])
    good("really_gif.bmp", (GOOD / "one.gif").read_bytes(), np.load(GOOD / "one.gif.npy"))
    rgba = np.concatenate([rgb, random.integers(0, 256, (9, 13, 1), dtype=np.uint8)], axis=2)
    opaque = np.concatenate([rgb, np.full((9, 13, 1), 255, np.uint8)], axis=2)

    def pillow(array, kind, **options):
        stream = io.BytesIO()
        Image.fromarray(array).save(stream, kind, **options)
        return stream.getvalue()

    good("lossless.webp", pillow(rgb, "WEBP", lossless=True), rgb[None])
    good("alpha.webp", pillow(rgba, "WEBP", lossless=True, exact=True), rgba[None])
    lossy = pillow(np.asarray(coloured(37, 21)), "WEBP", quality=80)
    good("lossy.webp", lossy, np.asarray(Image.open(io.BytesIO(lossy)).convert("RGB"))[None])

    steps = np.repeat(rgb[:, ::4], 4, axis=1)[:, :13]
    good("colour.tga", pillow(rgb, "TGA"), rgb[None])
    good("runs.tga", pillow(steps, "TGA", compression="tga_rle"), steps[None])
    good("grey.tga", pillow(rgb[..., 0], "TGA"), rgb[None, :, :, :1])
    good("alpha.tga", pillow(rgba, "TGA"), rgba[None])
    good("opaque.tga", pillow(opaque, "TGA"), rgb[None])

    good("colour.qoi", qoi(rgb), rgb[None])
    good("runs.qoi", qoi(steps), steps[None])
    good("alpha.qoi", qoi(rgba), rgba[None])

    # Radiance: a mantissa of eight bits for each colour and a common exponent.
    mantissas = random.integers(1, 256, (9, 13, 3))
    exponents = random.integers(100, 160, (9, 13))
    exponents[2, 3] = 0
    values = np.ldexp(mantissas.astype(np.float64), (exponents - 136)[..., None])
    values[exponents == 0] = 0
    pixels = np.concatenate([mantissas, exponents[..., None]], axis=2).astype(np.uint8)
    head = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 9 +X 13\n"
    good("flat.hdr", head + pixels.tobytes(), values.astype(np.float32)[None])
    lines = b""
    for row in pixels:
        lines += bytes([2, 2, 0, 13])
        for channel in range(4):
            lines += bytes([13]) + row[:, channel].tobytes()
    good("planes.hdr", head + lines, values.astype(np.float32)[None])

    import OpenEXR

    def exr(name, channels, compression, expected):
        path = GOOD / name
        OpenEXR.File({"compression": compression, "type": OpenEXR.scanlineimage}, channels).write(str(path))
        np.save(GOOD / f"{name}.npy", np.ascontiguousarray(expected))

    half = (random.random((9, 13, 3)) * 100 - 50).astype(np.float16)
    single = (random.random((9, 13)) * 1e6).astype(np.float32)
    number = random.integers(0, 1 << 32, (9, 13), dtype=np.uint32)
    exr("half.exr", {"RGB": half}, OpenEXR.ZIP_COMPRESSION, half.astype(np.float32)[None])
    exr("float.exr", {"Y": single}, OpenEXR.PIZ_COMPRESSION, single[None, :, :, None])
    exr("integers.exr", {"id": number}, OpenEXR.ZIPS_COMPRESSION, number[None, :, :, None])
    mixed = np.concatenate([half.astype(np.float64), single[..., None], number[..., None]], axis=2)
    named = {"RGB": half, "depth": single, "id": number}
    exr("named.exr", named, OpenEXR.RLE_COMPRESSION, mixed[None])


def qoi(pixels):
    """The QOI of an image of three or four channels, with whole pixels, runs and the index."""
    height, width, channels = pixels.shape
    out = b"qoif" + struct.pack(">IIBB", width, height, channels, 0)
    seen = [(0, 0, 0, 0)] * 64
    last, run = (0, 0, 0, 255), 0
    for pixel in pixels.reshape(-1, channels).tolist():
        pixel = tuple(pixel) + (255,) * (4 - channels)
        if pixel == last:
            run += 1
            if run == 62:
                out, run = out + bytes([0xC0 | 61]), 0
            continue
        if run:
            out, run = out + bytes([0xC0 | run - 1]), 0
        place = (pixel[0] * 3 + pixel[1] * 5 + pixel[2] * 7 + pixel[3] * 11) % 64
        if seen[place] == pixel:
            out += bytes([place])
        elif pixel[3] == last[3]:
            out += b"\xfe" + bytes(pixel[:3])
        else:
            out += b"\xff" + bytes(pixel)
        seen[place], last = pixel, pixel
    if run:
        out += bytes([0xC0 | run - 1])
    return out + bytes(7) + b"\1"


def write_bad_pictures(bad):
    for name in ("lossless.webp", "runs.tga", "flat.hdr", "half.exr", "one.gif"):
        whole = (GOOD / name).read_bytes()
        bad(f"cut_{name}", whole[: len(whole) * 2 // 3], "")
        bad(f"head_{name}", whole[:9], "")
    bad("cut.qoi", (GOOD / "colour.qoi").read_bytes()[:100], "")
    for suffix in ("webp", "hdr", "exr", "qoi", "gif"):
        bad(f"text.{suffix}", b"hello, this is text", "begins with 68 65")
    wide = bytearray((GOOD / "colour.qoi").read_bytes())
    wide[4:12] = b"\xff" * 8
    bad("huge.qoi", bytes(wide), "dimensions")
    bad("fifteen.tga", bytes([0, 0, 2]) + bytes(9) + struct.pack("<HHBB", 2, 2, 15, 1) + bytes(8), "")


def archives_alone():
    write_archives()
    bad_alone(write_bad_archives)


def bad_pictures_alone():
    bad_alone(write_bad_pictures)


def bad_alone(write):
    """Adds the bad files of one function to what is there."""
    with open(BAD / "reasons.csv", newline="") as file:
        rows = list(csv.reader(file))

    def bad(name, data, word):
        (BAD / name).write_bytes(data)
        rows[:] = [row for row in rows if row[0] != name] + [[name, word]]

    write(bad)
    with open(BAD / "reasons.csv", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


# --- kinds of TIFF that need a decoder of their own ----------------------------------------------------------


def edited(data, entries):
    """A little-endian TIFF of one page with other entries: tag to (type, values) or None; they stand at its end."""
    (at,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, at)
    old = [data[at + 2 + 12 * i :][:12] for i in range(count)]
    kept = {struct.unpack("<H", entry[:2])[0]: entry for entry in old}
    sizes = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 7: "B"}
    extra = b"" if len(data) % 2 == 0 else b"\0"
    for tag, change in entries.items():
        kept.pop(tag, None)
        if change is None:
            continue
        kind, values = change
        raw = struct.pack(f"<{len(values)}{sizes[kind]}", *values)
        number = len(values) // (2 if kind == 5 else 1)
        if len(raw) > 4:
            place, raw = struct.pack("<I", len(data) + len(extra)), raw + b"\0" * (len(raw) % 2)
            extra += raw
        else:
            place = raw.ljust(4, b"\0")
        kept[tag] = struct.pack("<HHI", tag, kind, number) + place
    table = b"".join(kept[tag] for tag in sorted(kept))
    new = len(data) + len(extra)
    return data[:4] + struct.pack("<I", new) + data[8:] + extra + struct.pack("<H", len(kept)) + table + bytes(4)


def by_tool(data, *command):
    """What a program of libtiff makes of a TIFF file."""
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "a.tif", Path(folder) / "b.tif"
        before.write_bytes(data)
        subprocess.run([*command, before, after], check=True, capture_output=True)
        return after.read_bytes()


def by_libtiff(data):
    """RGB as libtiff shows it."""
    return tifffile.imread(io.BytesIO(by_tool(data, "tiff2rgba", "-n", "-c", "none")))[None]


def ycbcr(height, width, across, down, rows, **options):
    """Luma and chroma in units of across x down pixels, in strips of rows, packed by hand: no program writes all kinds."""
    own = np.random.default_rng(across * 10 + down)
    strips = []
    for top in range(0, height, rows):
        lines = min(rows, height - top)
        grid = (-(-lines // down), -(-width // across))
        strips.append(own.integers(0, 256, (*grid, across * down + 2), dtype=np.uint8).tobytes())
    code = {None: lambda b: b, 8: zlib.compress, 5: imagecodecs.lzw_encode}[options.get("code")]
    strips = [code(strip) for strip in strips]
    body = tiff(np.zeros((height, width, 3), np.uint8), photometric="rgb", rowsperstrip=height)
    at = len(body) + len(body) % 2
    offsets = [at + sum(map(len, strips[:i])) for i in range(len(strips))]
    return edited(
        body.ljust(at, b"\0") + b"".join(strips),
        {
            259: (3, [options.get("code") or 1]),
            262: (3, [6]),
            273: (4, offsets),
            278: (3, [rows]),
            279: (4, [len(strip) for strip in strips]),
            530: (3, [across, down]),
            **options.get("entries", {}),
        },
    )


def with_own_chroma(height, width, across, down, rows):
    """The pixels of `ycbcr`, each with its own chroma: libtiff shows no units of 1 x 4 and 2 x 4."""
    own = np.random.default_rng(across * 10 + down)
    whole = np.zeros((height, width, 3), np.uint8)
    for top in range(0, height, rows):
        lines = min(rows, height - top)
        grid = (-(-lines // down), -(-width // across))
        units = own.integers(0, 256, (*grid, across * down + 2), dtype=np.uint8)
        luma = units[..., :-2].reshape(*grid, down, across).swapaxes(1, 2).reshape(grid[0] * down, -1)
        chroma = units[..., -2:].repeat(down, 0).repeat(across, 1)
        whole[top : top + lines] = np.dstack([luma, chroma])[:lines, :width]
    return edited(tiff(whole, photometric="rgb"), {262: (3, [6]), 530: (3, [1, 1])})


def write_tiff_kinds():
    own = np.random.default_rng(23)
    height, width = 37, 23

    def some(*shape, kind=np.uint8):
        return own.integers(0, 256, (*shape, np.dtype(kind).itemsize), dtype=np.uint8).view(kind)[..., 0]

    # Inks and L*a*b*.
    inks = some(height, width, 4)
    good("cmyk.tif", tiff(inks, photometric="separated", rowsperstrip=8), inks[None])
    deep = some(4, height, width, kind=np.uint16)
    options = {"photometric": "separated", "planarconfig": "separate", "compression": "zlib", "tile": (16, 16)}
    good("cmyk16_planes.tif", tiff(deep, **options), np.moveaxis(deep, 0, -1)[None])
    more = some(9, 7, 5)
    good("cmyk_alpha.tif", tiff(more, photometric="separated", extrasamples=["unassalpha"]), more[None])
    three = some(9, 7, 3)
    named = tiff(three, photometric="rgb")
    names = list(b"Reflex Blue\0\0Varnish\0")
    entries = {262: (3, [5]), 332: (3, [2]), 334: (3, [3]), 333: (2, names)}
    good("inks.tif", edited(named, entries), three[None])
    lab = some(9, 7, 3)
    good("cielab.tif", tiff(lab, photometric="cielab"), lab[None])
    # JPEG, by libtiff (tiffcp and Pillow) and by tifffile with imagecodecs; decoded by imagecodecs.
    rgb = coloured(width, height)
    plain = tiff(rgb, photometric="rgb")
    grey = np.ascontiguousarray(rgb[..., 0])

    def jpeg(name, data, read=None):
        read = tifffile.imread(io.BytesIO(data)) if read is None else read
        good(name, data, read.reshape(1, height, width, -1))

    jpeg("jpeg_420.tif", by_tool(plain, "tiffcp", "-c", "jpeg:90", "-r", "16"))
    jpeg("jpeg_420_tiles.tif", by_tool(plain, "tiffcp", "-c", "jpeg:90", "-t", "-w", "16", "-l", "32"))
    jpeg("jpeg_rgb.tif", by_tool(plain, "tiffcp", "-c", "jpeg:r:90", "-r", "8"))
    planes = by_tool(plain, "tiffcp", "-c", "jpeg:r:90", "-r", "8", "-p", "separate")
    with tifffile.TiffFile(io.BytesIO(planes)) as file:
        page = file.pages[0]
        strips = [planes[at:][:n] for at, n in zip(page.dataoffsets, page.databytecounts)]
        read = [imagecodecs.jpeg8_decode(strip, tables=page.jpegtables) for strip in strips]
    read = np.concatenate(read).reshape(3, height, width)
    jpeg("jpeg_planes.tif", planes, np.ascontiguousarray(np.moveaxis(read, 0, -1)))
    args = {"level": 90, "subsampling": (2, 1)}
    jpeg("jpeg_422.tif", tiff(rgb, photometric="ycbcr", compression="jpeg", compressionargs=args, rowsperstrip=16))
    args = {"level": 85}
    jpeg("jpeg_grey.tif", tiff(grey, photometric="minisblack", compression="jpeg", compressionargs=args, rowsperstrip=16))
    jpeg("jpeg_grey_tiles.tif", by_tool(tiff(grey, photometric="minisblack"), "tiffcp", "-c", "jpeg:80", "-t", "-w", "16", "-l", "16"))
    out = io.BytesIO()
    Image.fromarray(np.dstack([rgb, 255 - grey]), "CMYK").save(out, "TIFF", compression="jpeg", quality=90)
    jpeg("jpeg_cmyk.tif", out.getvalue())
    # Before TIFF 6: a whole stream, as Pillow writes it.
    stream = saved(rgb, subsampling=2)
    body = tiff(np.zeros((height, width, 3), np.uint8), photometric="rgb")
    body += b"\0" * (len(body) % 2)
    entries = {259: (3, [6]), 262: (3, [6]), 273: (4, [len(body)]), 279: (4, [len(stream)]), 513: (4, [len(body)]), 514: (4, [len(stream)])}
    jpeg("jpeg_old.tif", edited(body + stream, entries), np.asarray(Image.open(io.BytesIO(stream))))
    # Luma and chroma, shown by libtiff.
    for across in (1, 2, 4):
        for down in (1, 2, 4):
            data = ycbcr(height, width, across, down, 8)
            shown = data if down < 4 or across == 4 else with_own_chroma(height, width, across, down, 8)
            good(f"ycbcr_{across}{down}.tif", data, by_libtiff(shown))
    video = [16, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1]
    entries = {529: (5, [2126, 10000, 7152, 10000, 722, 10000]), 532: (5, video)}
    data = ycbcr(height, width, 2, 2, height, code=8, entries=entries)
    good("ycbcr_709.tif", data, by_libtiff(data))
    data = ycbcr(height, width, 4, 2, 12, code=5)
    good("ycbcr_lzw.tif", data, by_libtiff(data))
    # Fax, coded by libtiff.
    y, x = np.mgrid[:height, :131]
    bits = ((x // 5 + y // 3) % 3 == 0) ^ (own.random((height, 131)) < 0.02)
    bits[5], bits[6], bits[7] = False, True, False
    white, black = tiff(bits, photometric="miniswhite"), tiff(bits, photometric="minisblack")
    # tifffile stores what it is given: black is what is set.
    expected = tifffile.imread(io.BytesIO(white)).astype(np.uint8)[None, ..., None]
    for name, data, command in (
        ("g3_1d", white, ["-c", "g3:1d", "-r", "10"]),
        ("g3_2d", white, ["-c", "g3:2d", "-r", "10"]),
        ("g3_fill", white, ["-c", "g3:2d:fill", "-r", "37"]),
        ("g4", white, ["-c", "g4", "-r", "10"]),
        ("g4_low_bit_first", white, ["-c", "g4", "-f", "lsb2msb"]),
        ("g4_black", black, ["-c", "g4", "-r", "16"]),
        ("g4_tiles", white, ["-c", "g4", "-t", "-w", "64", "-l", "16"]),
    ):
        good(f"{name}.tif", by_tool(data, "tiffcp", *command), expected)
    wide = own.random((3, 6000)) < 0.0005
    good("g4_wide.tif", by_tool(tiff(wide, photometric="miniswhite"), "tiffcp", "-c", "g4"), wide.astype(np.uint8)[None, ..., None])
    out = io.BytesIO()
    Image.fromarray(bits).save(out, "TIFF", compression="tiff_ccitt")
    read = tifffile.imread(io.BytesIO(out.getvalue())).astype(np.uint8)
    good("huffman.tif", out.getvalue(), read[None, ..., None])
    # Zstandard and WebP, coded by imagecodecs.
    smooth = (np.add.outer(np.arange(height), np.arange(width)) * 300).astype(np.uint16)
    data = tiff(smooth, photometric="minisblack", compression="zstd", predictor=True, rowsperstrip=10)
    good("zstd.tif", data, smooth[None, ..., None])
    floats = smooth.astype(np.float32) / 7
    data = tiff(floats, photometric="minisblack", compression="zstd", tile=(16, 16), byteorder=">")
    good("zstd_tiles.tif", data, floats[None, ..., None])
    args = {"lossless": True}
    data = tiff(rgb, photometric="rgb", compression="webp", compressionargs=args, tile=(16, 16))
    good("webp.tif", data, rgb[None])
    data = tiff(rgb, photometric="rgb", compression="webp", compressionargs={"level": 80, "lossless": False}, rowsperstrip=16)
    good("webp_lossy.tif", data, tifffile.imread(io.BytesIO(data))[None])
    # Complex samples: no array beside them, since people choose what is read.
    pairs = (own.normal(size=(9, 7)) + 1j * own.normal(size=(9, 7))).astype(np.complex64)
    (GOOD / "complex64.tif").write_bytes(tiff(pairs, photometric="minisblack", byteorder=">"))
    np.save(GOOD / "complex64_real_imaginary.npy", np.stack([pairs.real, pairs.imag]))
    # MetaMorph stacks: no program here writes them; read by tifffile.
    planes = some(5, 11, 7, kind=np.uint16)
    for name, moments, distances in (
        ("stack.stk", [0, 250, 500, 750, 1000], [0] * 5),
        ("stack_uneven.stk", [0, 250, 700, 750, 86_400_000], [0] * 5),
        ("stack_slices.stk", [0, 1, 2, 3, 4], [500, 1000, 1500, 2000, 2500]),
    ):
        data = stk(planes, moments, distances)
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            assert file.is_stk and file.pages[0].is_final
            read = file.asarray()
            said = file.pages[0].tags[33629].value
            known = said["TimeCreated"].astype(int) + 86_400_000 * said["DateCreated"].astype(int)
            assert (known - known[0] == moments).all() and (read == planes).all()
        good(name, data, read[..., None])
    write_bad_tiff_kinds()


def stk(planes, moments, distances):
    """A MetaMorph stack of planes, taken at so many milliseconds, 0.65 micrometres per pixel."""
    data = tiff(planes[0], photometric="minisblack", rowsperstrip=4)
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        at, lengths = len(data) + len(data) % 2, file.pages[0].databytecounts
    body = data.ljust(at, b"\0") + planes.astype("<u2").tobytes()
    offsets = [at + sum(lengths[:i]) for i in range(len(lengths))]
    start = 2_451_576 * 86_400_000 + 54_362_783
    plane = [[z, 1000, *divmod(start + t, 86_400_000), 0, 0] for t, z in zip(moments, distances)]
    second = len(body) + len(body) % 2
    body = body.ljust(second, b"\0") + struct.pack(f"<{6 * len(plane)}I", *sum(plane, []))
    size, unit = len(body), len(body) + 8
    body += struct.pack("<2I", 650, 1000) + struct.pack("<I", 3) + b"um\0" + b"\0"
    first = len(body)
    body += struct.pack("<8I", 3, 1, 4, size, 5, size, 6, unit)
    file = edited(body, {273: (4, offsets), 33628: (4, [0, 0, 0, 0]), 33629: (5, [0] * 2)})
    # Their values are larger than their types say.
    (table,) = struct.unpack_from("<I", file, 4)
    file = bytearray(file)
    for i in range(struct.unpack_from("<H", file, table)[0]):
        entry = table + 2 + 12 * i
        (tag,) = struct.unpack_from("<H", file, entry)
        if tag in (33628, 33629):
            struct.pack_into("<2I", file, entry + 4, *((4, first) if tag == 33628 else (len(plane), second)))
    return bytes(file)


def write_bad_tiff_kinds():
    """Adds what is refused to what is there."""
    with open(BAD / "reasons.csv", newline="") as file:
        rows = [row for row in csv.reader(file) if row[0] != "cmyk.tif"]
    (BAD / "cmyk.tif").unlink(missing_ok=True)

    def bad(name, data, word):
        (BAD / name).write_bytes(data)
        rows[:] = [row for row in rows if row[0] != name] + [[name, word]]

    def fine(name):
        return (GOOD / name).read_bytes()

    page = tiff(np.zeros((9, 7), np.uint8), photometric="minisblack")
    rgb = tiff(np.zeros((9, 7, 3), np.uint8), photometric="rgb")
    for name, code, word in (
        ("jpeg2000", 34712, "JPEG 2000"),
        ("jpegxl", 50002, "JPEG XL"),
        ("lerc", 34887, "LERC"),
        ("lzma", 34925, "LZMA"),
        ("unknown", 12345, "compression 12345 is not read"),
    ):
        bad(f"{name}.tif", edited(page, {259: (3, [code])}), word)
    bad("jpeg_old.tif", edited(rgb, {259: (3, [6])}), "tiffcp")
    bad("jpeg_deep.tif", edited(tiff(np.zeros((9, 7), np.uint16), photometric="minisblack"), {259: (3, [7])}), "16 bit")
    grey = fine("jpeg_grey.tif")
    frame = grey.index(b"\xff\xc0")
    twelve = bytearray(grey)
    twelve[frame + 4] = 12
    bad("jpeg_12.tif", bytes(twelve), "12-bit JPEG")
    lossless = bytearray(grey)
    lossless[frame + 1] = 0xC3
    bad("jpeg_lossless.tif", bytes(lossless), "lossless JPEG")
    narrow = bytearray(grey)
    narrow[frame + 8] = 22
    bad("jpeg_narrow.tif", bytes(narrow), "22")
    bad("logluv.tif", edited(rgb, {262: (3, [32845])}), "LogLuv")
    bad("logl.tif", edited(page, {262: (3, [32844])}), "LogL")
    bad("ycbcr_units.tif", edited(fine("ycbcr_22.tif"), {530: (3, [3, 1])}), "subsampling [3, 1]")
    bad("ycbcr_green.tif", edited(fine("ycbcr_22.tif"), {529: (5, [1, 2, 0, 1, 1, 2])}), "green")
    bad("ycbcr_planes.tif", edited(fine("ycbcr_11.tif"), {284: (3, [2])}), "one plane")
    bad("fax_bytes.tif", edited(page, {259: (3, [4])}), "fax coding")
    # Rows of T.6 do not tell their width.
    for name in ("huffman", "g3_1d", "g3_2d"):
        data = fine(f"{name}.tif")
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            first = file.pages[0]
            bad(f"{name}_narrow.tif", edited(data, {256: (3, [first.imagewidth - 1])}), "row")
    bad("g4_uncompressed.tif", edited(fine("g4.tif"), {293: (4, [2])}), "uncompressed parts")
    bad("zstd.tif", edited(page, {259: (3, [50000])}), "Zstandard")
    bad("webp.tif", edited(rgb, {259: (3, [50001])}), "WebP")
    bad("webp_grey.tif", edited(page, {259: (3, [50001])}), "WebP with 1 channels")
    with open(BAD / "reasons.csv", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
# --- BMP, written by hand: few programs write its many kinds ----------------------------------------------


def bmp(rows, width, height, bits, *, length=40, compression=0, palette=b"", used=0, masks=(), at=None, gap=b"", behind=b""):
    """rows: the stored bytes; masks stand behind a header of 40 bytes and in longer ones."""
    if length == 12:
        header = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(rows), 2835, 2835, used, 0)
        header += b"".join(struct.pack("<I", mask) for mask in masks)
        header = (header if length == 40 else header + bytes(length))[: max(length, 40 + 4 * len(masks)) if length == 40 else length]
        header = struct.pack("<I", length) + header[4:]
    start = 14 + len(header) + len(palette) + len(gap) if at is None else at
    size = 14 + len(header) + len(palette) + len(gap) + len(rows) + len(behind)
    return struct.pack("<2sIHHI", b"BM", size, 0, 0, start) + header + palette + gap + rows + behind


def bmp_rows(pixels, bits):
    """Rows from the top as rows of a file from the bottom: codes as numbers of so many bits, low bytes first."""
    rows = []
    for row in pixels[::-1]:
        if bits < 8:
            data = pack(row[None], bits)[0]
        else:
            data = b"".join(int(v).to_bytes(bits // 8, "little") for v in row)
        rows.append(data + b"\0" * (-len(data) % 4))
    return b"".join(rows)


def masked(values, masks):
    """Pixels of channels (H,W,C) of codes."""
    pixels = np.zeros(values.shape[:2], np.uint64)
    for channel, mask in zip(np.moveaxis(values, -1, 0), masks):
        if mask:
            pixels |= channel.astype(np.uint64) << np.uint64((mask & -mask).bit_length() - 1)
    return pixels


def pillow_bmp(data, channels):
    """What Pillow reads, as so many channels."""
    picture = Image.open(io.BytesIO(data))
    read = np.asarray(picture.convert("RGBA" if channels == 4 else "RGB"))
    return read[None, ..., :1] if channels == 1 else read[None]


def good_bmp(name, data, expected, pillow=True):
    """Pillow must read the same, but for what it doesn't read."""
    if pillow:
        assert (pillow_bmp(data, expected.shape[-1]) == expected).all(), name
    good(name, data, expected)


def run_lengths(codes, bits):
    """Rows from the top as run lengths: runs where three codes are equal (or alternate), else literals."""
    out = b""
    for row in codes[::-1]:
        x = 0
        while x < len(row):
            n = 1
            while x + n < len(row) and n < 255 and row[x + n] == (row[x + n - 2] if bits == 4 and n > 1 else row[x] if bits == 8 else row[x + n]):
                n += 1
            if n > 2 or len(row) - x < 3:
                n = n if n > 2 else 1
                second = row[x + 1] if n > 1 else 0
                out += bytes([n, row[x] << 4 | second if bits == 4 else row[x]])
            else:
                n = 3
                part = [int(v) for v in row[x : x + n]]
                data = bytes(part) if bits == 8 else bytes([part[0] << 4 | part[1], part[2] << 4])
                out += bytes([0, n]) + data + b"\0" * (len(data) % 2)
            x += n
        out += b"\0\0"
    return out + b"\0\1"


def write_bmp():
    own = np.random.default_rng(23)
    h, w = 7, 13
    colours = own.integers(0, 256, (256, 3), dtype=np.uint8)

    def table(n, entry=4):
        return b"".join(bytes(c[::-1]) + b"\0" * (entry - 3) for c in colours[:n])

    def read(codes):
        return colours[codes][None]

    # Palettes of every depth and header.
    for bits in (1, 2, 4, 8):
        codes = own.integers(0, 1 << bits, (h, w))
        n = 1 << bits
        good_bmp(f"palette{bits}.bmp", bmp(bmp_rows(codes, bits), w, h, bits, palette=table(n)), read(codes), bits != 2)
        good_bmp(f"core{bits}.bmp", bmp(bmp_rows(codes, bits), w, h, bits, length=12, palette=table(n, 3)), read(codes), bits != 2)
    codes = own.integers(0, 200, (h, w))
    rows = bmp_rows(codes, 8)
    good_bmp("palette8_topdown.bmp", bmp(bmp_rows(codes[::-1], 8), w, -h, 8, palette=table(256)), read(codes))
    good_bmp("palette8_used.bmp", bmp(rows, w, h, 8, palette=table(200), used=200), read(codes))
    good_bmp("palette8_gap.bmp", bmp(rows, w, h, 8, palette=table(200), used=200, gap=bytes(100)), read(codes))
    good_bmp("palette8_oversize.bmp", bmp(rows, w, h, 8, palette=table(256) + bytes(44 * 4), used=300), read(codes), False)
    good_bmp("palette8_no_start.bmp", bmp(rows, w, h, 8, palette=table(200), used=200, at=0), read(codes))
    good_bmp("palette8_start_of_palette.bmp", bmp(rows, w, h, 8, palette=table(200), used=200, at=54), read(codes))
    good_bmp("palette8_no_padding.bmp", bmp(rows[:-3], w, h, 8, palette=table(256)), read(codes), False)
    good_bmp("core8_short.bmp", bmp(rows, w, h, 8, length=12, palette=table(200, 3)), read(codes), False)
    for length in (16, 24, 36, 42, 46, 48, 60, 64):
        used = 200 if length >= 36 else 0
        good_bmp(f"os2_{length}.bmp", bmp(rows, w, h, 8, length=length, palette=table(used or 256), used=used), read(codes), length == 64)
    for length in (108, 124):
        good_bmp(f"palette8_{length}.bmp", bmp(rows, w, h, 8, length=length, palette=table(256)), read(codes))
    ramp = np.repeat(np.arange(255, -1, -1, dtype=np.uint8)[:, None], 4, 1).tobytes()
    good_bmp("falling.bmp", bmp(rows, w, h, 8, palette=ramp), (255 - codes).astype(np.uint8)[None, ..., None])
    good_bmp("one_colour.bmp", bmp(bytes(4 * h), w, h, 1, palette=table(1), used=1), read(np.zeros((h, w), int)))

    # Run lengths. Pixels that are stepped over have index 0.
    codes = own.integers(0, 200, (h, w))
    codes[2, 3:9], codes[4], codes[5, :4] = 77, 5, 9
    data = run_lengths(codes, 8)
    options = {"compression": 1, "palette": table(200), "used": 200}
    good_bmp("runs8.bmp", bmp(data, w, h, 8, **options), read(codes))
    good_bmp("runs8_behind.bmp", bmp(data, w, h, 8, behind=b"\5\5" * 50, **options), read(codes))
    good_bmp("runs8_no_end.bmp", bmp(data[:-4], w, h, 8, **options), read(codes))
    good_bmp("runs8_topdown.bmp", bmp(run_lengths(codes[::-1], 8), w, -h, 8, **options), read(codes))
    skips = np.zeros((h, w), int)
    skips[6, :4], skips[6, 9:12], skips[4, 6:9], skips[3, 0], skips[1, 12] = 3, [5, 6, 7], 8, 9, 11
    data = bytes([4, 3, 0, 2, 5, 0, 0, 3, 5, 6, 7, 0, 0, 0, 0, 2, 6, 1, 3, 8, 0, 0, 1, 9, 0, 2, 11, 2, 1, 11, 0, 1])
    # Pillow refuses what ends early, and takes the end of an empty row for nothing.
    good_bmp("runs8_skips.bmp", bmp(data, w, h, 8, **options), read(skips), False)
    skips = np.zeros((h, w), int)
    skips[6, :4], skips[6, 9:12], skips[4, 6:9], skips[3, :2], skips[1, 12], skips[0] = 3, [5, 6, 7], 8, 9, 11, 12
    data = bytes([4, 3, 0, 2, 5, 0, 0, 3, 5, 6, 7, 0, 0, 0, 0, 2, 6, 1, 3, 8, 0, 0, 2, 9, 0, 2, 10, 2, 1, 11, 0, 0, 13, 12, 0, 1])
    good_bmp("runs8_deltas.bmp", bmp(data, w, h, 8, **options), read(skips))
    empty = np.zeros((h, w), int)
    good_bmp("runs8_nothing.bmp", bmp(b"\0\1", w, h, 8, **options), read(empty), False)
    codes = own.integers(0, 12, (h, w))
    codes[2, 3:9], codes[4], codes[5, :4], codes[1] = 7, 5, 9, np.arange(w) % 2 * 3 + 1
    options = {"compression": 2, "palette": table(12), "used": 12}
    good_bmp("runs4.bmp", bmp(run_lengths(codes, 4), w, h, 4, **options), read(codes))
    padded = np.tile(np.arange(w) % 2 + 1, (h, 1))
    good_bmp("runs4_padded.bmp", bmp(bytes([14, 0x12, 0, 0]) * h + b"\0\1", w, h, 4, **options), read(padded))
    skips = np.zeros((h, w), int)
    skips[6, 2:5], skips[5, 7:10], skips[3, :3] = [1, 2, 1], [3, 4, 5], 6
    data = bytes([0, 2, 2, 0, 3, 0x12, 0, 0, 0, 2, 7, 0, 0, 3, 0x34, 0x50, 0, 2, 3, 1, 0, 0, 3, 0x66, 0, 1])
    good_bmp("runs4_skips.bmp", bmp(data, w, h, 4, **options), read(skips), False)

    # Colours by masks: codes of up to 8 bits become 8 bits, wider ones keep theirs where they are equally wide.
    def fields(name, masks, bits, *, length=40, compression=3, drop=False, values=None, pillow=False, **more):
        widths = [bin(mask).count("1") for mask in masks]
        codes = np.stack([own.integers(0, 1 << n, (h, w)) if n else np.zeros((h, w), int) for n in widths], -1)
        if values is not None:
            codes[..., 3] = values
        widest = max(widths[:3])
        out = 8 if widest <= 8 else widest if len(set(widths[:3])) == 1 and widest <= 16 else 16
        full = (1 << out) - 1
        spread = [codes[..., i] * full // max((1 << n) - 1, 1) for i, n in enumerate(widths)]
        if len(masks) == 4 and (drop or not masks[3]):
            spread = spread[:3]
        expected = np.stack(spread, -1).astype(np.uint8 if out == 8 else np.uint16)[None]
        data = bmp(bmp_rows(masked(codes, masks), bits), w, h, bits, length=length, compression=compression, masks=() if compression == 0 else masks, **more)
        good_bmp(name, data, expected, pillow)

    fields("rgb555.bmp", (0x7C00, 0x3E0, 0x1F), 16, compression=0, pillow=True)
    fields("rgb555_fields.bmp", (0x7C00, 0x3E0, 0x1F), 16, pillow=True)
    fields("rgb565.bmp", (0xF800, 0x7E0, 0x1F), 16, pillow=True)
    fields("rgb565_palette.bmp", (0xF800, 0x7E0, 0x1F), 16, palette=table(256), used=256, pillow=True)
    fields("rgb231.bmp", (0x30, 0xE, 0x1), 16)
    fields("rgb3103.bmp", (0xE000, 0x1FF8, 0x7), 16)
    fields("rgb880.bmp", (0xFF00, 0xFF, 0), 16)
    fields("rgba4444.bmp", (0xF00, 0xF0, 0xF, 0xF000), 16, length=108)
    fields("rgba5551.bmp", (0x7C00, 0x3E0, 0x1F, 0x8000), 16, length=124)
    fields("rgba1924.bmp", (0x8000, 0x7FC0, 0x30, 0xF), 16, length=108)
    fields("rgb24_palette.bmp", (0xFF0000, 0xFF00, 0xFF), 24, compression=0, palette=table(256), used=256, pillow=True)
    fields("rgb24_fields.bmp", (0xFF, 0xFF00, 0xFF0000), 24)
    fields("rgb32.bmp", (0xFF0000, 0xFF00, 0xFF), 32, compression=0, pillow=True)
    fields("rgb32_topmost.bmp", (0xFF000000, 0xFF0000, 0xFF00), 32, pillow=True)
    fields("rgb32_core.bmp", (0xFF0000, 0xFF00, 0xFF), 32, length=12, compression=0, pillow=True)
    fields("rgb101010.bmp", (0x3FF00000, 0xFFC00, 0x3FF), 32)
    fields("rgb111110.bmp", (0xFFE00000, 0x1FFC00, 0x3FF), 32)
    fields("rgb7187.bmp", (0xFE000000, 0x1FFFF80, 0x7F), 32)
    fields("rgba1010102.bmp", (0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000), 32, length=108)
    fields("rgba61754.bmp", (0xFC000000, 0x3FFFE00, 0x1F0, 0xF), 32, length=124)
    fields("rgba81284.bmp", (0xFF000000, 0xFFF000, 0xFF0, 0xF), 32, length=124)
    usual = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    for length in (56, 108, 124):
        fields(f"rgba_{length}.bmp", usual, 32, length=length, pillow=True)
    fields("rgba_abgr.bmp", (0xFF, 0xFF00, 0xFF0000, 0xFF000000), 32, length=108, pillow=True)
    fields("rgba_mixed.bmp", (0xFF00, 0xFF000000, 0xFF, 0xFF0000), 32, length=108)
    fields("rgba_behind.bmp", usual, 32, compression=6)
    fields("rgba_opaque.bmp", usual, 32, length=124, drop=True, values=255)
    fields("rgba_unused.bmp", usual, 32, length=124, drop=True, values=0)
    fields("rgba5551_unused.bmp", (0x7C00, 0x3E0, 0x1F, 0x8000), 16, length=56, drop=True, values=0)
    fields("rgb_52.bmp", (0xFF0000, 0xFF00, 0xFF), 32, length=52, pillow=True)
    colour = own.integers(0, 256, (h, w, 4))
    data = bmp(bmp_rows(masked(colour, usual), 32), w, h, 32, compression=3, masks=(0, 0, 0))
    good_bmp("rgba_no_masks.bmp", data, colour.astype(np.uint8)[None], False)


def write_bad_bmp(bad):
    rows, grey = bytes(range(64)), np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, 1).tobytes()
    fine = bmp(rows, 8, 8, 8, palette=grey)
    bad("cut_last.bmp", fine[:-1], "cut short")
    bad("cut_palette.bmp", fine[:500], "cut short")
    bad("cut_head.bmp", fine[:40], "cut short in its header")
    bad("header66.bmp", bmp(rows, 8, 8, 8, length=66, palette=grey), "66 bytes")
    bad("bits64.bmp", bmp(bytes(512), 8, 8, 64), "64 bits per pixel")
    bad("bits3.bmp", bmp(bytes(512), 8, 8, 3, palette=grey), "3 bits per pixel")
    bad("width.bmp", bmp(rows, -8, 8, 8, palette=grey), "width of -8")
    bad("no_rows.bmp", bmp(rows, 8, 0, 8, palette=grey), "no pixels")
    bad("inside.bmp", bmp(rows, 8, 8, 8, palette=grey, at=20), "inside the header")
    bad("index.bmp", bmp(rows, 8, 8, 8, palette=grey[:40], used=10), "palette has 10 colours")
    bad("beyond.bmp", bmp(rows, 8, 8, 8, palette=grey, at=1 << 31), "cut short")
    bad("jpeg_inside.bmp", bmp(rows, 8, 8, 0, compression=4), "a JPEG inside")
    bad("png_inside.bmp", bmp(rows, 8, 8, 0, compression=5), "a PNG inside")
    bad("huffman.bmp", bmp(rows, 8, 8, 1, length=64, compression=3, palette=grey[:8]), "Huffman")
    bad("rle24.bmp", bmp(rows, 8, 8, 24, length=64, compression=4), "RLE24")
    bad("cmyk.bmp", bmp(bytes(256), 8, 8, 32, compression=11), "CMYK")
    bad("masks_apart.bmp", bmp(bytes(256), 8, 8, 32, compression=3, masks=(0xFF00FF, 0xFF00, 0)), "mask of red")
    bad("masks_shared.bmp", bmp(bytes(256), 8, 8, 32, compression=3, masks=(0xFF, 0xFF, 0xFF00)), "mask of green")
    bad("masks_wide.bmp", bmp(bytes(256), 8, 8, 16, compression=3, masks=(0xF8000, 0x7E0, 0x1F)), "mask of red")
    bad("masks_none.bmp", bmp(bytes(256), 8, 8, 16, compression=3, masks=(0, 0, 0)), "have no bits")

    def runs(name, data, word, bits=8, width=8, height=8):
        bad(name, bmp(data, width, height, bits, compression=1 if bits == 8 else 2, palette=grey[: 4 << bits]), word)

    row = b"\4\1\4\2\0\0"
    runs("runs_cut.bmp", row * 5, "cut short")
    runs("runs_cut_row.bmp", row * 7 + b"\4\1", "cut short")
    runs("runs_cut_literal.bmp", row * 7 + b"\0\x08abcde", "cut short")
    runs("runs_cut_delta.bmp", row + b"\0\2\1", "cut short")
    runs("runs_none.bmp", b"", "cut short")
    runs("runs_long.bmp", row + b"\x09\1" + row, "leaves row 1")
    runs("runs_long_literal.bmp", row + b"\0\x0a" + bytes(10) + row, "leaves row 1")
    runs("runs_delta.bmp", row + b"\0\2\0\x20", "a delta leads to row 33")
    runs("runs4_long.bmp", b"\x0b\x12", "leaves row 0", 4, 9)
    runs("runs_huge.bmp", row, "cannot hold", 8, 30000, 30000)


def bmps_alone():
    write_bmp()
    bad_alone(write_bad_bmp)


# --- how pictures were taken ------------------------------------------------------------------------------


def write_facts():
    """Files whose EXIF data, tags and texts say how they were taken; by Pillow, piexif and tifffile."""
    import piexif
    from PIL.PngImagePlugin import PngInfo

    FACTS.mkdir(exist_ok=True)
    picture = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8))

    def exif(second):
        main = {
            piexif.ImageIFD.Make: b"NIKON CORPORATION", piexif.ImageIFD.Model: b"NIKON D90",
            piexif.ImageIFD.Software: b"Ver.1.00", piexif.ImageIFD.DateTime: b"2026:11:29 08:00:00",
            piexif.ImageIFD.ImageDescription: b"Plasma jet, 5 l/min helium, 20 us",
            piexif.ImageIFD.Artist: b"Someone", piexif.ImageIFD.Copyright: b"Nobody",
        }  # fmt: skip
        tags = piexif.ExifIFD
        shot = {
            tags.DateTimeOriginal: b"2026:11:28 23:59:%02d" % second, tags.SubSecTimeOriginal: b"50",
            tags.OffsetTimeOriginal: b"+01:00", tags.ExposureTime: (10, 1250), tags.FNumber: (28, 10),
            tags.ISOSpeedRatings: 800, tags.FocalLength: (1050, 10), tags.LensMake: b"Nikon",
            tags.LensModel: b"AF-S 105mm f/2.8G", tags.UserComment: b"ASCII\0\0\0third run",
        }  # fmt: skip
        return piexif.dump({"0th": main, "Exif": shot})

    for second in (57, 58):
        picture.save(FACTS / f"camera_{second}.jpg", exif=exif(second), quality=90)
    wide = {piexif.ExifIFD.ExposureTime: (2, 1), piexif.ExifIFD.UserComment: b"UNICODE\0" + "\u03bc".encode("utf-16-be")}
    picture.save(FACTS / "long.jpg", exif=piexif.dump({"0th": {piexif.ImageIFD.Model: "Kam\u00e9ra".encode()}, "Exif": wide}), quality=90)
    picture.save(FACTS / "camera.png", exif=exif(57)[6:])
    picture.save(FACTS / "plain.png")
    texts = PngInfo()
    texts.add_text("Creation Time", "Sat, 28 Nov 2026 23:59:57 GMT")
    texts.add_text("Software", "Acquire 3", zip=True)
    texts.add_itxt("Description", "20 \u00b5s behind the pulse", lang="en", zip=True)
    texts.add_text("Comment", "third\nrun")
    texts.add_text("Author", "Someone")
    picture.save(FACTS / "texts.png", pnginfo=texts)
    picture.save(FACTS / "camera.tif", exif=exif(57)[6:])
    pages = np.arange(3 * 48, dtype=np.uint8).reshape(3, 6, 8)
    with tifffile.TiffWriter(FACTS / "pages.tif") as writer:
        for i, page in enumerate(pages):
            model = [(271, 2, 0, "Basler", True), (272, 2, 0, "acA1920", True), (33434, 5, 1, (1, 500 * (i + 1)), True)]
            date = f"2026:11:28 12:00:0{i}"
            writer.write(page, photometric="minisblack", metadata=None, description=f"page {i}", datetime=date, software="Acquire", extratags=model)
    tifffile.imwrite(FACTS / "imagej.tif", pages, imagej=True)
    tifffile.imwrite(FACTS / "ome.tif", pages, ome=True, photometric="minisblack")
    tifffile.imwrite(FACTS / "shaped.tif", pages, photometric="minisblack")


# --- what must be refused -----------------------------------------------------------------------------------


def write_pnm():
    grey = np.arange(7 * 5, dtype=np.uint8).reshape(5, 7) * 7
    deep = (np.arange(3 * 7 * 5, dtype=np.uint16) * 39).reshape(3, 5, 7)
    rgb = (np.arange(5 * 7 * 3, dtype=np.uint8) * 2).reshape(5, 7, 3)
    bits = (np.arange(4 * 13).reshape(4, 13) % 3 == 0).astype(np.uint8)
    text = lambda a: b"\n".join(b" ".join(str(v).encode() for v in row) for row in a.reshape(a.shape[0], -1))
    good("grey.pgm", b"P5\n# made by hand\n7 5\n255\n" + grey.tobytes(), grey[None, :, :, None])
    good("grey_plain.pgm", b"P2 7#width\n5 255\n" + text(grey), grey[None, :, :, None])
    good("deep.pgm", b"P5 7 5 4095\n" + deep[0].astype(">u2").tobytes(), deep[:1, :, :, None])
    images = b"".join(b"P5 7 5 4095\n" + image.astype(">u2").tobytes() for image in deep)
    good("images.pgm", images, deep[:, :, :, None])
    good("colour.ppm", b"P6 7 5 255 " + rgb.tobytes(), rgb[None])
    good("colour_plain.ppm", b"P3\n7 5\n255\n" + text(rgb) + b"\n", rgb[None])
    good("colour.pam", b"P7\nWIDTH 7\nHEIGHT 5\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n" + rgb.tobytes(), rgb[None])
    good("bits.pbm", b"P4\n13 4\n" + np.packbits(bits, axis=1).tobytes(), bits[None, :, :, None])
    good("bits_plain.pbm", b"P1\n13 4\n" + bytes(48 + v for v in bits.ravel()), bits[None, :, :, None])


def saved_text(array, **options):
    """What numpy.savetxt writes."""
    out = io.BytesIO()
    np.savetxt(out, array, **options)
    return out.getvalue()


def write_grids():
    """Matrices in text as programs write them; what they must be read as is NumPy's or pandas' own reading of them, or the
    array that was written."""
    import pandas

    own = np.random.default_rng(21)
    frame = lambda array, kind: np.asarray(array, kind)[None, ..., None]
    counts = own.integers(0, 4096, (6, 9))
    celsius = np.round(own.normal(31, 4, (7, 5)), 2)
    signed = own.integers(-200, 200, (5, 4))

    good("savetxt.txt", saved_text(celsius), frame(celsius, np.float64))
    good("savetxt_integers.txt", saved_text(counts % 256, fmt="%d", header="two lines\nof comment"), frame(counts % 256, np.uint8))
    good("tabs.asc", saved_text(counts, fmt="%d", delimiter="\t"), frame(counts, np.uint16))
    good("signed.csv", saved_text(signed, fmt="%i", delimiter=","), frame(signed, np.int16))
    good("wide.tsv", saved_text(counts * 1_000_000, fmt="%d", delimiter="\t"), frame(counts * 1_000_000, np.uint32))
    good("negative_wide.dat", saved_text(signed * 1000, fmt="%8d", delimiter=""), frame(signed * 1000, np.int32))
    good("large.csv", saved_text(counts + (1 << 40), fmt="%d", delimiter=","), frame(counts + (1 << 40), np.float64))

    table = pandas.DataFrame(celsius)
    good("german.csv", table.to_csv(sep=";", decimal=",", header=False, index=False).encode(), frame(celsius, np.float64))
    good("frame_with_index.csv", table.to_csv().encode(), frame(celsius, np.float64))
    named = pandas.DataFrame(celsius, columns=["a", "b", "c", "d", "e"]).rename_axis("row")
    good("frame_with_titles.csv", named.to_csv(sep=";").encode(), frame(celsius, np.float64))
    holes = celsius.copy()
    holes[1, 2] = holes[6, 4] = np.nan
    good("holes.csv", pandas.DataFrame(holes).to_csv(header=False, index=False).encode(), frame(holes, np.float64))
    good("holes_marked.txt", saved_text(holes, fmt="%.2f"), frame(np.genfromtxt(io.BytesIO(saved_text(holes, fmt="%.2f"))), np.float64))
    # Masked all around: empty cells at every edge, and lines of nothing else.
    ring = celsius.copy()
    ring[[0, -1]] = np.nan
    ring[:, [0, -1]] = np.nan
    good("holes_around.csv", pandas.DataFrame(ring).to_csv(header=False, index=False).encode(), frame(ring, np.float64))
    ends = celsius.copy()
    ends[0, 0], ends[3, 3] = np.inf, -np.inf
    good("infinite.txt", saved_text(ends, fmt="%g"), frame(ends, np.float64))
    quoted = pandas.DataFrame(celsius.astype(str)).to_csv(header=False, index=False, quoting=csv.QUOTE_ALL).encode()
    good("quoted.csv", quoted, frame(celsius, np.float64))

    camera = "File;Messung 4.irb\r\nEmissivität;0,95\r\nTemperatur in °C\r\n\r\n"
    body = "".join(";".join(f"{v:.2f}".replace(".", ",") for v in row) + ";\r\n" for row in celsius)
    good("camera_latin1.csv", (camera + body).encode("latin-1"), frame(celsius, np.float64))
    good("camera_utf16.txt", (camera + body).replace(";", "\t").encode("utf-16"), frame(celsius, np.float64))
    good("camera_utf16_be.txt", b"\xfe\xff" + (camera + body).encode("utf-16-be"), frame(celsius, np.float64))
    good("mark.csv", b"\xef\xbb\xbf" + (camera + body).encode(), frame(celsius, np.float64))
    good("old_mac.txt", "".join("\t".join(map(str, row)) + "\r" for row in signed).encode(), frame(signed, np.int16))

    fortran = "".join("".join(f"{v:14.6E}".replace("E", "D") for v in row) + "\n" for row in celsius)
    good("fortran.dat", fortran.encode(), frame(np.genfromtxt(io.StringIO(fortran.replace("D", "E"))), np.float64))
    origin = "y\\x\t0\t0.5\t1\t1.5\t2\n" + "".join(f"{0.25 * y:g}\t" + "\t".join(map(str, row)) + "\n" for y, row in enumerate(celsius))
    good("coordinates.txt", origin.encode(), frame(celsius, np.float64))
    # A column that counts is one of numbers where no title says otherwise.
    counted = np.column_stack([np.arange(12), own.integers(0, 256, (12, 5))])
    good("counted.csv", pandas.DataFrame(counted).to_csv(header=False, index=False).encode(), frame(counted, np.uint8))
    good("counted_short.txt", b"0 7 9\n1 8 7\n2 6 6\n", frame([[0, 7, 9], [1, 8, 7], [2, 6, 6]], np.uint8))
    good("ramp.txt", saved_text(np.add.outer(np.arange(9), np.arange(6)), fmt="%d"), frame(np.add.outer(np.arange(9), np.arange(6)), np.uint8))

    head = "ncols         9\nnrows         6\nxllcorner     500000.0\nyllcorner     4200000.0\ncellsize      30.0\nNODATA_value  -9999\n"
    heights = np.where(counts % 7 == 0, -9999, counts)
    good("esri.asc", (head + "\n".join(" ".join(map(str, row)) for row in heights) + "\n").encode(),
         frame(np.where(heights == -9999, np.nan, heights), np.float64))
    good("row.txt", b"1 2 3 4\n", frame([[1, 2, 3, 4]], np.uint8))
    good("column.txt", b"1.5\n2.5\n3.5\n", frame([[1.5], [2.5], [3.5]], np.float64))
    bad_grids_alone()


def bad_grids_alone():
    """Adds those of write_bad_grids to the reasons."""
    with open(BAD / "reasons.csv", newline="") as file:
        rows = list(csv.reader(file))

    def bad(name, data, word):
        (BAD / name).write_bytes(data)
        rows[:] = [row for row in rows if row[0] != name]
        rows.append([name, word])

    write_bad_grids(bad)
    with open(BAD / "reasons.csv", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def write_bad_grids(bad):
    bad("empty.txt", b"", "the file is empty")
    bad("blank.csv", b"# nothing\n\n\n", "only comments")
    bad("words.txt", b"some words\nand more of them\n", "line 1 is 'some words'")
    bad("binary.dat", np.arange(64, dtype="<u2").tobytes(), "--raw 640x480:u16le")
    bad("ragged.txt", b"1 2 3\n4 5 6\n7 8\n9 10 11\n", "line 3 has 2 cells")
    bad("longer.csv", b"1,2,3\n4,5,6,7\n7,8,9\n", "line 2 has 4 cells")
    bad("cut.csv", b"1;2;3\n4;5;6\n7;8", "it breaks off: line 3")
    bad("cut_cell.csv", b"1;2;3\n4;5;6\n7;8;", "breaks off")
    bad("word.txt", b"1 2 3\n4 x 6\n7 8 9\n", "line 2, cell 2: 'x' found")
    bad("thousands.csv", b"1,5;2,5\n1.234,5;3\n", "marks of thousands")
    # A spreadsheet's thousands.
    bad("thousands_quoted.csv", b'"1,234","567"\n"12,345","890"\n', "line 1: its comma may be a decimal mark or a mark of thousands")
    bad("two_marks.txt", b"1.5\t2\n3,5\t4\n", "line 2: a decimal comma found")
    bad("two_commas.csv", b"1,5, 2,5\n3,5, 4,5\n", "decimal commas")
    bad("inexact.csv", b"1,2\n3,9007199254740993\n", "line 2, cell 2")
    bad("rows.asc", b"ncols 2\nnrows 3\ncellsize 1\n1 2\n3 4\n", "nrows 3")
    bad("footer.txt", b"1 2\n3 4\nmean 2.5\n", "line 3, cell 1: 'mean'")


def write_bad():
    reasons = []

    def bad(name, data, word):
        (BAD / name).write_bytes(data)
        reasons.append((name, word))

    fine = png(codes(40, 40, 1, 8), 0, 8)
    bad("empty.png", b"", "empty")
    bad("cut.png", fine[: len(fine) // 2], "cut short")
    bad("cut_header.png", fine[:20], "cut short")
    bad("text.png", b"hello, this is text", "not a PNG file: it begins with 68 65")
    damaged = bytearray(fine)
    damaged[len(fine) // 2] ^= 1
    bad("checksum.png", bytes(damaged), "Checksum")
    damaged = bytearray(png(codes(9, 9, 1, 8), 0, 8, [chunk(b"tRNS", b"\0\7")]))
    damaged[42] ^= 1
    bad("chunk_checksum.png", bytes(damaged), "CRC")
    huge = struct.pack(">IIBBBBB", (1 << 31) - 1, (1 << 31) - 1, 8, 0, 0, 0, 0)
    bad("huge.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", huge) + fine[33:], "cannot hold")
    over = struct.pack(">IIBBBBB", 1 << 31, 1 << 31, 8, 0, 0, 0, 0)
    bad("over.png", b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", over) + fine[33:], "")
    plte = chunk(b"PLTE", bytes([0, 0, 0, 255, 0, 0]))
    bad("index.png", png(codes(9, 9, 1, 8) | 2, 3, 8, [plte]), "palette has 2 colours")
    bad("no_palette.png", png(codes(9, 9, 1, 8), 3, 8), "")
    out = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(out, "JPEG")
    noise = io.BytesIO()
    Image.fromarray(random((64, 64), np.uint8)).save(noise, "JPEG")
    bad("cut.jpg", noise.getvalue()[:-40], "cut short")
    bad("empty.jpg", b"", "empty")
    write_bad_jpeg(bad)
    bmp = io.BytesIO()
    Image.fromarray(random((9, 9), np.uint8)).save(bmp, "BMP")
    bad("cut.bmp", bmp.getvalue()[:-10], "cut short")
    bad("huge.bmp", bmp.getvalue()[:18] + struct.pack("<ii", 1 << 30, 1 << 30) + bmp.getvalue()[26:], "limit")

    bad("cut.pgm", b"P5 7 5 255\n" + bytes(34), "cut short")
    bad("cut_header.pgm", b"P5 7 5", "cut short")
    bad("empty.pbm", b"", "empty")
    bad("huge.ppm", b"P6 4000000000 4000000000 255\n" + bytes(100), "limit")
    bad("lying.ppm", b"P3 20000 20000 255\n" + b"1 " * 50, "cut short")
    bad("none.pgm", b"P5 0 5 255\n", "no pixels")
    bad("letters.pgm", b"P5 seven 5 255\n" + bytes(35), "'seven'")
    bad("deep.pgm", b"P5 7 5 65536\n" + bytes(70), "65535")
    bad("kind.ppm", b"P9 7 5 255\n" + bytes(105), "begins with")
    bad("really_png.pgm", b"\x89PNG\r\n\x1a\n" + bytes(20), "")
    bad("alpha.pam", b"P7\nWIDTH 7\nHEIGHT 5\nDEPTH 4\nMAXVAL 255\nENDHDR\n" + bytes(140), "alpha")
    bad("twice.pam", b"P7\nWIDTH 7\nWIDTH 5\nDEPTH 1\nMAXVAL 255\nENDHDR\n" + bytes(140), "twice")
    bad("open.pam", b"P7\nWIDTH 7\nHEIGHT 5\n", "ENDHDR")

    array = npy(np.arange(60, dtype="<u2").reshape(3, 4, 5))
    bad("cut.npy", array[:-100], "cut short")
    bad("cut_header.npy", array[:40], "header")
    bad("objects.npy", header_npy("|O", "(3, 4)"), "objects")
    bad("negative.npy", header_npy("<u2", "(3, -4)") + bytes(100), "negative")
    bad("lying.npy", header_npy("<u2", "(1000000000, 512, 512)") + bytes(100), "cut short")
    bad("overflow.npy", header_npy("<f8", "(4294967296, 4294967296, 4294967296)"), "larger than any file")
    bad("zero.npy", header_npy("<f8", "(0, 5, 5)"), "no frames")
    bad("flat.npy", header_npy("<f8", "(5,)") + bytes(40), "1 axes")
    bad("deep.npy", header_npy("<f8", "(1, 1, 1, 1, 1)") + bytes(8), "5 axes")
    bad("structured.npy", header_npy("[('a', '<f4')]", "(3, 4)", quote=""), "structured")
    bad("text.npy", header_npy("<U8", "(3, 4)") + bytes(500), "text")
    bad("complex.npy", npy(np.ones((3, 4), np.complex64)), "--complex")
    bad("inexact.npy", npy(np.array([[0, (1 << 53) + 1]], np.int64)), "9007199254740993")

    a = random((20, 20), np.uint16)
    page = tiff(a, photometric="minisblack")
    bad("cut.tif", page[:-100], "")
    bad("empty.tif", b"", "empty")
    bad("loop.tif", b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 254, 4, 1, 0) + struct.pack("<I", 8), "")
    no_map = tiff(random((9, 9), np.uint8), photometric="palette", colormap=np.zeros((3, 256), np.uint16))
    bad("palette.tif", no_map.replace(struct.pack("<HH", 320, 3), struct.pack("<HH", 32000, 3)), "palette is missing")
    short = tiff(random((9, 9), np.uint8), photometric="palette", colormap=np.arange(768, dtype=np.uint16).reshape(3, 256))
    bad("palette_index.tif", short.replace(struct.pack("<HHI", 320, 3, 768), struct.pack("<HHI", 320, 3, 9)), "palette index")
    bad("int64.tif", tiff(np.full((9, 9), (1 << 53) + 1), photometric="minisblack"), "9007199254740993")
    bad("complex.tif", tiff(np.ones((9, 9), np.complex64), photometric="minisblack"), "complex")
    smooth = np.add.outer(np.arange(40), np.arange(37)).astype(np.uint8)
    lzw = tiff(smooth, photometric="minisblack", compression="lzw")
    bad("cut_lzw.tif", lzw[:-60], "cut short")
    packed = struct.pack("<HHI", 317, 3, 1)
    data = tiff(smooth, photometric="minisblack", compression="zlib", predictor=True)
    bad("predictor.tif", data.replace(packed + struct.pack("<I", 2), packed + struct.pack("<I", 3)), "predictor 3")
    at = page.index(struct.pack("<HHI", 273, 4, 1)) + 8
    bad("in_directory.tif", page[:at] + struct.pack("<I", 12) + page[at + 4 :], "where a directory stands")

    write_bad_pictures(bad)
    write_bad_archives(bad)
    write_bad_bmp(bad)

    with open(BAD / "reasons.csv", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(reasons)


def three_scan_jpeg():
    """A sequential 8 x 8 image of one colour, each component in a scan of its own."""

    def segment(marker, body):
        return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body

    tables = segment(0xDB, bytes([0]) + bytes([1] * 64))
    frame = segment(0xC0, struct.pack(">BHHB", 8, 8, 8, 3) + b"".join(bytes([i, 0x11, 0]) for i in (1, 2, 3)))
    # Differences of 0 bits as code 0 and of 7 bits as code 10; end of block as code 0.
    codes = segment(0xC4, bytes([0x00, 1, 1] + [0] * 14 + [0, 7])) + segment(0xC4, bytes([0x10, 1] + [0] * 15 + [0]))
    scans = b"".join(
        segment(0xDA, bytes([1, i, 0, 0, 63, 0])) + int(f"10{level:07b}0111111", 2).to_bytes(2, "big")
        for i, level in ((1, 0b1000000), (2, 0b1100000), (3, 0b1010101))
    )
    return b"\xff\xd8" + tables + frame + codes + scans + b"\xff\xd9"


def header_npy(descr, shape, quote="'"):
    text = f"{{'descr': {quote}{descr}{quote}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text


def npz(compressed, **arrays):
    out = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(out, **arrays)
    return out.getvalue()


def write_archives():
    """Archives of arrays, by NumPy; the largest with two axes or more is expected."""
    frames = np.arange(5 * 6 * 7).reshape(5, 6, 7)
    others = {"t": np.linspace(0, 1, 200), "names": np.array(["a", "b"]), "small": frames[:1, :2].astype("u1")}
    good("stored.npz", npz(False, frames=frames.astype("<u2"), **others), frames.astype("<u2")[..., None])
    good("deflated.npz", npz(True, **others, frames=frames.astype("<f4") / 3), (frames.astype("<f4") / 3)[..., None])
    # int64 is what NumPy makes of numbers without a type.
    good("deflated_wide.npz", npz(True, frames=frames - 9), (frames - 9).astype("<i2")[..., None])
    good("stored_wide.npz", npz(False, frames=frames), frames.astype("|u1")[..., None])
    fortran = np.asfortranarray(frames.astype(">f8"))
    good("deflated_fortran.npz", npz(True, frames=fortran), frames.astype("<f8")[..., None])
    good("stored_fortran.npz", npz(False, frames=fortran), frames.astype("<f8")[..., None])


def write_bad_archives(bad):
    frames = np.arange(5 * 6 * 7, dtype="<u2").reshape(5, 6, 7)
    bad("words.npz", b"no archive at all, only words", "not a readable ZIP archive")
    bad("no_picture.npz", npz(True, t=frames[0, 0], s=np.array("a")), "no array of two axes or more")
    bad("empty.npz", npz(True), "no array of two axes or more is in the archive; it holds nothing")
    damaged = bytearray(npz(False, frames=frames))
    at = damaged.index(b"NUMPY") + 200
    damaged[at] ^= 1
    bad("checksum.npz", bytes(damaged), "checksum in the archive does not match")
    bzip = io.BytesIO()
    with zipfile.ZipFile(bzip, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("frames.npy", npy(frames))
    bad("bzip2.npz", bzip.getvalue(), "no array of two axes or more")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        globals()[sys.argv[1]]()
        sys.exit()
    shutil.rmtree(ROOT, ignore_errors=True)
    GOOD.mkdir(parents=True)
    BAD.mkdir()
    write_png()
    write_npy()
    write_tiff()
    write_unusual_tiff()
    write_jpeg_and_bmp()
    write_pnm()
    write_animations()
    write_pictures()
    write_archives()
    write_bmp()
    write_facts()
    write_bad()
    write_tiff_kinds()
    write_grids()
