"""
Scenes as the denoiser sees them: latents of the picture and of the masked picture, the mask at latent size, the
prompt's tokens. Encoded once, kept in files of a thousand, drawn many times.
"""
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from transformers import CLIPTokenizer

from scenes import Scene, scenes

FILE_SIZE, AT_ONCE = 1000, 8


class LatentStore:
    def __init__(self, folder: Path, side: int, first_seed: int, vae: AutoencoderKL, tokenizer: CLIPTokenizer):
        self.folder = folder / f"{side}"
        self.side = side
        self.tokenizer = tokenizer
        self.scale = vae.config.scaling_factor
        self.folder.mkdir(parents=True, exist_ok=True)
        self.parts: dict[str, list[np.ndarray]] = {"picture": [], "masked": [], "mask": [], "tokens": []}
        files = sorted(self.folder.glob("*.npz"))
        for file in files:
            with np.load(file) as saved:
                for name, part in self.parts.items():
                    part.extend(saved[name])
        self.written = len(self)
        self.stream = scenes(first_seed + len(self), 1_000_000, side)
        vae = vae.eval().requires_grad_(False).to(memory_format=torch.channels_last)

        @torch.compile
        def encode(pictures: torch.Tensor) -> torch.Tensor:
            with torch.autocast("cpu", torch.bfloat16):
                return vae.quant_conv(vae.encoder(pictures))

        self.encode = encode

    def __len__(self) -> int:
        return len(self.parts["tokens"])

    def take(self, groups: int) -> None:
        """Encodes `groups` × AT_ONCE new scenes."""
        for _ in range(groups):
            new = [next(self.stream) for _ in range(AT_ONCE)]
            self._encode(new)
        while len(self) - self.written >= FILE_SIZE:
            until = self.written + FILE_SIZE
            parts = {name: np.stack(part[self.written : until]) for name, part in self.parts.items()}
            unfinished = self.folder / "unfinished"
            with unfinished.open("wb") as file:
                np.savez(file, **parts)
            unfinished.replace(self.folder / f"{self.written:08d}.npz")
            self.written = until

    @torch.no_grad()
    def _encode(self, new: list[Scene]) -> None:
        holes = np.stack([scene.mask for scene in new]) >= 128
        pictures = np.stack([scene.rgb for scene in new]).astype(np.float32) / 127.5 - 1
        both = np.concatenate([pictures, pictures * ~holes[..., None]])
        moments = self.encode(torch.from_numpy(both).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last))
        mean, logvar = moments.float().chunk(2, dim=1)
        latents = ((mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)) * self.scale).half().numpy()
        self.parts["picture"].extend(latents[: len(new)])
        self.parts["masked"].extend(latents[len(new) :])
        # nearest, as the pipeline shrinks its mask
        self.parts["mask"].extend(holes[:, ::8, ::8])
        self.parts["tokens"].extend(self.tokens([scene.caption for scene in new]))

    def tokens(self, captions: list[str]) -> np.ndarray:
        ids = self.tokenizer(captions, padding="max_length", truncation=True, max_length=77).input_ids
        return np.asarray(ids, np.int16)

    def batch(self, size: int, random: np.random.Generator) -> tuple[torch.Tensor, ...]:
        """Latents B × 4 × h × w of picture and masked picture, mask B × 1 × h × w, tokens B × 77."""
        chosen = random.integers(len(self), size=size)
        picture, masked = (
            torch.from_numpy(np.stack([self.parts[name][i] for i in chosen]).astype(np.float32))
            for name in ("picture", "masked")
        )
        mask = torch.from_numpy(np.stack([self.parts["mask"][i] for i in chosen]).astype(np.float32))[:, None]
        tokens = torch.from_numpy(np.stack([self.parts["tokens"][i] for i in chosen]).astype(np.int64))
        return picture, masked, mask, tokens
