"""Small image files with an EXIF orientation, and the pixels of Pillow's `ImageOps.exif_transpose`."""

import base64
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SEED = 21
WIDTH, HEIGHT = 5, 3
ORIENTATION_TAG = 0x0112
# 0 and 9 are not orientations: an image that says so stays as it is.
ORIENTATIONS = range(10)
FORMATS = {"PNG": {}, "JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}, "TIFF": {}}


def saved(image: Image.Image, kind: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    buffer = io.BytesIO()
    image.save(buffer, kind, exif=exif, **FORMATS[kind])
    return buffer.getvalue()


def make(folder: Path) -> None:
    pixels = np.random.default_rng(SEED).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    image = Image.fromarray(pixels, "RGB")
    wanted = [("PNG", orientation) for orientation in ORIENTATIONS] + [("JPEG", 6), ("WEBP", 6), ("TIFF", 6)]
    cases = []
    for kind, orientation in wanted:
        file = saved(image, kind, orientation)
        turned = ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGB")
        cases.append(
            {
                "format": kind,
                "orientation": orientation,
                "file": base64.b64encode(file).decode(),
                "width": turned.width,
                "height": turned.height,
                "rgb": base64.b64encode(turned.tobytes()).decode(),
            }
        )
    (folder / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
