"""Which options of each scheduler class the trajectories cover: one entry is one set of config keys.

A class has every entry with every prediction type, number of steps and strength of trajectories.py. `eta` is not of the
config but of the request; `swapped_from` puts the class in the place of a checkpoint's own, whose file is in FILES.
"""

from itertools import product

# What Stable Diffusion's scheduler files have in common; an entry's own keys win.
SD_FILE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
FILES = {
    "PNDM": {"_class_name": "PNDMScheduler", **SD_FILE, "skip_prk_steps": True, "trained_betas": None},
    # nothing of the pipeline's own is forced on a class that lacks the key: it is lost in a swap
    "EulerDiscrete": {"_class_name": "EulerDiscreteScheduler", "beta_schedule": "scaled_linear"},
}

SPACINGS = [{"timestep_spacing": spacing} for spacing in ["leading", "linspace", "trailing"]]
SIGMAS = [{f"use_{name}_sigmas": True} for name in ["karras", "exponential", "beta"]]
TWO_SIGMAS = {"use_karras_sigmas": True, "use_beta_sigmas": True}
THRESHOLDING = {"thresholding": True, "dynamic_thresholding_ratio": 0.9, "sample_max_value": 1.5}
ZERO_SNR = {"rescale_betas_zero_snr": True}
FROM_PNDM = {"swapped_from": "PNDM"}


def each(*axes: list[dict]) -> list[dict]:
    """Every combination of one entry of each axis."""
    return [{key: value for part in parts for key, value in part.items()} for parts in product(*axes)]


ALPHA_CLIPPING = [{"clip_sample": True}, {"clip_sample": True, "clip_sample_range": 0.5}, THRESHOLDING]
SIGMA_SCHEDULES = [*each(SPACINGS, [{}, *SIGMAS]), TWO_SIGMAS, FROM_PNDM]

OPTIONS: dict[str, list[dict]] = {
    "PNDM": [
        *SPACINGS,
        {"set_alpha_to_one": True},
        {"skip_prk_steps": False},
        # the Runge-Kutta steps are only left where another class's file lacks the key that is forced
        {"swapped_from": "EulerDiscrete"},
    ],
    "DDIM": [
        *each(SPACINGS, [{}, ZERO_SNR]),
        *each([{"timestep_spacing": "leading"}], [{"eta": 0.5}, {"eta": 1.0}]),
        # at eta 1 the reference takes the root of a difference that is 0 but for a last bit, and makes NaN by luck
        *each([{"timestep_spacing": "trailing"}], [ZERO_SNR], [{"eta": 0.5}, {"clip_sample": True}]),
        {"set_alpha_to_one": True},
        *ALPHA_CLIPPING,
        FROM_PNDM,
    ],
    "DDPM": [
        *each(SPACINGS, [{}, ZERO_SNR]),
        *[
            {"variance_type": name}
            for name in ["fixed_small_log", "fixed_large", "fixed_large_log", "learned", "learned_range"]
        ],
        {"beta_schedule": "sigmoid"},
        {"beta_schedule": "laplace"},
        {"beta_schedule": "exp"},
        *ALPHA_CLIPPING,
        FROM_PNDM,
    ],
    "LCM": [
        {},
        ZERO_SNR,
        *[{"timestep_spacing": spacing} for spacing in ["linspace", "trailing"]],
        {"original_inference_steps": 100},
        {"original_inference_steps": 10},
        {"timestep_scaling": 2.0},
        {"set_alpha_to_one": True},
        *ALPHA_CLIPPING,
        FROM_PNDM,
    ],
    "LMSDiscrete": SIGMA_SCHEDULES,
    "EulerDiscrete": [
        *SIGMA_SCHEDULES,
        *each(SPACINGS, [ZERO_SNR]),
        {"timestep_type": "continuous"},
        {"timestep_type": "continuous", "use_karras_sigmas": True},
        {"interpolation_type": "log_linear"},
        {"interpolation_type": "log_linear", "timestep_spacing": "trailing"},
        {"final_sigmas_type": "sigma_min"},
        *each(SIGMAS, [{"sigma_min": 0.05, "sigma_max": 10.0}]),
        {"beta_schedule": "linear"},
        {"beta_schedule": "squaredcos_cap_v2"},
    ],
    "EulerAncestralDiscrete": [*each(SPACINGS, [{}, ZERO_SNR]), FROM_PNDM],
    "HeunDiscrete": [
        *SIGMA_SCHEDULES,
        {"beta_schedule": "exp"},
        {"clip_sample": True},
        {"clip_sample": True, "clip_sample_range": 0.5},
        # no key of the class, but one that it finds in its own file
        {"use_karras_sigmas": True, "sigma_min": 0.05, "sigma_max": 10.0},
    ],
    "KDPM2Discrete": SIGMA_SCHEDULES,
    "KDPM2AncestralDiscrete": SIGMA_SCHEDULES,
}
