"""Whole images from diffusers' own inpainting pipeline on the random checkpoint, float32 on the CPU."""

import json
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, StableDiffusionInpaintPipeline
from PIL import Image
from transformers import CLIPTokenizerFast

from .paths import DOG_IMAGE, DOG_MASK, RANDOM_CHECKPOINT

# Every third pixel of every third row is kept: enough to see any error, a ninth of the bytes.
STRIDE = 3
CAT = "Face of a yellow cat, high resolution, sitting on a park bench"
VASE = "a small flower vase featuring a blend of yellow and orange"

CASES = [
    {"name": "pndm-guided", "prompt": CAT, "seed": 0, "guidanceScale": 7.5, "steps": 10},
    {"name": "pndm-unguided", "prompt": VASE, "seed": 93, "guidanceScale": 1.0, "steps": 10},
    {"name": "pndm-unicode", "prompt": "猫が公園の\ufeffベンチに ΣΑΣ 🐕", "seed": 3, "guidanceScale": 7.5, "steps": 3},
    {"name": "pndm-one-step", "prompt": "", "seed": 7, "guidanceScale": 7.5, "steps": 1},
    {"name": "pndm-fifty-steps", "prompt": VASE, "seed": 2**32 + 12345, "guidanceScale": 7.5, "steps": 50},
    {"name": "pndm-stretched", "prompt": CAT, "seed": 4294967295, "guidanceScale": 7.5, "steps": 6, "size": [640, 427]},
    {"name": "ddim-guided", "prompt": CAT, "seed": 42, "guidanceScale": 7.5, "steps": 10, "scheduler": "DDIM"},
    {
        "name": "ddim-stretched-negative",
        "prompt": VASE,
        "negativePrompt": "blurry, low quality",
        "seed": 1,
        "guidanceScale": 3.0,
        "steps": 5,
        "scheduler": "DDIM",
        "size": [640, 427],
    },
]


def make(out: Path) -> None:
    dog, mask = Image.open(DOG_IMAGE).convert("RGB"), Image.open(DOG_MASK).convert("RGB")
    for case in CASES:
        pipe = StableDiffusionInpaintPipeline.from_pretrained(RANDOM_CHECKPOINT, torch_dtype=torch.float32)
        # The fast tokenizer is CLIP's own since transformers 5; the slow one of 4.x splits CJK and drops controls.
        pipe.tokenizer = CLIPTokenizerFast.from_pretrained(RANDOM_CHECKPOINT / "tokenizer")
        pipe.set_progress_bar_config(disable=True)
        if case.get("scheduler") == "DDIM":
            pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
        size = tuple(case.get("size", dog.size))
        result = pipe(
            prompt=case["prompt"],
            negative_prompt=case.get("negativePrompt"),
            image=dog.resize(size, Image.Resampling.LANCZOS),
            mask_image=mask.resize(size, Image.Resampling.LANCZOS),
            num_inference_steps=case["steps"],
            guidance_scale=case["guidanceScale"],
            generator=torch.Generator("cpu").manual_seed(case["seed"]),
        ).images[0]
        pixels = np.asarray(result)[::STRIDE, ::STRIDE]
        Image.fromarray(np.ascontiguousarray(pixels)).save(out / f"{case['name']}.png", optimize=True)
    (out / "cases.json").write_text(json.dumps({"stride": STRIDE, "cases": CASES}, indent=1) + "\n")
