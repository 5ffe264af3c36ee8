"""
Trains the decoder alone for texture: the encoder, and with it every latent the denoiser knows, stays as it is.
Loss: that of train_autoencoder.py, a patch discriminator's (Isola et al. 2017, hinge as in Esser et al. 2021) and the
distance of its features (Wang et al. 2018). Latents get some noise, as those of a denoiser have.
Usage: python train_decoder.py <run folder> --vae <folder of train_autoencoder.py> --steps N
"""
import argparse
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from crops import Crops
from picture_losses import colour_loss, detail_loss
from run import Ema, Run, cosine, load_averaged

FIRST_SEED, NEW_PER_STEP = 70_000_000, 2
PEAK_RATE = 3e-4
ALONE_STEPS = 100  # of the discriminator, before the decoder heeds it
MOST_NOISE = 0.12  # of the latents' standard deviation
ADVERSARIAL_WEIGHT, FEATURE_WEIGHT = 0.08, 1.0


class Discriminator(nn.Module):
    """Says of each patch of about 40 pixels whether it is of a real picture."""

    def __init__(self):
        super().__init__()
        widths = [3, 32, 64, 128]
        self.stages = nn.ModuleList(
            spectral_norm(nn.Conv2d(a, b, 4, stride=2, padding=1)) for a, b in zip(widths, widths[1:])
        )
        self.verdict = spectral_norm(nn.Conv2d(widths[-1], 1, 3, padding=1))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        features = []
        for stage in self.stages:
            x = F.leaky_relu(stage(x), 0.2)
            features.append(x)
        return self.verdict(x), features


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("--vae", type=Path, required=True)
    options.add_argument("--steps", type=int, required=True)
    chosen = options.parse_args()
    torch.manual_seed(3)
    vae = AutoencoderKL.from_pretrained(chosen.vae).to(memory_format=torch.channels_last)
    scale = vae.config.scaling_factor
    decoder = nn.ModuleDict({"decoder": vae.decoder, "post_quant_conv": vae.post_quant_conv})
    vae.encoder.requires_grad_(False)
    vae.quant_conv.requires_grad_(False)
    judge = Discriminator().to(memory_format=torch.channels_last)
    paint = torch.optim.AdamW(decoder.parameters(), lr=PEAK_RATE, betas=(0.5, 0.99), weight_decay=0)
    doubt = torch.optim.AdamW(judge.parameters(), lr=PEAK_RATE, betas=(0.5, 0.99), weight_decay=0)
    ema = Ema(decoder, 0.998)
    random = np.random.default_rng(3)
    state = {"decoder": decoder, "judge": judge, "paint": paint, "doubt": doubt, "ema": ema, "random": random}
    run = Run(chosen.folder, state)
    crops = Crops(FIRST_SEED, run.step * NEW_PER_STEP, random)

    @torch.compile
    def painted(x: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                latents = vae.quant_conv(vae.encoder(x)).float().chunk(2, dim=1)[0]
                amount = MOST_NOISE * torch.rand(len(x), 1, 1, 1) / scale
                latents = latents + amount * torch.randn_like(latents)
            return vae.decoder(vae.post_quant_conv(latents)).float()

    while run.step < chosen.steps:
        for group in (*paint.param_groups, *doubt.param_groups):
            group["lr"] = PEAK_RATE * cosine(run.step, chosen.steps, 50, 0.05)
        real = crops.batch().contiguous(memory_format=torch.channels_last)
        made = painted(real)

        with torch.autocast("cpu", torch.bfloat16):
            doubted, _ = judge(made.detach())
            trusted, _ = judge(real)
        hinge = F.relu(1 + doubted.float()).mean() + F.relu(1 - trusted.float()).mean()
        doubt.zero_grad(set_to_none=True)
        hinge.backward()
        doubt.step()

        pixels = (made - real).abs().mean()
        colour = colour_loss(made, real)
        detail = detail_loss(made, real)
        loss = 2 * pixels + 2 * colour + 0.5 * detail
        features = None
        if run.step >= ALONE_STEPS:
            judge.requires_grad_(False)
            with torch.autocast("cpu", torch.bfloat16):
                verdict, seen = judge(made)
                with torch.no_grad():
                    _, wanted = judge(real)
            judge.requires_grad_(True)
            features = sum((a.float() - b.float()).abs().mean() for a, b in zip(seen, wanted))
            loss = loss + FEATURE_WEIGHT * features - ADVERSARIAL_WEIGHT * verdict.float().mean()
        paint.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        paint.step()
        ema.update(run.step)
        crops.take(NEW_PER_STEP)
        run.after_step(
            pixels=pixels.item(),
            colour=colour.item(),
            detail=detail.item(),
            features=None if features is None else features.item(),
            hinge=hinge.item(),
        )
    run.save()
    load_averaged(decoder, chosen.folder)
    vae.save_pretrained(chosen.folder / "vae")


if __name__ == "__main__":
    main()
