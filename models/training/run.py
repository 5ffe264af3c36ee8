"""What every training run shares: averaged weights, checkpoints to resume from, a log. Knows no network."""
import csv
import math
import time
from pathlib import Path

import torch
from torch import nn


class Ema:
    """Exponential moving average of a module's parameters; the average is what is shipped."""

    def __init__(self, module: nn.Module, decay: float):
        self.decay = decay
        self.module = module
        self.values = {name: p.detach().clone().float() for name, p in module.named_parameters()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, p in self.module.named_parameters():
            self.values[name].lerp_(p.float(), 1 - decay)


@torch.no_grad()
def load_averaged(module: nn.Module, folder: Path) -> None:
    """The averaged weights of the run in `folder`."""
    values = torch.load(folder / "last.pt", weights_only=True)["ema"]
    for name, p in module.named_parameters():
        p.copy_(values[name])


class Run:
    """A folder with `last.pt` (replaced as a whole, so that a run that is killed goes on from it) and `log.csv`."""

    def __init__(self, folder: Path, state: dict[str, object], save_every: int):
        self.folder = folder
        self.state = state
        self.save_every = save_every
        self.step = 0
        self.started = time.time()
        folder.mkdir(parents=True, exist_ok=True)
        last = folder / "last.pt"
        if last.exists():
            saved = torch.load(last, weights_only=True)
            self.step = saved.pop("step")
            for name, part in state.items():
                if isinstance(part, Ema):
                    part.values = saved[name]
                else:
                    part.load_state_dict(saved[name])
            print(f"resumed at step {self.step}", flush=True)

    def after_step(self, **losses: float) -> None:
        self.step += 1
        if self.step % 20 == 0:
            self.log(losses)
        if self.step % self.save_every == 0:
            self.save()

    def log(self, losses: dict[str, float]) -> None:
        path = self.folder / "log.csv"
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["step", "seconds", *losses])
            writer.writerow([self.step, round(time.time() - self.started), *(f"{v:.5f}" for v in losses.values())])

    def save(self) -> None:
        saved: dict[str, object] = {"step": self.step}
        for name, part in self.state.items():
            saved[name] = part.values if isinstance(part, Ema) else part.state_dict()
        torch.save(saved, self.folder / "last.tmp")
        (self.folder / "last.tmp").replace(self.folder / "last.pt")


def cosine(step: int, steps: int, warmup: int, floor: float) -> float:
    """The share of the peak learning rate at `step`: up in a line, down to `floor` in half a cosine."""
    if step < warmup:
        return (step + 1) / warmup
    share = min(1.0, (step - warmup) / max(1, steps - warmup))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * share))
