"""
How far features are from telling the mean colour of their place, and a decoder's features to ask. Learned from pixels
alone, a latent tells light from dark and little else for thousands of steps (after 3400 pink came back as grey), and each
block of a decoder loses some of what a latent tells.
"""
import torch
from diffusers.models.autoencoders.vae import Decoder
from torch.nn import functional as F

FACTOR = 8  # pixels of a latent's square, each way


def decoded(decoder: Decoder, latents: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """What `decoder(latents)` gives, and the features after each of its blocks, as means over the latents' squares."""
    features = decoder.mid_block(decoder.conv_in(latents))
    told = [features.float()]
    for block in decoder.up_blocks:
        features = block(features)
        told.append(F.adaptive_avg_pool2d(features.float(), latents.shape[2:]))
    return decoder.conv_out(decoder.conv_act(decoder.conv_norm_out(features))).float(), told


def told_colour_loss(features: torch.Tensor, pictures: torch.Tensor) -> torch.Tensor:
    """
    L1 between the mean colour of a latent's square and the nearest linear function of its features (least squares, in
    each batch anew).
    """
    seen = features.movedim(1, -1).flatten(0, 2)
    seen = torch.cat([seen, torch.ones_like(seen[:, :1])], 1)
    wanted = F.avg_pool2d(pictures, FACTOR).movedim(1, -1).flatten(0, 2)
    nearest = torch.linalg.lstsq(seen.detach(), wanted).solution
    return (seen @ nearest - wanted).abs().mean()
