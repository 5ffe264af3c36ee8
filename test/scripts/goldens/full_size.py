"""Forward passes of a full-size checkpoint that test/full-size/write-checkpoint.ts wrote, as F32 in diffusers folders.

Not among the default topics: it takes about 6 GB of memory. Its inputs are integer_noise, so outputs alone are stored.

    FULL_SIZE_CHECKPOINT=FOLDER python test/scripts/make_goldens.py full_size
"""

import os
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel

from .integer_noise import noise_floats, noise_words


def load(cls, subfolder):
    """The model, refusing to go on if one tensor did not find its place by name."""
    folder = Path(os.environ["FULL_SIZE_CHECKPOINT"])
    model, info = cls.from_pretrained(folder, subfolder=subfolder, output_loading_info=True)
    assert not any(info.values()), info
    return model.eval()


@torch.no_grad()
def make(out: Path) -> None:
    # one thread would take minutes for the UNet
    torch.set_num_threads(os.cpu_count())

    def noise(*shape, seed):
        return torch.from_numpy(noise_floats(int(np.prod(shape)), seed)).reshape(shape)

    def save(name, array):
        np.save(out / f"{name}.npy", array.contiguous().numpy())
        print(name, tuple(array.shape), "deviation", float(array.std()), flush=True)

    text = load(CLIPTextModel, "text_encoder")
    ids = torch.from_numpy((noise_words(77, 1) % np.uint32(49408)).astype(np.int64))[None]
    # every eleventh token
    save("text-states", text(ids).last_hidden_state[:, ::11])
    del text

    unet = load(UNet2DConditionModel, "unet")
    sample, states = noise(2, 9, 64, 64, seed=2), noise(2, 77, 1024, seed=3)
    save("unet-out", unet(sample, torch.tensor([981.0, 21.0]), states).sample)
    del unet

    vae = load(AutoencoderKL, "vae")
    save("vae-moments", vae.encode(noise(1, 3, 64, 64, seed=4) / 2).latent_dist.parameters)
    save("vae-decoded", vae.decode(noise(1, 4, 8, 8, seed=5)).sample)
