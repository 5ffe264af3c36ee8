"""Random crops of scenes for the autoencoder: pictures, a quarter of them with their hole grey. Knows no network."""
import numpy as np
import torch

from scenes import scenes

SIDE, CROP, BATCH = 256, 128, 16
RING, FIRST_FILL = 3000, 400


class Crops:
    """A ring of pictures that new ones replace, and random crops of it."""

    def __init__(self, first_seed: int, taken: int, random: np.random.Generator):
        """`taken`: how many more a run that is resumed had taken; the ring then holds the same again."""
        until = FIRST_FILL + taken
        held = min(RING, until)
        self.stream = scenes(first_seed + until - held, 1_000_000, SIDE)
        self.pictures: list[tuple[np.ndarray, np.ndarray]] = []
        self.next = 0
        self.random = random
        self.take(held)

    def take(self, count: int) -> None:
        for _ in range(count):
            scene = next(self.stream)
            if len(self.pictures) < RING:
                self.pictures.append((scene.rgb, scene.mask))
            else:
                self.pictures[self.next % RING] = (scene.rgb, scene.mask)
            self.next += 1

    def batch(self) -> torch.Tensor:
        out = np.empty((BATCH, CROP, CROP, 3), np.float32)
        for i in range(BATCH):
            rgb, mask = self.pictures[self.random.integers(len(self.pictures))]
            y, x = self.random.integers(0, SIDE - CROP + 1, 2)
            crop = rgb[y : y + CROP, x : x + CROP].astype(np.float32) / 127.5 - 1
            if self.random.random() < 0.25:
                crop = crop * (mask[y : y + CROP, x : x + CROP, None] == 0)
            out[i] = crop[:, ::-1] if self.random.random() < 0.5 else crop
        return torch.from_numpy(out).permute(0, 3, 1, 2)
