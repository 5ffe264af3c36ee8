"""Schedules and trajectories of PNDM and DDIM, set up as the inpaint pipeline sets them up.

The denoiser is a rational function, so that both languages compute it alike; test/diffusion has the same one.
"""

import json
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import DDIMScheduler, EulerDiscreteScheduler, PNDMScheduler, StableDiffusionInpaintPipeline

from .integer_noise import noise_floats

SHAPE = (1, 4, 4, 4)
NOISE_SEED = 5
ALL_STEPS = [1, 4, 20, 50]
FEW_STEPS = [4, 20]
CLASSES = {"PNDM": PNDMScheduler, "DDIM": DDIMScheduler}
FILE_CLASSES = {c.__name__: c for c in (PNDMScheduler, DDIMScheduler, EulerDiscreteScheduler)}

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "num_train_timesteps": 1000}
SD2_INPAINTING = {
    "_class_name": "PNDMScheduler",
    "_diffusers_version": "0.8.0",
    **BETAS,
    "clip_sample": False,
    "prediction_type": "epsilon",
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
}
SD_DDIM = {
    "_class_name": "DDIMScheduler",
    **BETAS,
    "clip_sample": False,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
}
V_PREDICTION = {"prediction_type": "v_prediction"}

# name: (contents of scheduler_config.json, scheduler swapped in or None, step counts)
CASES = {
    "pndm": (SD2_INPAINTING, None, ALL_STEPS),
    "pndm-file-ddim": (SD2_INPAINTING, "DDIM", ALL_STEPS),
    "ddim": (SD_DDIM, None, ALL_STEPS),
    "ddim-file-pndm": (SD_DDIM, "PNDM", ALL_STEPS),
    "pndm-v": (SD2_INPAINTING | V_PREDICTION, None, FEW_STEPS),
    "pndm-v-file-ddim": (SD2_INPAINTING | V_PREDICTION, "DDIM", FEW_STEPS),
    # offset and skipped Runge-Kutta steps are forced on the first and lost in the other two
    "pndm-bare": ({"_class_name": "PNDMScheduler", **BETAS}, None, FEW_STEPS),
    "pndm-bare-file-ddim": ({"_class_name": "PNDMScheduler", **BETAS}, "DDIM", FEW_STEPS),
    "ddim-bare-file-pndm": ({"_class_name": "DDIMScheduler", **BETAS}, "PNDM", [*FEW_STEPS, 7]),
    "ddim-bare-v-file-pndm": ({"_class_name": "DDIMScheduler", **BETAS, **V_PREDICTION}, "PNDM", FEW_STEPS),
    # forced on a key that the file has, and so kept
    "pndm-offset-0-file-ddim": (SD2_INPAINTING | {"steps_offset": 0}, "DDIM", FEW_STEPS),
    "ddim-prk-file-pndm": (SD_DDIM | {"skip_prk_steps": False}, "PNDM", FEW_STEPS),
    "ddim-defaults": ({"_class_name": "DDIMScheduler"}, None, FEW_STEPS),
    "ddim-sample": (
        {"_class_name": "DDIMScheduler", "prediction_type": "sample", "clip_sample_range": 0.75},
        None,
        FEW_STEPS,
    ),
    "pndm-linspace-cosine": (
        SD2_INPAINTING | {"beta_schedule": "squaredcos_cap_v2", "timestep_spacing": "linspace"},
        None,
        [1, *FEW_STEPS],
    ),
    # at 48 numpy's arange is not start + i * step; at 61 it gives one timestep too many
    "pndm-trailing": (SD2_INPAINTING | {"timestep_spacing": "trailing"}, None, [4, 48]),
    "ddim-trailing-zero-snr": (
        SD_DDIM | V_PREDICTION | {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True},
        None,
        [1, *FEW_STEPS, 61],
    ),
    "ddim-linspace": (SD_DDIM | {"timestep_spacing": "linspace"}, None, [1, *FEW_STEPS]),
    "ddim-trained-betas": (
        SD_DDIM | {"num_train_timesteps": 20, "trained_betas": [0.01 + 0.005 * i for i in range(20)]},
        None,
        [1, 4],
    ),
    "euler-file-ddim": ({"_class_name": "EulerDiscreteScheduler", **BETAS}, "DDIM", FEW_STEPS),
}

# Schedules of which all alphas are stored, by the class and arguments they are made with.
ALPHAS = {
    "linear": (PNDMScheduler, {}),
    "scaled_linear": (PNDMScheduler, BETAS),
    "squaredcos_cap_v2": (PNDMScheduler, {"beta_schedule": "squaredcos_cap_v2"}),
    "scaled_linear rescaled": (DDIMScheduler, {**BETAS, "rescale_betas_zero_snr": True}),
}


def in_pipeline(config: dict, swap: str | None):
    """The scheduler that the inpaint pipeline would step with."""
    own = FILE_CLASSES[config["_class_name"]].from_config(config)
    pipeline = StableDiffusionInpaintPipeline(
        vae=None,
        text_encoder=None,
        tokenizer=None,
        unet=None,
        scheduler=own,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    if swap:
        pipeline.scheduler = CLASSES[swap].from_config(pipeline.scheduler.config)
    return pipeline.scheduler


def denoiser(sample: torch.Tensor, timestep: int) -> torch.Tensor:
    return sample * (3 + timestep / 1000) / (2 + sample * sample)


def trajectory(scheduler, steps: int) -> list[np.ndarray]:
    scheduler.set_timesteps(steps)
    sample = torch.from_numpy(noise_floats(int(np.prod(SHAPE)), NOISE_SEED)).reshape(SHAPE)
    sample = sample * scheduler.init_noise_sigma
    samples = []
    for timestep in scheduler.timesteps:
        model_input = scheduler.scale_model_input(sample, timestep)
        sample = scheduler.step(denoiser(model_input, timestep.item()), timestep, sample).prev_sample
        samples.append(sample.flatten().numpy())
    return samples


def make(out: Path) -> None:
    diffusers.logging.set_verbosity_error()
    cases, samples = [], []
    for name, (config, swap, step_counts) in CASES.items():
        runs = []
        for steps in step_counts:
            scheduler = in_pipeline(config, swap)
            first_row = len(samples)
            samples += trajectory(scheduler, steps)
            timesteps = scheduler.timesteps.tolist()
            sigma = float(scheduler.init_noise_sigma)
            runs.append({"steps": steps, "timesteps": timesteps, "initNoiseSigma": sigma, "firstRow": first_row})
        cases.append({"name": name, "config": config, "scheduler": swap, "runs": runs})
    (out / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
    np.save(out / "samples.npy", np.stack(samples))
    np.save(out / "alphas-cumprod.npy", np.stack([c(**k).alphas_cumprod.numpy() for c, k in ALPHAS.values()]))
