"""
Trains the autoencoder on crops of scenes, a quarter of them with their hole grey, as the masked image is encoded.
Loss: L1 of pixels, of their colour (differences of channels) and of their gradients on three scales, a small KL
term (Rombach et al. 2022, section 3.1).
Usage: python train_autoencoder.py <run folder> --steps N
"""
import argparse
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch.nn import functional as F

from networks import autoencoder
from run import Ema, Run, cosine
from scenes import scenes

SIDE, CROP, BATCH = 256, 128, 16
RING, FIRST_FILL, NEW_PER_STEP = 3000, 400, 2
PEAK_RATE = 1.2e-3
KL_WEIGHT = 1e-3


def gradients(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def detail_loss(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    total = made.new_zeros(())
    for _ in range(3):
        for a, b in zip(gradients(made), gradients(wanted)):
            total = total + (a - b).abs().mean()
        made, wanted = F.avg_pool2d(made, 2), F.avg_pool2d(wanted, 2)
    return total


def opponents(x: torch.Tensor) -> torch.Tensor:
    """Red against green, both against blue: what L1 of the channels alone is slow to tell apart."""
    red, green, blue = x.unbind(1)
    return torch.stack([red - green, 0.5 * (red + green) - blue], 1)


class Crops:
    """A ring of pictures that new ones replace, and random crops of it."""

    def __init__(self, first_seed: int, seed: int):
        self.stream = scenes(first_seed, 1_000_000, SIDE)
        self.pictures: list[tuple[np.ndarray, np.ndarray]] = []
        self.next = 0
        self.random = np.random.default_rng(seed)
        self.take(FIRST_FILL)

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


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("--steps", type=int, required=True)
    chosen = options.parse_args()
    torch.manual_seed(1)
    model = autoencoder().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.99), weight_decay=1e-3)
    ema = Ema(model, 0.998)
    run = Run(chosen.folder, {"model": model, "optimizer": optimizer, "ema": ema}, save_every=200)
    crops = Crops(first_seed=10_000_000 + run.step * NEW_PER_STEP, seed=run.step)

    @torch.compile
    def losses(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        with torch.autocast("cpu", torch.bfloat16):
            moments = model.quant_conv(model.encoder(x))
            mean, logvar = moments.float().chunk(2, dim=1)
            logvar = logvar.clamp(-30, 20)
            z = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
            made = model.decoder(model.post_quant_conv(z)).float()
        kl = 0.5 * (mean * mean + logvar.exp() - 1 - logvar).mean()
        colour = (opponents(made) - opponents(x)).abs().mean()
        return (made - x).abs().mean(), colour, detail_loss(made, x), kl

    while run.step < chosen.steps:
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * cosine(run.step, chosen.steps, 100, 0.03)
        pixels, colour, detail, kl = losses(crops.batch().contiguous(memory_format=torch.channels_last))
        optimizer.zero_grad(set_to_none=True)
        (2 * pixels + 2 * colour + detail + KL_WEIGHT * kl).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        ema.update(run.step)
        crops.take(NEW_PER_STEP)
        run.after_step(pixels=pixels.item(), colour=colour.item(), detail=detail.item(), kl=kl.item())
    run.save()
    ema.copy_to(model)
    export(model, crops, chosen.folder / "vae")


@torch.no_grad()
def export(model: AutoencoderKL, crops: Crops, folder: Path) -> None:
    """The scaling factor makes the latents' standard deviation one, as Stable Diffusion's does."""
    latents = torch.cat([model.encode(crops.batch()).latent_dist.mean for _ in range(16)])
    model.register_to_config(scaling_factor=round(1 / latents.std().item(), 5))
    model.save_pretrained(folder)


if __name__ == "__main__":
    main()
