"""How far a decoded picture is from the original, pixel by pixel. Knows no network."""
import torch
from torch.nn import functional as F

INVISIBLE = 0.005  # of pixels from -1 to 1


def gradients(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]


def detail_loss(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    total = made.new_zeros(())
    for _ in range(3):
        for a, b in zip(gradients(made), gradients(wanted)):
            total = total + (a - b).abs().mean()
        made, wanted = F.avg_pool2d(made, 2), F.avg_pool2d(wanted, 2)
    return total


def contrast_loss(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """
    How much grain there is, not where: the standard deviation of three bands of a Laplacian pyramid (Burt & Adelson 1983)
    in squares of 8 of their pixels. What compares pixel by pixel has a smooth surface nearest to a rough one.
    """
    total = made.new_zeros(())
    for _ in range(3):
        (made, own), (wanted, other) = _split(made), _split(wanted)
        total = total + (_local_deviation(own) - _local_deviation(other)).abs().mean()
    return total


def _split(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    low = F.avg_pool2d(x, 2)
    return low, x - F.interpolate(low, scale_factor=2, mode="bilinear")


def _local_deviation(band: torch.Tensor) -> torch.Tensor:
    return (F.avg_pool2d(band.square(), 8) + INVISIBLE**2).sqrt()


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
