"""Scenes from the generator (models/scenes, built by `npm run build`), as NumPy arrays. Knows no network."""
import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
WRITER = Path(os.environ.get("SCENE_WRITER", ROOT / "dist/models/scenes/write-scenes.js"))


@dataclass(frozen=True)
class Scene:
    caption: str
    rgb: np.ndarray  # side × side × 3, uint8
    mask: np.ndarray  # side × side, uint8; 255 in the hole


def scenes(first_seed: int, count: int, side: int) -> Iterator[Scene]:
    """`count` scenes from consecutive seeds, drawn by a process of its own while the caller works."""
    writer = subprocess.Popen(["node", str(WRITER), str(first_seed), str(count), str(side)], stdout=subprocess.PIPE)
    try:
        for _ in range(count):
            (length,) = struct.unpack("<I", _exactly(writer, 4))
            caption = _exactly(writer, length).decode()
            rgb = np.frombuffer(_exactly(writer, side * side * 3), np.uint8).reshape(side, side, 3)
            mask = np.frombuffer(_exactly(writer, side * side), np.uint8).reshape(side, side)
            yield Scene(caption, rgb, mask)
    finally:
        writer.kill()
        writer.wait()


def _exactly(writer: subprocess.Popen, size: int) -> bytes:
    data = writer.stdout.read(size)
    if len(data) != size:
        raise EOFError(f"the scene writer ended early: {len(data)} of {size} bytes")
    return data
