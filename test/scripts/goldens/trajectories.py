"""Every cell scheduler x options x prediction type x steps x strength: what the inpaint pipeline makes of it.

The denoiser is a rational function, so that both languages compute it alike; test/diffusion has the same one. Of each
call the timestep and some values are stored, of the last one more; or what the reference said or did instead.
"""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers import StableDiffusionInpaintPipeline

from .integer_noise import noise_floats
from .scheduler_options import FILES, OPTIONS, SD_FILE
from .solver_options import SOLVER_OPTIONS

SHAPE = (1, 4, 4, 4)
NOISE_SEED = 5
IMAGE_SEED = 6
GENERATOR_SEED = 7
PREDICTION_TYPES = ["epsilon", "v_prediction", "sample"]
STEPS = [1, 5, 20]
STRENGTHS = [1, 0.75, 0.3]
# Which of the 64 values are stored of each call's sample, of the noised image after it, and of the last sample.
SAMPLE_AT = [0, 27, 54]
NOISED_AT = [13]
LAST_AT = slice(0, 64, 4)
MESSAGE_CHARS = 80


@contextmanager
def rounded_roots() -> Iterator[None]:
    """Square roots rounded as IEEE 754 says.

    torch's own, from MKL, are a last bit off in every fifth value and differ with the processor. Where a schedule begins
    at sigma 4096 (zero terminal SNR) or takes the difference of two squares (ancestral steps), that moves the reference
    against itself by up to 1e-3.
    """
    own_sqrt, own_pow = torch.Tensor.sqrt, torch.Tensor.__pow__

    def sqrt(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(np.asarray(np.sqrt(x.numpy())))

    torch.Tensor.sqrt = sqrt
    torch.Tensor.__pow__ = lambda x, exponent: sqrt(x) if exponent == 0.5 else own_pow(x, exponent)
    try:
        yield
    finally:
        torch.Tensor.sqrt, torch.Tensor.__pow__ = own_sqrt, own_pow


class Refused(Exception):
    """The reference's own words, or what it did where it said nothing."""


def file_of(name: str, options: dict) -> dict:
    """The checkpoint's scheduler_config.json."""
    keys = {key: value for key, value in options.items() if key not in ("eta", "swapped_from")}
    own = {"_class_name": f"{name}Scheduler", **SD_FILE}
    return (FILES[options["swapped_from"]] if "swapped_from" in options else own) | keys


def in_pipeline(name: str, file: dict) -> StableDiffusionInpaintPipeline:
    """A pipeline with the scheduler that it would step with."""
    pipeline = StableDiffusionInpaintPipeline(
        vae=None,
        text_encoder=None,
        tokenizer=None,
        unet=None,
        scheduler=getattr(diffusers, file["_class_name"]).from_config(file),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    if file["_class_name"] != f"{name}Scheduler":
        pipeline.scheduler = getattr(diffusers, f"{name}Scheduler").from_config(pipeline.scheduler.config)
    return pipeline


def denoiser(sample: torch.Tensor, timestep: float) -> torch.Tensor:
    return sample * (3 + timestep / 1000) / (2 + sample * sample)


def latents(seed: int) -> torch.Tensor:
    return torch.from_numpy(noise_floats(int(np.prod(SHAPE)), seed)).reshape(SHAPE)


def trajectory(name: str, file: dict, eta: float, steps: int, strength: float) -> tuple[int, list[float]]:
    """`retrieve_timesteps`, `get_timesteps`, `prepare_latents` and the loop of the inpaint pipeline.

    The number of UNet calls, and the values to store.
    """
    pipeline = in_pipeline(name, file)
    scheduler = pipeline.scheduler
    scheduler.set_timesteps(steps, device="cpu")
    timesteps, left = pipeline.get_timesteps(num_inference_steps=steps, strength=strength, device="cpu")
    if left < 1:
        raise Refused("pipeline: fewer than one step is left")
    noise, image = latents(NOISE_SEED), latents(IMAGE_SEED)
    if strength == 1:
        sample = noise * scheduler.init_noise_sigma
    else:
        sample = scheduler.add_noise(image, noise, timesteps[:1])
    extra = pipeline.prepare_extra_step_kwargs(torch.Generator().manual_seed(GENERATOR_SEED), eta)
    values = [float(scheduler.init_noise_sigma), *sample.flatten()[SAMPLE_AT].tolist()]
    for i, timestep in enumerate(timesteps):
        model_input = scheduler.scale_model_input(sample, timestep)
        sample = scheduler.step(denoiser(model_input, timestep.item()), timestep, sample, **extra).prev_sample
        if not torch.isfinite(sample).all():
            raise Refused(f"values that are not finite after call {i + 1}")
        if i == len(timesteps) - 1:
            return i + 1, [*values, timestep.item(), *sample.flatten()[LAST_AT].tolist()]
        noised = scheduler.add_noise(image, noise, torch.tensor([timesteps[i + 1]]))
        values += [timestep.item(), *sample.flatten()[SAMPLE_AT].tolist(), *noised.flatten()[NOISED_AT].tolist()]
    raise Refused("no timestep at all")


def run(name: str, file: dict, eta: float, steps: int, strength: float) -> tuple[dict, list[float]]:
    """What the index says of the run, and the values to store."""
    about = {"steps": steps, "strength": strength}
    try:
        with rounded_roots(), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            calls, values = trajectory(name, file, eta, steps, strength)
            return {**about, "calls": calls}, values
    except Refused as refusal:
        return {**about, "calls": 0, "refused": str(refusal)}, []
    except Exception as error:  # noqa: BLE001: whatever the reference does is what is recorded
        said = f"{type(error).__name__}: {error}".splitlines()[0][:MESSAGE_CHARS]
        return {**about, "calls": 0, "refused": said}, []


def make(out: Path) -> None:
    diffusers.logging.set_verbosity_error()
    index = {}
    for name, entries in (OPTIONS | SOLVER_OPTIONS).items():
        values: list[float] = []
        cells = []
        for options in entries:
            for prediction_type in PREDICTION_TYPES:
                file = file_of(name, options) | {"prediction_type": prediction_type}
                runs = []
                for steps in STEPS:
                    for strength in STRENGTHS:
                        about, stored = run(name, file, options.get("eta", 0.0), steps, strength)
                        runs.append(about)
                        values += stored
                cells.append({"options": options, "file": file, "runs": runs})
        index[name] = cells
        np.save(out / f"{name}.npy", np.array(values, dtype=np.float32))
    rows = [f'"{name}": [\n' + ",\n".join(map(json.dumps, cells)) + "\n]" for name, cells in index.items()]
    (out / "index.json").write_text("{\n" + ",\n".join(rows) + "\n}\n")
