"""Single-file checkpoints with the original latent-diffusion names, as diffusers' own converters take them apart.

The names and shapes of the files are generated here from the modules of CompVis/latent-diffusion (`UNetModel`,
`Encoder`, `Decoder`) and OpenCLIP's text tower. Every tensor holds its own number, and every third of a fused tensor
its own as well, so that what comes out of a converter tells where it came from. What comes out must be exactly the
state dict of the diffusers model that the converters' own config describes.
"""

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders import single_file_utils as reference
from transformers import CLIPTextConfig, CLIPTextModel

UNET = {
    "image_size": 32,
    "out_channels": 4,
    "attention_resolutions": [4, 2, 1],
    "num_res_blocks": 2,
    "channel_mult": [1, 2, 4, 4],
    "use_spatial_transformer": True,
    "transformer_depth": 1,
    "legacy": False,
}
SD1_UNET = {**UNET, "model_channels": 320, "num_heads": 8, "context_dim": 768}
SD2_UNET = {
    **UNET,
    "model_channels": 320,
    "num_head_channels": 64,
    "use_linear_in_transformer": True,
    "context_dim": 1024,
}
VAE = {"z_channels": 4, "in_channels": 3, "out_ch": 3, "ch": 128, "ch_mult": [1, 2, 4, 4], "num_res_blocks": 2}
CLIP = {"width": 768, "layers": 12, "vocabulary": 49408, "inner": 3072}
OPEN_CLIP = {"width": 1024, "layers": 24, "vocabulary": 49408, "inner": 4096}

# Two levels at the least width that 32 groups and heads of 64 channels allow.
TINY_UNET = {"channel_mult": [1, 2], "attention_resolutions": [1], "num_res_blocks": 1}
TINY_VAE = {**VAE, "ch": 32, "ch_mult": [1, 1, 2, 1], "num_res_blocks": 1}
TINY_VOCABULARY = 927

MODELS = {
    "sd1-inpainting": (9, SD1_UNET, VAE, "clip", CLIP),
    "sd2-inpainting": (9, SD2_UNET, VAE, "openclip", OPEN_CLIP),
    "tiny-sd1-inpainting": (
        9,
        {**SD1_UNET, **TINY_UNET, "model_channels": 32, "context_dim": 64, "transformer_depth": 2},
        TINY_VAE,
        "clip",
        {"width": 64, "layers": 2, "vocabulary": TINY_VOCABULARY, "inner": 128},
    ),
    "tiny-sd2-inpainting": (
        9,
        {**SD2_UNET, **TINY_UNET, "model_channels": 64, "context_dim": 64},
        TINY_VAE,
        "openclip",
        {"width": 64, "layers": 24, "vocabulary": TINY_VOCABULARY, "inner": 96},
    ),
}

TEXT_CONFIG_KEYS = [
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "max_position_embeddings",
    "hidden_act",
    "layer_norm_eps",
]


class Names:
    """Collects names with shapes, as a module's constructor would register them."""

    def __init__(self):
        self.shapes = {}

    def conv(self, name, out_c, in_c, kernel):
        self.shapes[f"{name}.weight"] = [out_c, in_c, kernel, kernel]
        self.shapes[f"{name}.bias"] = [out_c]

    def linear(self, name, out_c, in_c, bias=True):
        self.shapes[f"{name}.weight"] = [out_c, in_c]
        if bias:
            self.shapes[f"{name}.bias"] = [out_c]

    def norm(self, name, channels):
        self.shapes[f"{name}.weight"] = [channels]
        self.shapes[f"{name}.bias"] = [channels]


def unet_names(in_channels, params):
    """openaimodel.py, `UNetModel.__init__`, in its order."""
    names = Names()
    root, width = "model.diffusion_model", params["model_channels"]
    embedding = 4 * width
    names.linear(f"{root}.time_embed.0", embedding, width)
    names.linear(f"{root}.time_embed.2", embedding, embedding)

    def resnet(name, in_c, out_c):
        names.norm(f"{name}.in_layers.0", in_c)
        names.conv(f"{name}.in_layers.2", out_c, in_c, 3)
        names.linear(f"{name}.emb_layers.1", out_c, embedding)
        names.norm(f"{name}.out_layers.0", out_c)
        names.conv(f"{name}.out_layers.3", out_c, out_c, 3)
        if in_c != out_c:
            names.conv(f"{name}.skip_connection", out_c, in_c, 1)

    def transformer(name, channels):
        names.norm(f"{name}.norm", channels)
        linear = params.get("use_linear_in_transformer", False)
        project = names.linear if linear else lambda part, out_c, in_c: names.conv(part, out_c, in_c, 1)
        project(f"{name}.proj_in", channels, channels)
        for depth in range(params["transformer_depth"]):
            block = f"{name}.transformer_blocks.{depth}"
            for part, source in (("attn1", channels), ("attn2", params["context_dim"])):
                names.linear(f"{block}.{part}.to_q", channels, channels, bias=False)
                names.linear(f"{block}.{part}.to_k", channels, source, bias=False)
                names.linear(f"{block}.{part}.to_v", channels, source, bias=False)
                names.linear(f"{block}.{part}.to_out.0", channels, channels)
            names.linear(f"{block}.ff.net.0.proj", 8 * channels, channels)
            names.linear(f"{block}.ff.net.2", channels, 4 * channels)
            for norm in ("norm1", "norm2", "norm3"):
                names.norm(f"{block}.{norm}", channels)
        project(f"{name}.proj_out", channels, channels)

    names.conv(f"{root}.input_blocks.0.0", width, in_channels, 3)
    skips, channels, resolution, i = [width], width, 1, 1
    for level, multiple in enumerate(params["channel_mult"]):
        for _ in range(params["num_res_blocks"]):
            resnet(f"{root}.input_blocks.{i}.0", channels, multiple * width)
            channels = multiple * width
            if resolution in params["attention_resolutions"]:
                transformer(f"{root}.input_blocks.{i}.1", channels)
            skips.append(channels)
            i += 1
        if level != len(params["channel_mult"]) - 1:
            names.conv(f"{root}.input_blocks.{i}.0.op", channels, channels, 3)
            skips.append(channels)
            resolution *= 2
            i += 1
    resnet(f"{root}.middle_block.0", channels, channels)
    transformer(f"{root}.middle_block.1", channels)
    resnet(f"{root}.middle_block.2", channels, channels)
    i = 0
    for level, multiple in reversed(list(enumerate(params["channel_mult"]))):
        for layer in range(params["num_res_blocks"] + 1):
            resnet(f"{root}.output_blocks.{i}.0", channels + skips.pop(), multiple * width)
            channels, part = multiple * width, 1
            if resolution in params["attention_resolutions"]:
                transformer(f"{root}.output_blocks.{i}.1", channels)
                part = 2
            if level > 0 and layer == params["num_res_blocks"]:
                names.conv(f"{root}.output_blocks.{i}.{part}.conv", channels, channels, 3)
                resolution //= 2
            i += 1
    names.norm(f"{root}.out.0", channels)
    names.conv(f"{root}.out.2", params["out_channels"], width, 3)
    return names.shapes


def vae_names(params):
    """diffusionmodules/model.py, `Encoder` and `Decoder`; models/autoencoder.py, `AutoencoderKL`."""
    names = Names()
    root, width, latent = "first_stage_model", params["ch"], params["z_channels"]
    multiples = params["ch_mult"]

    def resnet(name, in_c, out_c):
        names.norm(f"{name}.norm1", in_c)
        names.conv(f"{name}.conv1", out_c, in_c, 3)
        names.norm(f"{name}.norm2", out_c)
        names.conv(f"{name}.conv2", out_c, out_c, 3)
        if in_c != out_c:
            names.conv(f"{name}.nin_shortcut", out_c, in_c, 1)

    def middle(name, channels):
        resnet(f"{name}.block_1", channels, channels)
        names.norm(f"{name}.attn_1.norm", channels)
        for part in ("q", "k", "v", "proj_out"):
            names.conv(f"{name}.attn_1.{part}", channels, channels, 1)
        resnet(f"{name}.block_2", channels, channels)

    names.conv(f"{root}.encoder.conv_in", width, params["in_channels"], 3)
    channels = width
    for level, multiple in enumerate(multiples):
        for layer in range(params["num_res_blocks"]):
            resnet(f"{root}.encoder.down.{level}.block.{layer}", channels, multiple * width)
            channels = multiple * width
        if level != len(multiples) - 1:
            names.conv(f"{root}.encoder.down.{level}.downsample.conv", channels, channels, 3)
    middle(f"{root}.encoder.mid", channels)
    names.norm(f"{root}.encoder.norm_out", channels)
    names.conv(f"{root}.encoder.conv_out", 2 * latent, channels, 3)
    names.conv(f"{root}.decoder.conv_in", channels, latent, 3)
    middle(f"{root}.decoder.mid", channels)
    for level, multiple in reversed(list(enumerate(multiples))):
        for layer in range(params["num_res_blocks"] + 1):
            resnet(f"{root}.decoder.up.{level}.block.{layer}", channels, multiple * width)
            channels = multiple * width
        if level != 0:
            names.conv(f"{root}.decoder.up.{level}.upsample.conv", channels, channels, 3)
    names.norm(f"{root}.decoder.norm_out", channels)
    names.conv(f"{root}.decoder.conv_out", params["out_ch"], channels, 3)
    names.conv(f"{root}.quant_conv", 2 * latent, 2 * latent, 1)
    names.conv(f"{root}.post_quant_conv", latent, latent, 1)
    return names.shapes


def clip_names(sizes):
    """transformers' own names of 2022, with the buffer of positions that was saved then."""
    names = Names()
    root, width = "cond_stage_model.transformer.text_model", sizes["width"]
    names.shapes[f"{root}.embeddings.position_ids"] = [1, 77]
    names.shapes[f"{root}.embeddings.token_embedding.weight"] = [sizes["vocabulary"], width]
    names.shapes[f"{root}.embeddings.position_embedding.weight"] = [77, width]
    for i in range(sizes["layers"]):
        layer = f"{root}.encoder.layers.{i}"
        for part in ("k_proj", "v_proj", "q_proj", "out_proj"):
            names.linear(f"{layer}.self_attn.{part}", width, width)
        names.norm(f"{layer}.layer_norm1", width)
        names.linear(f"{layer}.mlp.fc1", sizes["inner"], width)
        names.linear(f"{layer}.mlp.fc2", width, sizes["inner"])
        names.norm(f"{layer}.layer_norm2", width)
    names.norm(f"{root}.final_layer_norm", width)
    return names.shapes


def open_clip_names(sizes):
    """open_clip's `TextTransformer` inside `FrozenOpenCLIPEmbedder`."""
    names = Names()
    root, width = "cond_stage_model.model", sizes["width"]
    names.shapes[f"{root}.positional_embedding"] = [77, width]
    names.shapes[f"{root}.text_projection"] = [width, width]
    names.shapes[f"{root}.logit_scale"] = []
    for i in range(sizes["layers"]):
        block = f"{root}.transformer.resblocks.{i}"
        names.norm(f"{block}.ln_1", width)
        names.shapes[f"{block}.attn.in_proj_weight"] = [3 * width, width]
        names.shapes[f"{block}.attn.in_proj_bias"] = [3 * width]
        names.linear(f"{block}.attn.out_proj", width, width)
        names.norm(f"{block}.ln_2", width)
        names.linear(f"{block}.mlp.c_fc", sizes["inner"], width)
        names.linear(f"{block}.mlp.c_proj", width, sizes["inner"])
    names.shapes[f"{root}.token_embedding.weight"] = [sizes["vocabulary"], width]
    names.norm(f"{root}.ln_final", width)
    return names.shapes


# What Lightning saves of the diffusion itself.
BUFFERS = {
    name: [1000]
    for name in (
        "betas alphas_cumprod alphas_cumprod_prev sqrt_alphas_cumprod sqrt_one_minus_alphas_cumprod "
        "log_one_minus_alphas_cumprod sqrt_recip_alphas_cumprod sqrt_recipm1_alphas_cumprod posterior_variance "
        "posterior_log_variance_clipped posterior_mean_coef1 posterior_mean_coef2"
    ).split()
}


def numbered(shapes):
    """Tensors whose every value is 3 × their number, plus the third of the first axis that it lies in when fused."""
    tensors = {}
    for number, (name, shape) in enumerate(shapes.items()):
        tensor = torch.tensor(3 * number, dtype=torch.int16).expand(shape)
        if "in_proj" in name:
            third = shape[0] // 3
            tensor = torch.cat([tensor[:third] + part for part in range(3)])
        tensors[name] = tensor
    return tensors


def origins(converted, shapes):
    """Name there → [number of the tensor it came from, which third of it]."""
    result = {}
    for name, tensor in converted.items():
        low, high = int(tensor.min()), int(tensor.max())
        assert low == high, name
        number, third = divmod(low, 3)
        fused = "in_proj" in list(shapes)[number]
        result[name] = [number, third] if fused else [number]
    return result


def original_config(in_channels, unet, vae):
    return {
        "model": {
            "params": {
                "unet_config": {"params": {**unet, "in_channels": in_channels}},
                "first_stage_config": {"params": {"ddconfig": vae}},
            }
        }
    }


def expect_state(model_class, config, converted):
    with torch.device("meta"):
        model = model_class(config) if isinstance(config, CLIPTextConfig) else model_class.from_config(config)
    expected = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    got = {
        name: list(tensor.shape)
        for name, tensor in converted.items()
        if "position_ids" not in name and name != "text_projection.weight"
    }
    assert got == expected, (model_class.__name__, set(got) ^ set(expected))


def convert(in_channels, unet, vae, kind, text):
    shapes = {
        **BUFFERS,
        **unet_names(in_channels, unet),
        **vae_names(vae),
        **(clip_names(text) if kind == "clip" else open_clip_names(text)),
    }
    tensors = numbered(shapes)
    yaml = original_config(in_channels, unet, vae)
    unet_config = reference.create_unet_diffusers_config_from_ldm(yaml, tensors)
    vae_config = reference.create_vae_diffusers_config_from_ldm(yaml, tensors)
    text_config = CLIPTextConfig(
        vocab_size=text["vocabulary"],
        hidden_size=text["width"],
        intermediate_size=text["inner"],
        num_hidden_layers=min(text["layers"], 23),
        num_attention_heads=text["width"] // 64,
        hidden_act="quick_gelu" if kind == "clip" else "gelu",
    )
    converted = {
        "unet": reference.convert_ldm_unet_checkpoint(dict(tensors), unet_config),
        "vae": reference.convert_ldm_vae_checkpoint(dict(tensors), vae_config),
    }
    if kind == "clip":
        assert reference.is_clip_model(tensors)
        converted["text_encoder"] = reference.convert_ldm_clip_checkpoint(tensors)
    else:
        assert reference.is_open_clip_model(tensors) or text["width"] == 64
        with torch.device("meta"):
            model = CLIPTextModel(text_config)
        converted["text_encoder"] = reference.convert_open_clip_checkpoint(model, tensors)
    expect_state(UNet2DConditionModel, unet_config, converted["unet"])
    expect_state(AutoencoderKL, vae_config, converted["vae"])
    expect_state(CLIPTextModel, text_config, converted["text_encoder"])
    return {
        "modelType": reference.infer_diffusers_model_type(tensors),
        "tensors": [[name, shape] for name, shape in shapes.items()],
        "components": {name: origins(state, shapes) for name, state in converted.items()},
        "configs": {
            "unet": unet_config,
            "vae": vae_config,
            "text_encoder": {key: getattr(text_config, key) for key in TEXT_CONFIG_KEYS},
        },
    }


def make(out: Path) -> None:
    for name, model in MODELS.items():
        table = convert(*model)
        (out / f"{name}.json").write_text(json.dumps(table, separators=(",", ":")) + "\n")
