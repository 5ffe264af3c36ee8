"""Forward passes of the random checkpoint's networks in float32 on the CPU, inputs beside outputs."""

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel, CLIPTokenizerFast

from .paths import RANDOM_CHECKPOINT

SEED = 1234
PROMPTS = ["Face of a yellow cat, high resolution, sitting on a park bench", "", "!!! café " * 20]


def load(cls, subfolder):
    """The model, refusing to go on if one tensor did not find its place by name."""
    model, info = cls.from_pretrained(RANDOM_CHECKPOINT, subfolder=subfolder, output_loading_info=True)
    assert not any(info.values()), info
    return model.eval()


@torch.no_grad()
def make(out: Path) -> None:
    generator = torch.Generator().manual_seed(SEED)

    def randn(*shape):
        return torch.randn(*shape, generator=generator)

    def save(name, array):
        np.save(out / f"{name}.npy", array.numpy())

    tokenizer = CLIPTokenizerFast.from_pretrained(RANDOM_CHECKPOINT / "tokenizer")
    ids = tokenizer(PROMPTS, padding="max_length", max_length=77, truncation=True, return_tensors="pt").input_ids
    text_encoder = load(CLIPTextModel, "text_encoder")
    output = text_encoder(ids, output_hidden_states=True)
    states = output.last_hidden_state
    save("text-ids", ids.float())
    save("text-states", states)
    # clip_skip as StableDiffusionInpaintPipeline.encode_prompt has it; the last is the embeddings themselves
    for skip in (1, 2, 23):
        state = output.hidden_states[-(skip + 1)][:1]
        save(f"text-states-skip-{skip}", text_encoder.text_model.final_layer_norm(state))

    unet = load(UNet2DConditionModel, "unet")
    sample, timesteps = randn(2, 9, 16, 16), torch.tensor([981.0, 21.0])
    save("unet-two-timesteps-sample", sample)
    save("unet-two-timesteps-timestep", timesteps)
    save("unet-two-timesteps-out", unet(sample, timesteps, states[:2]).sample)
    odd = randn(1, 9, 25, 41)
    save("unet-odd-sample", odd)
    save("unet-odd-out", unet(odd, torch.tensor([500.0]), states[2:]).sample)

    vae = load(AutoencoderKL, "vae")
    image, latents = torch.rand(1, 3, 64, 72, generator=generator) * 2 - 1, randn(2, 4, 8, 9) / 0.18215
    save("vae-image", image)
    save("vae-moments", vae.encode(image).latent_dist.parameters)
    save("vae-latents", latents)
    save("vae-decoded", vae.decode(latents).sample)
