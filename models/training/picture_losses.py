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


def opponents(x: torch.Tensor) -> torch.Tensor:
    """Red against green, both against blue: what L1 of the channels alone is slow to tell apart."""
    red, green, blue = x.unbind(1)
    return torch.stack([red - green, 0.5 * (red + green) - blue], 1)
