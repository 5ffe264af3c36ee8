"""
Trains the decoder alone for texture: the encoder, and with it every latent the denoiser knows, stays as it is.
Loss: what train_autoencoder.py asks of pictures, with more weight on contrast; in the last half of the steps that of a
patch discriminator (Isola et al. 2017, hinge as in Esser et al. 2021) and the distance of its features (Wang et al. 2018).
Latents get some noise, as those of a denoiser have.
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
from picture_losses import colour_loss, contrast_loss, detail_loss
from run import Ema, Run, cosine, load_averaged
from told_colour import decoded, told_colour_loss

FIRST_SEED, NEW_PER_STEP = 70_000_000, 2
DECODER_RATE, DISCRIMINATOR_RATE = 6e-4, 3e-4  # at their peaks
RECONSTRUCTION_SHARE = 0.5  # of all steps, before there is a discriminator
ALONE_STEPS = 100  # of the discriminator, before the decoder heeds it
MOST_NOISE = 0.12  # of the latents' standard deviation
ADVERSARIAL_WEIGHT, FEATURE_WEIGHT, CONTRAST_WEIGHT = 0.08, 1.0, 4.0


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


def hinge_loss(judge: Discriminator, made: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """The discriminator's own: pictures that were made below -1, real ones above 1."""
    with torch.autocast("cpu", torch.bfloat16):
        doubted, _ = judge(made)
        trusted, _ = judge(real)
    return F.relu(1 + doubted.float()).mean() + F.relu(1 - trusted.float()).mean()


def judged(judge: Discriminator, made: torch.Tensor, real: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean verdict on `made`, and how far its features are from those of `real`; no gradient goes to the judge."""
    judge.requires_grad_(False)
    with torch.autocast("cpu", torch.bfloat16):
        verdict, seen = judge(made)
        with torch.no_grad():
            _, wanted = judge(real)
    judge.requires_grad_(True)
    return verdict.float().mean(), sum((a.float() - b.float()).abs().mean() for a, b in zip(seen, wanted))


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
    paint = torch.optim.AdamW(decoder.parameters(), lr=DECODER_RATE, betas=(0.5, 0.99), weight_decay=0)
    doubt = torch.optim.AdamW(judge.parameters(), lr=DISCRIMINATOR_RATE, betas=(0.5, 0.99), weight_decay=0)
    ema = Ema(decoder, 0.998)
    random = np.random.default_rng(3)
    state = {"decoder": decoder, "judge": judge, "paint": paint, "doubt": doubt, "ema": ema, "random": random}
    run = Run(chosen.folder, state)
    crops = Crops(FIRST_SEED, run.step * NEW_PER_STEP, random)

    @torch.compile
    def painted(x: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                latents = vae.quant_conv(vae.encoder(x)).float().chunk(2, dim=1)[0]
                amount = MOST_NOISE * torch.rand(len(x), 1, 1, 1) / scale
                latents = latents + amount * torch.randn_like(latents)
            return decoded(vae.decoder, vae.post_quant_conv(latents))

    adversarial_from = int(RECONSTRUCTION_SHARE * chosen.steps)
    while run.step < chosen.steps:
        for optimizer, peak in ((paint, DECODER_RATE), (doubt, DISCRIMINATOR_RATE)):
            for group in optimizer.param_groups:
                group["lr"] = peak * cosine(run.step, chosen.steps, 50, 0.03)
        real = crops.batch().contiguous(memory_format=torch.channels_last)
        made, blocks = painted(real)
        pixels = (made - real).abs().mean()
        colour = colour_loss(made, real)
        detail = detail_loss(made, real)
        contrast = contrast_loss(made, real)
        told = sum(told_colour_loss(part, real) for part in blocks)
        loss = 2 * pixels + 2 * colour + 0.5 * detail + CONTRAST_WEIGHT * contrast + 2 * told
        hinge = features = None
        if run.step >= adversarial_from:
            hinge = hinge_loss(judge, made.detach(), real)
            doubt.zero_grad(set_to_none=True)
            hinge.backward()
            doubt.step()
        if run.step >= adversarial_from + ALONE_STEPS:
            verdict, features = judged(judge, made, real)
            loss = loss + FEATURE_WEIGHT * features - ADVERSARIAL_WEIGHT * verdict
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
            contrast=contrast.item(),
            told=told.item(),
            features=None if features is None else features.item(),
            hinge=None if hinge is None else hinge.item(),
        )
    run.save()
    load_averaged(decoder, chosen.folder)
    vae.save_pretrained(chosen.folder / "vae")


if __name__ == "__main__":
    main()
