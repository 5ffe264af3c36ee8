"""
Trains the denoiser and the text encoder together, on latents of a trained autoencoder.
Loss: squared error of v (Salimans & Ho 2022), as Stable Diffusion 2 was trained: in the noisiest steps v is the picture
itself, of which the noise hardly shows anything, and those steps decide a hole's mean colour. The weight of the least noisy
steps is capped (after Hang et al. 2023, "Efficient Diffusion Training via Min-SNR Weighting Strategy"), and it is less
outside the hole, whose content the input tells. Prompts are dropped for classifier-free guidance.
The noise has some more of the low frequencies than white noise (Guttenberg 2023, "Diffusion with Offset Noise"): the
schedule's last step still lets a picture's mean through (Lin et al. 2023, "Common Diffusion Noise Schedules and Sample
Steps are Flawed"), and a denoiser that trusts it takes the mean of pure noise for a hole's colour when it samples.
Steps take the sides by turns, a larger picture in a smaller batch, so that each step costs about the same.
Usage: python train_unet.py <run folder> --vae <folder> --tokenizer <folder> --latents <folder> --steps N
         [--sides 256 256 512] [--start-from <run or checkpoint folder>]
"""
import argparse
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from torch.nn.functional import interpolate
from transformers import CLIPTextModel, CLIPTokenizer

from latents import LatentStore
from networks import text_encoder, unet
from run import Ema, Run, cosine, load_averaged

DROPPED_PROMPTS = 0.1
STRANGE_WORDS = 0.1
FIRST_FILL = 1000
OUTSIDE_WEIGHT = 0.15
SNR_CAP = 5.0  # of SNR + 1, by which an error of v counts as one of the picture
SLOW_NOISE = 0.1  # standard deviation, on a grid of 4 x 4 over the picture
NOISY_BIAS = 0.8  # below 1: more of the noisy steps, where the prompt decides
FIRST_SEED = {128: 30_000_000, 256: 20_000_000, 512: 40_000_000}


def noise_schedule() -> DDPMScheduler:
    return DDPMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000)


def drawn_noise(picture: torch.Tensor) -> torch.Tensor:
    slow = torch.randn(*picture.shape[:2], 4, 4)
    return torch.randn_like(picture) + SLOW_NOISE * interpolate(slow, picture.shape[2:], mode="bilinear")


def load_start(both: torch.nn.ModuleDict, folder: Path) -> None:
    if (folder / "last.pt").exists():
        load_averaged(both, folder)
    else:
        both["unet"].load_state_dict(UNet2DConditionModel.from_pretrained(folder / "unet").state_dict())
        both["text_encoder"].load_state_dict(CLIPTextModel.from_pretrained(folder / "text_encoder").state_dict())


class Prompts:
    """What training does to prompts: some are dropped, some get a word that nobody taught."""

    def __init__(self, tokenizer: CLIPTokenizer, random: np.random.Generator):
        self.empty = torch.tensor(tokenizer("", padding="max_length", max_length=77).input_ids)
        self.end = tokenizer.eos_token_id
        self.pad = tokenizer.pad_token_id
        self.strange = range(2 * 256)  # single bytes
        self.random = random

    def changed(self, tokens: torch.Tensor) -> torch.Tensor:
        rows = [self._changed(row) for row in tokens]
        return torch.stack(rows)

    def _changed(self, row: torch.Tensor) -> torch.Tensor:
        if self.random.random() < DROPPED_PROMPTS:
            return self.empty
        if self.random.random() >= STRANGE_WORDS:
            return row
        end = int((row == self.end).nonzero()[0, 0])
        at = int(self.random.integers(1, end + 1))
        word = torch.from_numpy(self.random.integers(len(self.strange), size=self.random.integers(2, 6)))
        return torch.cat([row[:at], word, row[at:]])[: len(row)] if end + len(word) < len(row) else row


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("--vae", type=Path, required=True)
    options.add_argument("--tokenizer", type=Path, required=True)
    options.add_argument("--latents", type=Path, required=True)
    options.add_argument("--steps", type=int, required=True)
    options.add_argument("--sides", type=int, nargs="+", default=[256], choices=list(FIRST_SEED))
    options.add_argument("--start-from", type=Path, help="the first weights: a run's averaged ones, or a checkpoint's")
    options.add_argument("--batch", type=int, default=32, help="of pictures of 256 x 256; of larger ones fewer")
    options.add_argument("--rate", type=float, default=6e-4)
    options.add_argument("--floor", type=float, default=0.05)
    options.add_argument("--fresh-every", type=int, default=3, help="turns of all sides between new scenes")
    options.add_argument("--at-most", type=int, default=40_000, help="scenes encoded of each side")
    chosen = options.parse_args()

    tokenizer = CLIPTokenizer.from_pretrained(chosen.tokenizer)
    torch.manual_seed(2)
    denoiser = unet().to(memory_format=torch.channels_last)
    text = text_encoder(len(tokenizer))
    both = torch.nn.ModuleDict({"unet": denoiser, "text_encoder": text})
    if chosen.start_from is not None:
        load_start(both, chosen.start_from)
    optimizer = torch.optim.AdamW(both.parameters(), lr=chosen.rate, betas=(0.9, 0.99), weight_decay=1e-2, fused=True)
    ema = Ema(both, 0.9995)
    random = np.random.default_rng(2)
    run = Run(chosen.folder, {"model": both, "optimizer": optimizer, "ema": ema, "random": random})
    vae = AutoencoderKL.from_pretrained(chosen.vae)
    stores = {
        side: LatentStore(chosen.latents, side, FIRST_SEED[side], vae, tokenizer) for side in sorted(set(chosen.sides))
    }
    for store in stores.values():
        while len(store) < FIRST_FILL:
            store.take(1)
    prompts = Prompts(tokenizer, random)
    alphas = noise_schedule().alphas_cumprod

    @torch.compile(dynamic=False)
    def squared_error(noisy, masked, mask, t, states, target):
        with torch.autocast("cpu", torch.bfloat16):
            made = denoiser(torch.cat([noisy, mask, masked], 1), t, states).sample
        error = (made.float() - target).square().mean(1, keepdim=True)
        weight = OUTSIDE_WEIGHT + (1 - OUTSIDE_WEIGHT) * mask
        return (error * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3))

    while run.step < chosen.steps:
        for group in optimizer.param_groups:
            group["lr"] = chosen.rate * cosine(run.step, chosen.steps, 200, chosen.floor)
        store = stores[chosen.sides[run.step % len(chosen.sides)]]
        picture, masked, mask, tokens = store.batch(chosen.batch * 256**2 // store.side**2, random)
        noise = drawn_noise(picture)
        t = (1000 * torch.rand(len(picture)) ** NOISY_BIAS).long()
        alpha = alphas[t][:, None, None, None]
        noisy = alpha.sqrt() * picture + (1 - alpha).sqrt() * noise
        with torch.autocast("cpu", torch.bfloat16):
            states = text(prompts.changed(tokens)).last_hidden_state
        target = alpha.sqrt() * noise - (1 - alpha).sqrt() * picture
        errors = squared_error(noisy, masked, mask, t, states.float(), target)
        loss = (errors * ((1 - alpha).flatten() * SNR_CAP).clamp(max=1)).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(both.parameters(), 1.0)
        optimizer.step()
        ema.update(run.step)
        if run.step // len(chosen.sides) % chosen.fresh_every == 0 and len(store) < chosen.at_most:
            store.take(1)
        high = errors.detach()[t >= 500]
        run.after_step(loss=loss.item(), error=errors.mean().item(), high=high.mean().item() if len(high) else None)
    run.save()


if __name__ == "__main__":
    main()
