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
from diffusers import PNDMScheduler, StableDiffusionInpaintPipeline
from diffusers.configuration_utils import FrozenDict
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from PIL import Image

from .integer_noise import noise_bytes, noise_floats
from .schedulers import SD2_INPAINTING

MASKED_MOMENTS_SEED, IMAGE_SEED, MASK_SEED, IMAGE_MOMENTS_SEED = 31, 32, 33, 34
SCALING_FACTOR = 0.18215
SCALE_FACTOR = 8
TOKENS, FEATURES = 77, 2
# The only feature of the embeddings that the stand-in UNet looks at.
CONDITIONAL, UNCONDITIONAL = 0.25, -0.5

PLAIN = {"steps": 4, "guidanceScale": 7.5, "scheduler": None, "channels": 9, "strength": 1, "eta": 0}
# scheduler: swapped in, or None for SD 2's own; size: latent height and width
CASES = [
    {"seed": 0, "size": (4, 4)},
    {"seed": 93, "steps": 20, "size": (5, 3)},
    {"seed": 7, "guidanceScale": 1, "size": (4, 4)},
    {"seed": 2**32 + 7, "guidanceScale": 1.5, "scheduler": "DDIM", "size": (2, 8)},
    # 4 normals and again 4: both draws take torch's path for fewer than 16
    {"seed": 11, "steps": 1, "size": (1, 1)},
    {"seed": 11, "steps": 3, "guidanceScale": 3, "scheduler": "DDIM", "size": (1, 3)},
    # the image's sample is drawn first
    {"seed": 5, "strength": 0.75, "size": (3, 5)},
    {"seed": 6, "steps": 10, "strength": 0.3, "guidanceScale": 1, "scheduler": "DDIM", "size": (1, 2)},
    {"seed": 6, "steps": 7, "strength": 0.999, "size": (2, 3)},
    # noise drawn by the steps, after everything else
    {"seed": 8, "scheduler": "DDIM", "eta": 0.5, "size": (3, 3)},
    {"seed": 9, "steps": 6, "scheduler": "DDIM", "eta": 1, "strength": 0.5, "size": (1, 3)},
    # the image is encoded at strength 1 too, the known region blended, the masked image's sample drawn in vain
    {"seed": 12, "channels": 4, "size": (4, 5)},
    {"seed": 13, "channels": 4, "strength": 0.5, "guidanceScale": 1, "size": (3, 2)},
    {"seed": 14, "channels": 4, "scheduler": "DDIM", "eta": 0.7, "steps": 5, "size": (1, 3)},
    {"seed": 15, "channels": 4, "scheduler": "DDIM", "eta": 1, "strength": 0.75, "size": (2, 7)},
    {"seed": 16, "channels": 4, "steps": 1, "size": (3, 3)},
    # known regions noised by sigma: where a step takes two calls, where noise is drawn in between, where it is last
    {"seed": 17, "channels": 4, "scheduler": "HeunDiscrete", "strength": 0.75, "size": (3, 4)},
    {"seed": 18, "channels": 4, "scheduler": "KDPM2AncestralDiscrete", "size": (1, 3)},
    {"seed": 19, "channels": 4, "scheduler": "EulerAncestralDiscrete", "strength": 0.5, "steps": 6, "size": (2, 5)},
    {"seed": 20, "channels": 4, "scheduler": "DPMSolverMultistep", "strength": 0.5, "steps": 6, "size": (4, 2)},
    {"seed": 21, "channels": 4, "scheduler": "LCM", "strength": 0.5, "size": (1, 2)},
]


class Network(torch.nn.Module):
    device = torch.device("cpu")
    dtype = torch.float32


class Unet(Network):
    def __init__(self, channels: int):
        super().__init__()
        self.config = FrozenDict(in_channels=channels, sample_size=64, time_cond_proj_dim=None)

    def forward(self, sample, timestep, encoder_hidden_states, **_):
        assert sample.shape[1] == self.config.in_channels
        x = sample
        if self.config.in_channels == 9:
            x = sample[:, :4] + 0.5 * sample[:, 5:] + 0.25 * sample[:, 4:5]
        embedding = encoder_hidden_states[:, -1, -1].reshape(-1, 1, 1, 1)
        return (x * (3 + timestep.item() / 1000) / (2 + x * x) + embedding,)


class Vae(Network):
    config = FrozenDict(block_out_channels=[1, 1, 1, 1], latent_channels=4, scaling_factor=SCALING_FACTOR)

    def encode(self, image):
        height, width = image.shape[2] // SCALE_FACTOR, image.shape[3] // SCALE_FACTOR
        # No 8-bit level is exactly in the middle, so only a hole is 0.
        seed = MASKED_MOMENTS_SEED if (image == 0).any() else IMAGE_MOMENTS_SEED
        moments = torch.from_numpy(noise_floats(8 * height * width, seed)).reshape(1, 8, height, width)
        return SimpleNamespace(latent_dist=DiagonalGaussianDistribution(moments))


def noise_image(width: int, height: int, seed: int) -> Image.Image:
    return Image.fromarray(noise_bytes(width * height * 3, seed).reshape(height, width, 3))


def embeddings(value: float) -> torch.Tensor:
    return torch.full((1, TOKENS, FEATURES), value)


@torch.no_grad()
def latents(case: dict) -> np.ndarray:
    pipeline = StableDiffusionInpaintPipeline(
        vae=Vae(),
        text_encoder=None,
        tokenizer=None,
        unet=Unet(case["channels"]),
        scheduler=PNDMScheduler.from_config(SD2_INPAINTING),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    if case["scheduler"]:
        swapped = getattr(diffusers, f"{case['scheduler']}Scheduler")
        pipeline.scheduler = swapped.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    height, width = (SCALE_FACTOR * edge for edge in case["size"])
    mask = noise_image(width, height, MASK_SEED)
    assert (np.asarray(mask.convert("L")) >= 128).any()
    return pipeline(
        prompt_embeds=embeddings(CONDITIONAL),
        negative_prompt_embeds=embeddings(UNCONDITIONAL),
        image=noise_image(width, height, IMAGE_SEED),
        mask_image=mask,
        height=height,
        width=width,
        num_inference_steps=case["steps"],
        guidance_scale=case["guidanceScale"],
        strength=case["strength"],
        eta=case["eta"],
        generator=torch.Generator().manual_seed(case["seed"]),
        output_type="latent",
    ).images.numpy()


def make(out: Path) -> None:
    diffusers.logging.set_verbosity_error()
    cases = [{**PLAIN, **case} for case in CASES]
    for index, case in enumerate(cases):
        np.save(out / f"latents-{index}.npy", latents(case))
    (out / "cases.json").write_text(json.dumps(cases) + "\n")
