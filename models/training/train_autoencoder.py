"""
Trains the autoencoder on crops of scenes, a quarter of them with their hole grey, as the masked image is encoded.
Loss: L1 of pixels, of colour (differences of channels) and of gradients on three scales each, of the contrast of fine
bands, a small KL term (Rombach et al. 2022, section 3.1), and how far latents and the decoder's blocks are from telling
the mean colour of their place.
Usage: python train_autoencoder.py <run folder> --steps N
"""
import argparse
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL

from crops import Crops
from networks import autoencoder
from picture_losses import colour_loss, contrast_loss, detail_loss
from run import Ema, Run, cosine, load_averaged
from told_colour import decoded, told_colour_loss

FIRST_SEED, NEW_PER_STEP = 10_000_000, 2
PEAK_RATE = 1.2e-3
KL_WEIGHT = 1e-3


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("--steps", type=int, required=True)
    chosen = options.parse_args()
    torch.manual_seed(1)
    model = autoencoder().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=PEAK_RATE, betas=(0.9, 0.99), weight_decay=1e-3)
    ema = Ema(model, 0.998)
    random = np.random.default_rng(1)
    run = Run(chosen.folder, {"model": model, "optimizer": optimizer, "ema": ema, "random": random})
    exported = chosen.folder / "vae"
    if exported.exists():
        print(f"{exported} is there: what it encodes, others have been trained on")
        return
    crops = Crops(FIRST_SEED, run.step * NEW_PER_STEP, random)

    @torch.compile
    def losses(x: torch.Tensor) -> tuple[torch.Tensor | list[torch.Tensor], ...]:
        with torch.autocast("cpu", torch.bfloat16):
            moments = model.quant_conv(model.encoder(x))
            mean, logvar = moments.float().chunk(2, dim=1)
            logvar = logvar.clamp(-30, 20)
            z = mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)
            made, blocks = decoded(model.decoder, model.post_quant_conv(z))
        kl = 0.5 * (mean * mean + logvar.exp() - 1 - logvar).mean()
        pixels = (made - x).abs().mean()
        return pixels, colour_loss(made, x), detail_loss(made, x), contrast_loss(made, x), kl, [z, *blocks]

    while run.step < chosen.steps:
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * cosine(run.step, chosen.steps, 100, 0.03)
        real = crops.batch().contiguous(memory_format=torch.channels_last)
        pixels, colour, detail, contrast, kl, features = losses(real)
        told = sum(told_colour_loss(part, real) for part in features)
        optimizer.zero_grad(set_to_none=True)
        (2 * pixels + 2 * colour + detail + 2 * contrast + 2 * told + KL_WEIGHT * kl).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        ema.update(run.step)
        crops.take(NEW_PER_STEP)
        run.after_step(
            pixels=pixels.item(),
            colour=colour.item(),
            detail=detail.item(),
            contrast=contrast.item(),
            told=told.item(),
            kl=kl.item(),
        )
    run.save()
    load_averaged(model, chosen.folder)
    model.register_to_config(scaling_factor=measured_scale(model, crops))
    model.save_pretrained(exported)


@torch.no_grad()
def measured_scale(model: AutoencoderKL, crops: Crops) -> float:
    """Makes the latents' standard deviation one, as Stable Diffusion's scaling factor does."""
    latents = torch.cat([model.encode(crops.batch()).latent_dist.mean for _ in range(16)])
    return round(1 / latents.std().item(), 5)


if __name__ == "__main__":
    main()
