"""Sigma schedules as the reference's schedulers compute them, and the pieces they are made of."""

import json
from pathlib import Path

import numpy as np
import scipy.stats
from diffusers import DPMSolverMultistepScheduler

COUNTS = [1, 2, 5, 20, 50]
SHAPE = 0.6
SCALED_LINEAR = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
# Step counts at which numpy's arange is not start + i * step, or gives one timestep too many, and plain ones.
SPACED_COUNTS = [7, 30, 48, 61, 99]
SPACED = [
    {"timestep_spacing": "linspace"},
    {"timestep_spacing": "leading", "steps_offset": 1},
    {"timestep_spacing": "trailing"},
    {"timestep_spacing": "trailing", "lambda_min_clipped": -3.0},
    {"use_karras_sigmas": True},
    {"use_lu_lambdas": True},
    {"use_exponential_sigmas": True},
    {"use_beta_sigmas": True},
]
TABLES = {
    "linear": {},
    "scaled_linear": SCALED_LINEAR,
    "squaredcos_cap_v2": {"beta_schedule": "squaredcos_cap_v2"},
    "scaled_linear rescaled": SCALED_LINEAR | {"rescale_betas_zero_snr": True},
}


def probabilities() -> np.ndarray:
    """What the schedules ask for, and the far ends."""
    ends = 10.0 ** -np.arange(1, 17, dtype=np.float64)
    asked = [1 - np.linspace(0, 1, count) for count in (2, 3, 5, 20, 50, 99, 200)]
    return np.unique(np.concatenate([*asked, ends, 1 - ends]))


def schedules(scheduler: DPMSolverMultistepScheduler, sigmas: np.ndarray) -> list[dict]:
    log_sigmas = np.log(sigmas)
    falling = np.flip(sigmas).copy()
    makers = {
        "karras": lambda count: scheduler._convert_to_karras(falling, count),
        "exponential": lambda count: scheduler._convert_to_exponential(falling, count),
        "beta": lambda count: scheduler._convert_to_beta(falling, count),
        "lu": lambda count: np.exp(scheduler._convert_to_lu(np.flip(log_sigmas.copy()), count)),
    }
    return [
        {
            "name": name,
            "sigmas": [float(sigma) for sigma in made],
            "timesteps": [float(scheduler._sigma_to_t(sigma, log_sigmas)) for sigma in made],
        }
        for name, make in makers.items()
        for count in COUNTS
        for made in [np.asarray(make(count), dtype=np.float64)]
    ]


def make(folder: Path) -> None:
    rng = np.random.default_rng(11)
    values = np.exp(rng.uniform(-20, 20, 4000)).astype(np.float32)
    values = np.concatenate([values, np.float32(2.0) ** np.arange(-40, 41, dtype=np.float32)])
    neighbours = np.nextafter(values[-81:], np.float32(0))
    values = np.concatenate([values, neighbours])
    np.save(folder / "log-float32.npy", np.stack([values, np.log(values)]))

    p = probabilities()
    quantiles = {"shape": SHAPE, "p": p.tolist(), "x": scipy.stats.beta.ppf(p, SHAPE, SHAPE).tolist()}
    (folder / "beta-quantiles.json").write_text(json.dumps(quantiles) + "\n")

    tables = []
    for name, config in TABLES.items():
        scheduler = DPMSolverMultistepScheduler(**config)
        sigmas = scheduler.sigmas.numpy()
        tables.append({"table": name, "schedules": schedules(scheduler, sigmas)})
        np.save(folder / f"table-{name.replace(' ', '-')}.npy", np.stack([sigmas, np.log(sigmas)]))
    (folder / "schedules.json").write_text(json.dumps(tables) + "\n")

    spaced = []
    for config in SPACED:
        file = {"_class_name": "DPMSolverMultistepScheduler", **SCALED_LINEAR, **config}
        scheduler = DPMSolverMultistepScheduler.from_config(file)
        for count in SPACED_COUNTS:
            scheduler.set_timesteps(count)
            spaced.append({"file": file, "steps": count, "timesteps": scheduler.timesteps.tolist()})
    (folder / "spaced.json").write_text(json.dumps(spaced) + "\n")
