"""Masks and crops: Pillow's Gaussian blur, the crop region, the pixels cut out, and the overlay of the result."""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from diffusers import StableDiffusionInpaintPipeline
from PIL import Image, ImageFilter

from .integer_noise import noise_bytes

NOISE_SEED, PICTURE_SEED = 3, 41
SCALE_FACTOR = 8

BLURS = [
    ((40, 30), [0.1, 0.5, 1, 1.7, 2, 3.3, 4, 8, 12.5, 33, 100]),
    ((1, 1), [0.3, 4]),
    ((1, 9), [0.7, 5]),
    ((7, 2), [0.9, 2.5, 64]),
    ((300, 200), [4, 21.25]),
]

# rectangles are left, top, right, bottom, grey level
CROPS = [
    {"image": (96, 64), "rectangles": [(30, 20, 50, 40, 255)], "size": (64, 64), "padding": 4},
    {"image": (96, 64), "rectangles": [(30, 20, 50, 40, 255)], "size": (64, 64), "padding": 0},
    {"image": (96, 64), "rectangles": [(0, 0, 3, 2, 255), (9, 1, 12, 5, 90)], "size": (64, 64), "padding": 8},
    {"image": (96, 64), "rectangles": [(90, 60, 96, 64, 200)], "size": (80, 48), "padding": 3},
    {"image": (64, 96), "rectangles": [(2, 50, 60, 55, 255)], "size": (64, 64), "padding": 1, "blur": 2.5},
    {"image": (200, 40), "rectangles": [(5, 10, 190, 20, 255)], "size": (64, 64), "padding": 32},
    {"image": (40, 200), "rectangles": [(10, 5, 30, 180, 130)], "size": (48, 64), "padding": 5, "blur": 1},
    {"image": (33, 47), "rectangles": [(10, 30, 20, 31, 255)], "size": (64, 40), "padding": 2},
    {"image": (512, 512), "rectangles": [(300, 100, 420, 260, 255)], "size": (128, 128), "padding": 32, "blur": 6},
    {"image": (61, 53), "rectangles": [(0, 0, 61, 53, 255)], "size": (64, 72), "padding": 0},
    {"image": (31, 3), "rectangles": [(1, 1, 30, 2, 1)], "size": (40, 24), "padding": 0},
    {"image": (5, 80), "rectangles": [(2, 2, 3, 79, 127), (2, 30, 4, 40, 128)], "size": (56, 64), "padding": 7},
]


def sha256(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def noise_image(size: tuple[int, int], seed: int) -> Image.Image:
    width, height = size
    return Image.fromarray(noise_bytes(width * height * 3, seed).reshape(height, width, 3))


def blur(size: tuple[int, int], sigma: float) -> dict:
    pixels = np.asarray(noise_image(size, NOISE_SEED).filter(ImageFilter.GaussianBlur(sigma)))
    return {"size": list(size), "sigma": sigma, "first": pixels.flatten()[:6].tolist(), "sha256": sha256(pixels)}


def crop(case: dict) -> dict:
    """What `StableDiffusionInpaintPipeline.__call__` does with `padding_mask_crop` before and after the networks."""
    width, height = case["size"]
    image = noise_image(case["image"], NOISE_SEED)
    mask = Image.new("RGB", case["image"])
    for left, top, right, bottom, level in case["rectangles"]:
        mask.paste((level, level, level), (left, top, right, bottom))
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
    if "blur" in case:
        mask = pipeline.mask_processor.blur(mask, blur_factor=case["blur"])
    region = pipeline.mask_processor.get_crop_region(mask, width, height, pad=case["padding"])
    how = {"height": height, "width": width, "resize_mode": "fill", "crops_coords": region}
    init_image = pipeline.image_processor.preprocess(image, **how)
    mask_condition = pipeline.mask_processor.preprocess(mask, **how)
    latent_mask = torch.nn.functional.interpolate(mask_condition, size=(height // SCALE_FACTOR, width // SCALE_FACTOR))
    overlaid = pipeline.image_processor.apply_overlay(mask, image, noise_image(case["size"], PICTURE_SEED), region)
    return {
        **case,
        "region": region,
        "repainted": int(mask_condition.sum()),
        "imageSha256": sha256(init_image.numpy()),
        "maskSha256": sha256(mask_condition.numpy().astype(np.uint8)),
        "latentMaskSha256": sha256(latent_mask.numpy().astype(np.uint8)),
        "overlaidSha256": sha256(np.asarray(overlaid)),
    }


def make(out: Path) -> None:
    blurs = [blur(size, sigma) for size, sigmas in BLURS for sigma in sigmas]
    (out / "blurs.json").write_text(json.dumps(blurs) + "\n")
    (out / "crops.json").write_text(json.dumps([crop(case) for case in CROPS], indent=1) + "\n")
