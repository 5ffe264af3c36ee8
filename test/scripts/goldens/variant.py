"""Small components that differ from the random checkpoint in every setting, with forward passes in float32 on the CPU.

Their weights are scaled so that every norm sees a variance near its epsilon; a wrong epsilon then shows in the output.
"""

import json
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel

SEED = 4321

TEXT_ENCODER = {
    "model_type": "clip_text_model",
    "vocab_size": 24,
    "hidden_size": 12,
    "intermediate_size": 20,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "max_position_embeddings": 10,
    "hidden_act": "quick_gelu",
    "layer_norm_eps": 1e-2,
}

# As in Stable Diffusion 1, the file says nothing about linear projections.
UNET = {
    "sample_size": 8,
    "in_channels": 9,
    "out_channels": 4,
    "flip_sin_to_cos": False,
    "freq_shift": 1,
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "block_out_channels": [6, 12, 8],
    "layers_per_block": [1, 1, 2],
    "transformer_layers_per_block": [1, 1, 2],
    "attention_head_dim": 2,
    "norm_num_groups": 2,
    "norm_eps": 1e-2,
    "cross_attention_dim": 12,
}

# As in Stable Diffusion 1, the file has no scaling factor.
VAE = {
    "in_channels": 3,
    "out_channels": 3,
    "latent_channels": 4,
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "block_out_channels": [4, 8, 6],
    "layers_per_block": 1,
    "norm_num_groups": 2,
    "sample_size": 16,
}

# What a module's weight and bias are multiplied by: the first ending that fits the module's name counts.
TEXT_FACTORS = {
    # embeddings and the residual stream: variance about 1e-2
    "token_embedding": (0.3, 0),
    "position_embedding": (0.1, 0),
    "out_proj": (0.1, 0.1),
    "fc2": (0.1, 0.1),
}
UNET_FACTORS = {
    # inside a transformer: variance about 1e-5, the epsilon of its layer norms
    "proj_in": (3e-3, 3e-3),
    "to_out.0": (3e-3, 3e-3),
    "ff.net.2": (3e-3, 3e-3),
    # between the blocks: about 1e-6, the epsilon of a transformer's group norm
    "proj_out": (0.3, 1e-3),
    "conv_in": (1e-3, 1e-3),
    "conv2": (1e-3, 1e-3),
    "samplers.0.conv": (1, 1e-3),
    "conv_shortcut": (1, 1e-3),
    # within a residual block: about 1e-2, the UNet's own epsilon
    "conv1": (0.1, 0.1),
    "time_emb_proj": (0.1, 0.1),
}
VAE_FACTORS = {
    # everywhere about 1e-6
    "conv_in": (1e-3, 1e-3),
    "conv1": (1e-3, 1e-3),
    "conv2": (1e-3, 1e-3),
    "to_out.0": (1e-3, 1e-3),
    "samplers.0.conv": (1, 1e-3),
    "conv_shortcut": (1, 1e-3),
}


@torch.no_grad()
def randomise(model, factors, generator):
    """Weights that keep the variance, norms and biases far from 1 and 0, then the factors."""
    for name, module in model.named_modules():
        parameters = dict(module.named_parameters(recurse=False))
        scales = next((pair for ending, pair in factors.items() if name.endswith(ending)), (1, 1))
        for kind, scale in zip(("weight", "bias"), scales):
            if kind not in parameters:
                continue
            value = torch.randn(parameters[kind].shape, generator=generator)
            if kind == "bias":
                value = 0.3 * value
            elif value.ndim == 1:
                value = 1 + 0.3 * value
            elif not isinstance(module, torch.nn.Embedding):
                value = value / value[0].numel() ** 0.5
            parameters[kind].copy_(scale * value)
    return model.eval()


@torch.no_grad()
def make(out: Path) -> None:
    generator = torch.Generator().manual_seed(SEED)

    def randn(*shape):
        return torch.randn(*shape, generator=generator)

    def save_component(folder, config, weights, file_name):
        (out / folder).mkdir()
        (out / folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, out / folder / file_name)

    def save(folder, **arrays):
        for name, array in arrays.items():
            np.save(out / folder / f"{name}.npy", array.numpy())

    text = randomise(CLIPTextModel(CLIPTextConfig(**TEXT_ENCODER)), TEXT_FACTORS, generator)
    # as transformers 5 saves it
    weights = {name.removeprefix("text_model."): tensor for name, tensor in text.state_dict().items()}
    save_component("text_encoder", TEXT_ENCODER, weights, "model.safetensors")
    ids = torch.randint(TEXT_ENCODER["vocab_size"], (2, 10), generator=generator, dtype=torch.int32)
    states = text(ids).last_hidden_state
    save("text_encoder", ids=ids, states=states)

    unet = randomise(UNet2DConditionModel(**UNET), UNET_FACTORS, generator)
    # Each of these reads what lies near 1e-3 through an epsilon of 1e-2; this brings it back near 1.
    for name, module in unet.named_modules():
        if name.endswith(("resnets.0.norm1", "resnets.1.norm1", "resnets.2.norm1", "conv_norm_out")):
            module.weight.mul_(100)
    save_component("unet", UNET, unet.state_dict(), "diffusion_pytorch_model.safetensors")
    sample, timestep = randn(2, 9, 7, 10), torch.tensor([981.0, 21.0])
    save("unet", sample=sample, timestep=timestep, states=states, out=unet(sample, timestep, states).sample)

    vae = randomise(AutoencoderKL(**VAE), VAE_FACTORS, generator)
    assert vae.config.scaling_factor == 0.18215
    save_component("vae", VAE, vae.state_dict(), "diffusion_pytorch_model.safetensors")
    image, latents = torch.rand(1, 3, 16, 20, generator=generator) * 2 - 1, randn(2, 4, 4, 5)
    save("vae", image=image, moments=vae.encode(image).latent_dist.parameters)
    save("vae", latents=latents, decoded=vae.decode(latents).sample)
