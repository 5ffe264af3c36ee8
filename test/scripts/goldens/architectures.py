"""A tiny checkpoint of every architecture of the family, and whole images of diffusers' inpainting pipeline on them.

The images are chosen so that every pair of values of two factors stands in one of them, as far as 40 images go: the
factors with three values or more are not paired with all 14 schedulers, whose steps have goldens of their own.
"""

import itertools
import json
import random
from pathlib import Path
from shutil import copyfile

import diffusers
import numpy as np
import torch
from diffusers import AutoencoderKL, StableDiffusionInpaintPipeline, UNet2DConditionModel
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizerFast

from .paths import DOG_IMAGE, DOG_MASK, RANDOM_CHECKPOINT
from .variant import randomise

SEED = 2718
HIDDEN = 16
VOCABULARY = 927

SD2 = {
    "text": {"hidden_act": "gelu", "num_hidden_layers": 4},
    "unet": {"use_linear_projection": True, "attention_head_dim": [1, 2, 2, 4], "layers_per_block": 2},
    "vae": {"scaling_factor": 0.18215},
    "pad_token": "!",
}
SD1 = {
    "text": {"hidden_act": "quick_gelu", "num_hidden_layers": 3},
    "unet": {"attention_head_dim": 4, "layers_per_block": 1},
    "vae": {},
    "pad_token": "<|endoftext|>",
}
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}
PNDM = {
    "_class_name": "PNDMScheduler",
    **BETAS,
    "skip_prk_steps": True,
    "set_alpha_to_one": False,
    "steps_offset": 1,
    "clip_sample": False,
    "trained_betas": None,
}
V_PREDICTION = {
    "_class_name": "DDIMScheduler",
    **BETAS,
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
CHECKPOINTS = {
    "sd2-inpainting": {**SD2, "channels": 9, "scheduler": PNDM, "dtype": torch.float16},
    "sd15-inpainting": {**SD1, "channels": 9, "scheduler": PNDM, "dtype": torch.float32},
    "sd2-base": {**SD2, "channels": 4, "scheduler": PNDM, "dtype": torch.bfloat16},
    "sd15": {**SD1, "channels": 4, "scheduler": PNDM, "dtype": torch.float16},
    "sd2-v": {**SD2, "channels": 4, "scheduler": V_PREDICTION, "dtype": torch.float16},
}

SCHEDULERS = [
    "PNDM",
    "DDIM",
    "DDPM",
    "LMSDiscrete",
    "EulerDiscrete",
    "EulerAncestralDiscrete",
    "HeunDiscrete",
    "DPMSolverMultistep",
    "UniPCMultistep",
    "LCM",
    "DPMSolverSinglestep",
    "KDPM2Discrete",
    "KDPM2AncestralDiscrete",
    "DEISMultistep",
]
# Width and height; 64 x 64 is the checkpoints' own.
SIZES = [(64, 64), (96, 72), (64, 128)]
LARGE_SIZES = [(512, 512), (384, 640), (640, 384), (333, 200), (200, 333)]
FACTORS = {
    "checkpoint": list(CHECKPOINTS),
    "scheduler": SCHEDULERS,
    "size": SIZES,
    "strength": [1, 0.75, 0.3],
    "steps": [1, 4, 9, 20],
    "guidanceScale": [1, 7.5],
    "paddingMaskCrop": [None, 32],
    "clipSkip": [0, 1, 2],
    "eta": [0, 0.5],
    "maskBlur": [0, 6],
}
PROMPTS = ["a yellow cat on a park bench", "vase, flowers!", ""]
# Where a crop is asked for, the result has the original's size.
ORIGINAL_SIZES = [(160, 120), (96, 144)]
CANDIDATES = 200
# Every third pixel of every third row of a large image is kept.
LARGE_STRIDE = 3


def configs(name: str) -> dict:
    checkpoint = CHECKPOINTS[name]
    widths = [8, 8, 8, 16]
    return {
        "text_encoder": {
            "architectures": ["CLIPTextModel"],
            "model_type": "clip_text_model",
            "vocab_size": VOCABULARY,
            "hidden_size": HIDDEN,
            "intermediate_size": 2 * HIDDEN,
            "num_attention_heads": 2,
            "max_position_embeddings": 77,
            "layer_norm_eps": 1e-5,
            "bos_token_id": VOCABULARY - 2,
            "eos_token_id": VOCABULARY - 1,
            **checkpoint["text"],
        },
        "unet": {
            "_class_name": "UNet2DConditionModel",
            "sample_size": 8,
            "in_channels": checkpoint["channels"],
            "out_channels": 4,
            "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
            "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
            "block_out_channels": widths,
            "norm_num_groups": 4,
            "cross_attention_dim": HIDDEN,
            **checkpoint["unet"],
        },
        "vae": {
            "_class_name": "AutoencoderKL",
            "in_channels": 3,
            "out_channels": 3,
            "latent_channels": 4,
            "down_block_types": ["DownEncoderBlock2D"] * 4,
            "up_block_types": ["UpDecoderBlock2D"] * 4,
            "block_out_channels": widths,
            "layers_per_block": 1,
            "norm_num_groups": 4,
            "sample_size": 64,
            **checkpoint["vae"],
        },
    }


def save_checkpoint(folder: Path, name: str, generator: torch.Generator) -> None:
    checkpoint = CHECKPOINTS[name]
    models = {"text_encoder": CLIPTextModel, "unet": UNet2DConditionModel, "vae": AutoencoderKL}
    for part, config in configs(name).items():
        (folder / part).mkdir(parents=True)
        (folder / part / "config.json").write_text(json.dumps(config, indent=1) + "\n")
        model = models[part](CLIPTextConfig(**config)) if part == "text_encoder" else models[part].from_config(config)
        weights = randomise(model, {}, generator).state_dict()
        stored = {key: value.to(checkpoint["dtype"]).contiguous() for key, value in weights.items()}
        file_name = "model.safetensors" if part == "text_encoder" else "diffusion_pytorch_model.safetensors"
        save_file(stored, folder / part / file_name)
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(checkpoint["scheduler"], indent=1) + "\n")
    (folder / "tokenizer").mkdir()
    for file_name in ["vocab.json", "merges.txt"]:
        copyfile(RANDOM_CHECKPOINT / "tokenizer" / file_name, folder / "tokenizer" / file_name)
    for file_name in ["special_tokens_map.json", "tokenizer_config.json"]:
        tokens = json.loads((RANDOM_CHECKPOINT / "tokenizer" / file_name).read_text())
        tokens["pad_token"] = checkpoint["pad_token"]
        (folder / "tokenizer" / file_name).write_text(json.dumps(tokens, indent=1) + "\n")
    index = json.loads((RANDOM_CHECKPOINT / "model_index.json").read_text())
    index["scheduler"] = ["diffusers", checkpoint["scheduler"]["_class_name"]]
    (folder / "model_index.json").write_text(json.dumps(index, indent=1) + "\n")


def allowed(case: dict) -> bool:
    return int(case["steps"] * case["strength"]) >= 1


def pairs_of(case: dict) -> set:
    """The pairs that `case` covers; of a scheduler only those with factors of two values, and with the channels."""
    levels = {key: json.dumps(value) for key, value in case.items() if key in FACTORS}
    found = set()
    for (a, x), (b, y) in itertools.combinations(sorted(levels.items()), 2):
        if "scheduler" not in (a, b) or min(len(FACTORS[a]), len(FACTORS[b])) == 2:
            found.add((a, x, b, y))
    found.add(("scheduler", case["scheduler"], "channels", CHECKPOINTS[case["checkpoint"]]["channels"]))
    return found


def chosen() -> list[dict]:
    """All pairs, greedily: of some random cases always the one with the most pairs that are not covered yet."""
    draw = random.Random(SEED)
    missing = set()
    for _ in range(20_000):
        case = {key: draw.choice(values) for key, values in FACTORS.items()}
        if allowed(case):
            missing |= pairs_of(case)
    cases = []
    while missing:
        candidates = [{key: draw.choice(values) for key, values in FACTORS.items()} for _ in range(CANDIDATES)]
        best = max(filter(allowed, candidates), key=lambda case: len(pairs_of(case) & missing))
        missing -= pairs_of(best)
        cases.append(best)
    for index, case in enumerate(cases):
        case["seed"] = SEED + index
        case["prompt"] = PROMPTS[index % len(PROMPTS)]
        case["negativePrompt"] = ["", "blurry"][index % 2]
        case["image"] = ORIGINAL_SIZES[index % len(ORIGINAL_SIZES)]
    # the large sizes take the place of small ones where that costs least
    cheap = sorted(cases, key=lambda case: case["steps"] * case["strength"] * case["guidanceScale"])
    for size, case in zip(LARGE_SIZES, [case for case in cheap if case["paddingMaskCrop"] is None]):
        case["size"] = size
    return cases


def render(pipe, case: dict, dog: Image.Image, mask: Image.Image) -> Image.Image:
    swapped = getattr(diffusers, f"{case['scheduler']}Scheduler")
    if type(pipe.scheduler) is not swapped:
        pipe.scheduler = swapped.from_config(pipe.scheduler.config)
    image, mask_image = (source.resize(case["image"], Image.Resampling.LANCZOS) for source in (dog, mask))
    if case["maskBlur"]:
        mask_image = pipe.mask_processor.blur(mask_image, blur_factor=case["maskBlur"])
    width, height = case["size"]
    seen = []
    result = pipe(
        prompt=case["prompt"],
        negative_prompt=case["negativePrompt"],
        image=image,
        mask_image=mask_image,
        # the size asked for, where the reference takes it; else the next one, resampled below
        width=-(-width // 8) * 8,
        height=-(-height // 8) * 8,
        num_inference_steps=case["steps"],
        strength=case["strength"],
        guidance_scale=case["guidanceScale"],
        padding_mask_crop=case["paddingMaskCrop"],
        clip_skip=case["clipSkip"] or None,
        eta=case["eta"],
        generator=torch.Generator("cpu").manual_seed(case["seed"]),
        callback_on_step_end=lambda _, step, t, values: seen.append(values["latents"]) or {},
    ).images[0]
    assert seen and all(torch.isfinite(latents).all() for latents in seen), case
    if case["paddingMaskCrop"] is None:
        result = result.resize((width, height), Image.Resampling.LANCZOS)
    return result


@torch.no_grad()
def make(out: Path) -> None:
    diffusers.logging.set_verbosity_error()
    generator = torch.Generator().manual_seed(SEED)
    for name in CHECKPOINTS:
        save_checkpoint(out / name, name, generator)
    dog, mask = (Image.open(path).convert("RGB") for path in (DOG_IMAGE, DOG_MASK))
    cases = chosen()
    for index, case in enumerate(cases):
        folder = out / case["checkpoint"]
        pipe = StableDiffusionInpaintPipeline.from_pretrained(folder, torch_dtype=torch.float32)
        pipe.tokenizer = CLIPTokenizerFast.from_pretrained(folder / "tokenizer")
        pipe.set_progress_bar_config(disable=True)
        pixels = np.asarray(render(pipe, case, dog, mask))
        case["stride"] = LARGE_STRIDE if tuple(case["size"]) in LARGE_SIZES else 1
        pixels = pixels[:: case["stride"], :: case["stride"]]
        Image.fromarray(np.ascontiguousarray(pixels)).save(out / f"{index:02}.png", optimize=True)
    (out / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
