"""How far a decoded picture is from the original, pixel by pixel. Knows no network."""
import torch
from torch.nn import functional as F


def gradients(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def detail_loss(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    total = made.new_zeros(())
    for _ in range(3):
        for a, b in zip(gradients(made), gradients(wanted)):
            total = total + (a - b).abs().mean()
        made, wanted = F.avg_pool2d(made, 2), F.avg_pool2d(wanted, 2)
    return total


def colour_loss(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """
    Of pixels, and of squares of 4 and 16 pixels, whose mean colour has no grain in it. A latent has room for little more
    than that, and learns it late from single pixels.
    """
    total = made.new_zeros(())
    for size in (1, 4, 16):
        total = total + (_opponents(F.avg_pool2d(made, size)) - _opponents(F.avg_pool2d(wanted, size))).abs().mean()
    return total


def _opponents(x: torch.Tensor) -> torch.Tensor:
    """Red against green, both against blue: what L1 of the channels alone is slow to tell apart."""
    red, green, blue = x.unbind(1)
    return torch.stack([red - green, 0.5 * (red + green) - blue], 1)
