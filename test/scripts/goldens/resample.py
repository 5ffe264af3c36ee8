"""Pixels: Pillow's LANCZOS and luminance, and what diffusers makes of images before and after the networks."""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionInpaintPipeline
from diffusers.image_processor import VaeImageProcessor
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
from PIL import Image

from .integer_noise import noise_bytes, noise_floats
from .paths import DOG_IMAGE, DOG_MASK

NOISE_SEED = 3
CROP = 6
SCALE_FACTOR = 8

PHOTO_TARGETS = [(640, 427), (200, 133), (512, 512), (512, 300), (300, 512), (97, 1031), (1, 1), (511, 513)]
NOISE_SIZES = [
    ((640, 427), (512, 512)),
    ((37, 91), (512, 512)),
    ((1, 1), (8, 8)),
    ((1, 7), (5, 1)),
    ((1000, 3), (4, 64)),
    ((3, 1000), (64, 4)),
    ((2000, 5), (1, 7)),
    ((513, 511), (512, 512)),
    ((64, 64), (65, 63)),
    ((2000, 1500), (512, 512)),
    # Pillow 13 begins with the height where it loses more than twice the pixels that the width does
    ((60, 60), (45, 30)),
    ((60, 60), (45, 29)),
    ((600, 800), (512, 512)),
]
# (image size or None for the photograph, mask size or None, output size)
INPAINT_INPUTS = [(None, None, (512, 512)), ((640, 427), None, (512, 512)), ((100, 75), (61, 200), (136, 88))]


def sha256(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def noise_image(width: int, height: int) -> Image.Image:
    return Image.fromarray(noise_bytes(width * height * 3, NOISE_SEED).reshape(height, width, 3))


def resized(source: Image.Image, name: str, size: tuple[int, int]) -> dict:
    pixels = np.asarray(source.resize(size, Image.Resampling.LANCZOS))
    top, left = (pixels.shape[0] - CROP) // 2, (pixels.shape[1] - CROP) // 2
    crop = pixels[max(top, 0) : max(top, 0) + CROP, max(left, 0) : max(left, 0) + CROP]
    return {
        "source": name,
        "from": list(source.size),
        "to": list(size),
        "sha256": sha256(pixels),
        "crop": {"left": max(left, 0), "top": max(top, 0), "rows": crop.reshape(crop.shape[0], -1).tolist()},
    }


def luminances() -> dict:
    grey = np.repeat(np.arange(256, dtype=np.uint8), 3).reshape(1, 256, 3)
    noise = noise_image(256, 256)
    return {
        "grey": np.asarray(Image.fromarray(grey).convert("L")).flatten().tolist(),
        "noise": {"size": [256, 256], "sha256": sha256(np.asarray(noise.convert("L")))},
    }


def inpaint_input(image_size, mask_size, size: tuple[int, int]) -> dict:
    """What `StableDiffusionInpaintPipeline.__call__` makes of image and mask before it calls a network."""
    image = noise_image(*image_size) if image_size else Image.open(DOG_IMAGE).convert("RGB")
    mask = noise_image(*mask_size) if mask_size else Image.open(DOG_MASK).convert("RGB")
    width, height = size
    pipeline = StableDiffusionInpaintPipeline(
        vae=None,
        text_encoder=None,
        tokenizer=None,
        unet=None,
        scheduler=None,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    init_image = pipeline.image_processor.preprocess(image, height=height, width=width)
    mask_condition = pipeline.mask_processor.preprocess(mask, height=height, width=width)
    masked_image = init_image * (mask_condition < 0.5)
    latent_mask = torch.nn.functional.interpolate(mask_condition, size=(height // SCALE_FACTOR, width // SCALE_FACTOR))
    return {
        "image": image_size,
        "mask": mask_size,
        "size": size,
        "repainted": int(mask_condition.sum()),
        "maskSha256": sha256(mask_condition.numpy().astype(np.uint8)),
        "latentMaskSha256": sha256(latent_mask.numpy().astype(np.uint8)),
        # 0 is added so that a masked pixel is 0 and not -0
        "maskedImageSha256": sha256(masked_image.numpy() + np.float32(0)),
    }


def finished() -> list[int]:
    """8-bit pixels of noise in -2 ... 2 with every level's exact middle among it, as planes of [3, 16, 20]."""
    decoded = noise_floats(3 * 16 * 20, NOISE_SEED)
    middles = (np.arange(255, dtype=np.float32) + np.float32(0.5)) / np.float32(255)
    decoded[: len(middles)] = middles * np.float32(2) - np.float32(1)
    [image] = VaeImageProcessor().postprocess(torch.from_numpy(decoded).reshape(1, 3, 16, 20), output_type="pil")
    return np.asarray(image).flatten().tolist()


def latent_samples() -> np.ndarray:
    """Scaled samples of moments in -2 ... 2 with two log variances outside the clamp; seed 21."""
    moments = torch.from_numpy(noise_floats(8 * 4 * 4, NOISE_SEED)).reshape(1, 8, 4, 4)
    moments[0, 4, 0, 0], moments[0, 4, 0, 1] = -1000.0, 40.0
    generator = torch.Generator().manual_seed(21)
    return (0.18215 * DiagonalGaussianDistribution(moments).sample(generator)).numpy()


def make(out: Path) -> None:
    photo = Image.open(DOG_IMAGE).convert("RGB")
    cases = [resized(photo, "photo", size) for size in PHOTO_TARGETS]
    cases += [resized(noise_image(*source), "noise", size) for source, size in NOISE_SIZES]
    (out / "resized.json").write_text(json.dumps(cases) + "\n")
    (out / "luminance.json").write_text(json.dumps(luminances()) + "\n")
    inputs = [inpaint_input(*case) for case in INPAINT_INPUTS]
    (out / "inpaint-inputs.json").write_text(json.dumps(inputs, indent=1) + "\n")
    (out / "finished.json").write_text(json.dumps(finished()) + "\n")
    np.save(out / "latent-samples.npy", latent_samples())
