"""Small image files of many kinds, and the pixels Pillow's `convert("RGB")` makes of each.

Pillow is what the reference opens images with, so its pixels are what the server's decoder must give.
PNG kinds that Pillow cannot write (16 bits a channel, colour keys, Adam7) are written here byte by byte.
"""

import base64
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from .paths import DOG_IMAGE

SEED = 20
WIDTH, HEIGHT = 9, 7

# PNG colour types (PNG specification, section 11.2.1), and the channels of each.
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def scanlines(samples: np.ndarray, depth: int) -> bytes:
    """Unfiltered PNG scanlines of `[h, w, channels]` samples."""
    out = bytearray()
    for row in samples.reshape(samples.shape[0], -1):
        out.append(0)
        if depth == 16:
            out += row.astype(">u2").tobytes()
        elif depth == 8:
            out += row.astype(np.uint8).tobytes()
        else:
            bits = "".join(format(int(v), f"0{depth}b") for v in row)
            bits += "0" * (-len(bits) % 8)
            out += int(bits, 2).to_bytes(len(bits) // 8, "big")
    return bytes(out)


def png(samples: np.ndarray, colour: int, depth: int, extra: bytes = b"", interlaced: bool = False) -> bytes:
    height, width = samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    if interlaced:
        passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7]
        pixels = b"".join(scanlines(part, depth) for part in passes if part.size)
    else:
        pixels = scanlines(samples, depth)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def linear_profile() -> bytes:
    """An ICC profile whose colours differ visibly from sRGB's."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes())
    profile[24:36] = bytes(12)  # the time of creation
    return bytes(profile)


def files() -> dict[str, bytes]:
    rng = np.random.default_rng(SEED)

    def draw(channels: int, depth: int) -> np.ndarray:
        return rng.integers(0, 2**depth, (HEIGHT, WIDTH, channels))

    palette = chunk(b"PLTE", rng.integers(0, 256, 48, dtype=np.uint8).tobytes())
    palette_alpha = palette + chunk(b"tRNS", bytes([0, 128, 255, 7]))
    colour_key = draw(3, 8)
    photo = Image.open(DOG_IMAGE).convert("RGB").crop((240, 330, 265, 349))
    alpha = photo.getchannel("G")
    rgba = photo.copy()
    rgba.putalpha(alpha)
    turned = Image.Exif()
    turned[0x0112] = 6
    return {
        "rgb8.png": png(draw(3, 8), RGB, 8),
        "rgb8-adam7.png": png(draw(3, 8), RGB, 8, interlaced=True),
        "rgb8-colour-key.png": png(
            colour_key, RGB, 8, chunk(b"tRNS", struct.pack(">HHH", *(int(v) for v in colour_key[0, 0])))
        ),
        "rgb8-gamma.png": png(draw(3, 8), RGB, 8, chunk(b"gAMA", struct.pack(">I", 100_000))),
        "rgb16.png": png(draw(3, 16), RGB, 16),
        "rgba8.png": png(draw(4, 8), RGB_ALPHA, 8),
        "rgba16.png": png(draw(4, 16), RGB_ALPHA, 16),
        "l1.png": png(draw(1, 1), GREY, 1),
        "l2.png": png(draw(1, 2), GREY, 2),
        "l4.png": png(draw(1, 4), GREY, 4),
        "l8.png": png(draw(1, 8), GREY, 8),
        "l8-colour-key.png": png(draw(1, 8), GREY, 8, chunk(b"tRNS", struct.pack(">H", 7))),
        "l16.png": png(draw(1, 16), GREY, 16),
        "la8.png": png(draw(2, 8), GREY_ALPHA, 8),
        "la16.png": png(draw(2, 16), GREY_ALPHA, 16),
        "p1.png": png(draw(1, 1), PALETTE, 1, palette),
        "p2.png": png(draw(1, 2), PALETTE, 2, palette),
        "p4.png": png(draw(1, 4), PALETTE, 4, palette),
        "p8.png": png(draw(1, 4), PALETTE, 8, palette),
        "p8-alpha.png": png(draw(1, 4), PALETTE, 8, palette_alpha),
        "photo.png": saved(photo, "PNG"),
        "photo-rgba.png": saved(rgba, "PNG"),
        "photo-icc.png": saved(photo, "PNG", icc_profile=linear_profile()),
        "photo.jpg": saved(photo, "JPEG", quality=90),
        "photo-444.jpg": saved(photo, "JPEG", quality=95, subsampling=0),
        "photo-progressive.jpg": saved(photo, "JPEG", quality=80, progressive=True),
        "photo-turned.jpg": saved(photo, "JPEG", quality=90, exif=turned),
        "photo-icc.jpg": saved(photo, "JPEG", quality=90, icc_profile=linear_profile()),
        "photo-l.jpg": saved(photo.convert("L"), "JPEG", quality=90),
        "photo-cmyk.jpg": saved(photo.convert("CMYK"), "JPEG", quality=90),
        "photo.webp": saved(photo, "WEBP", quality=85),
        "photo-lossless.webp": saved(photo, "WEBP", lossless=True),
        "photo-rgba.webp": saved(rgba, "WEBP", lossless=True, exact=True),
        "photo.gif": saved(photo.quantize(64), "GIF"),
        "photo-frames.gif": saved(
            photo.quantize(64), "GIF", save_all=True, append_images=[photo.rotate(180).quantize(64)], duration=100
        ),
        "photo.tiff": saved(photo, "TIFF", compression="tiff_lzw"),
        "photo-l.tiff": saved(photo.convert("L"), "TIFF"),
    }


def decoded(image: Image.Image) -> Image.Image:
    """RGB pixels. Pillow clips 16-bit grey at 255, which whitens the picture; as with LA16, its high byte is meant."""
    if image.mode == "I;16":
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    return image.convert("RGB")


def make(out: Path) -> None:
    """Write the files and `expected.json`: width, height and base64 RGB of each."""
    out.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, data in files().items():
        (out / name).write_bytes(data)
        with Image.open(io.BytesIO(data)) as image:
            rgb = decoded(image)
            expected[name] = {
                "mode": image.mode,
                "width": rgb.width,
                "height": rgb.height,
                "rgb": base64.b64encode(rgb.tobytes()).decode("ascii"),
            }
    (out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")

