"""Latents after the inpaint pipeline's own loop, with elementwise functions in the place of its networks.

What the pipeline does around the networks is left to be compared: the order of the draws, the channels of the UNet's
input, which half is unconditional, guidance, the scheduler. test/diffusion/denoising.test.ts has the same functions.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import diffusers
import numpy as np
import torch
from diffusers import DDIMScheduler, PNDMScheduler, StableDiffusionInpaintPipeline
from diffusers.configuration_utils import FrozenDict
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from PIL import Image

from .integer_noise import noise_bytes, noise_floats
from .schedulers import SD2_INPAINTING

MOMENTS_SEED, IMAGE_SEED, MASK_SEED = 31, 32, 33
SCALING_FACTOR = 0.18215
SCALE_FACTOR = 8
TOKENS, FEATURES = 77, 2
# The only feature of the embeddings that the stand-in UNet looks at.
CONDITIONAL, UNCONDITIONAL = 0.25, -0.5

# (seed, steps, guidance scale, scheduler swapped in or None, latent height and width)
CASES = [
    (0, 4, 7.5, None, (4, 4)),
    (93, 20, 7.5, None, (5, 3)),
    (7, 4, 1.0, None, (4, 4)),
    (2**32 + 7, 4, 1.5, "DDIM", (2, 8)),
    # 4 normals and again 4: both draws take torch's path for fewer than 16
    (11, 1, 7.5, None, (1, 1)),
    (11, 3, 3.0, "DDIM", (1, 3)),
]


class Network(torch.nn.Module):
    device = torch.device("cpu")
    dtype = torch.float32


class Unet(Network):
    config = FrozenDict(in_channels=9, sample_size=64, time_cond_proj_dim=None)

    def forward(self, sample, timestep, encoder_hidden_states, **_):
        x = sample[:, :4] + 0.5 * sample[:, 5:] + 0.25 * sample[:, 4:5]
        embedding = encoder_hidden_states[:, -1, -1].reshape(-1, 1, 1, 1)
        return (x * (3 + timestep.item() / 1000) / (2 + x * x) + embedding,)


class Vae(Network):
    config = FrozenDict(block_out_channels=[1, 1, 1, 1], latent_channels=4, scaling_factor=SCALING_FACTOR)

    def encode(self, image):
        height, width = image.shape[2] // SCALE_FACTOR, image.shape[3] // SCALE_FACTOR
        moments = torch.from_numpy(noise_floats(8 * height * width, MOMENTS_SEED)).reshape(1, 8, height, width)
        return SimpleNamespace(latent_dist=DiagonalGaussianDistribution(moments))


def noise_image(width: int, height: int, seed: int) -> Image.Image:
    return Image.fromarray(noise_bytes(width * height * 3, seed).reshape(height, width, 3))


def embeddings(value: float) -> torch.Tensor:
    return torch.full((1, TOKENS, FEATURES), value)


@torch.no_grad()
def latents(seed: int, steps: int, guidance_scale: float, swap: str | None, size: tuple[int, int]) -> np.ndarray:
    pipeline = StableDiffusionInpaintPipeline(
        vae=Vae(),
        text_encoder=None,
        tokenizer=None,
        unet=Unet(),
        scheduler=PNDMScheduler.from_config(SD2_INPAINTING),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    if swap == "DDIM":
        pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    height, width = (SCALE_FACTOR * edge for edge in size)
    return pipeline(
        prompt_embeds=embeddings(CONDITIONAL),
        negative_prompt_embeds=embeddings(UNCONDITIONAL),
        image=noise_image(width, height, IMAGE_SEED),
        mask_image=noise_image(width, height, MASK_SEED),
        height=height,
        width=width,
        num_inference_steps=steps,
        guidance_scale=guidance_scale,
        generator=torch.Generator().manual_seed(seed),
        output_type="latent",
    ).images.numpy()


def make(out: Path) -> None:
    diffusers.logging.set_verbosity_error()
    cases = []
    for index, (seed, steps, guidance_scale, swap, size) in enumerate(CASES):
        np.save(out / f"latents-{index}.npy", latents(seed, steps, guidance_scale, swap, size))
        cases.append(
            {"seed": seed, "steps": steps, "guidanceScale": guidance_scale, "scheduler": swap, "size": list(size)}
        )
    (out / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
