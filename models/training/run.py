"""What every training run shares: averaged weights, checkpoints to resume from, a log. Knows no network."""
import csv
import math
import shutil
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

LOG_EVERY = 20


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
    """
    A folder with `last.pt` (replaced as a whole, so that a run that is killed goes on from it), one checkpoint of every
    thousand steps (to go on from it, copy it to `last.pt`) and `log.csv` with the means of 20 steps each.
    State may be modules, optimizers, averages and NumPy's generators; torch's own random numbers are always part of it.
    """

    def __init__(self, folder: Path, state: dict[str, object], save_every: int = 200, keep_every: int = 1000):
        self.folder = folder
        self.state = state
        self.save_every, self.keep_every = save_every, keep_every
        self.step = 0
        self.sums: dict[str, list[float]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        seconds = 0.0
        last = folder / "last.pt"
        if last.exists():
            saved = torch.load(last, weights_only=True)
            self.step, seconds = saved["step"], saved["seconds"]
            torch.set_rng_state(saved["torch"])
            for name, part in state.items():
                _restore(part, saved[name])
            self._forget_log_after(self.step)
            print(f"resumed at step {self.step}", flush=True)
        self.started = time.time() - seconds

    def after_step(self, **losses: float | None) -> None:
        """None: this step says nothing of that loss."""
        self.step += 1
        for name, value in losses.items():
            self.sums.setdefault(name, []).extend([] if value is None else [value])
        if self.step % LOG_EVERY == 0:
            self._log()
        if self.step % self.save_every == 0:
            self.save()

    def save(self) -> None:
        saved: dict[str, object] = {"step": self.step, "seconds": self.seconds(), "torch": torch.get_rng_state()}
        for name, part in self.state.items():
            saved[name] = _saved(part)
        torch.save(saved, self.folder / "last.tmp")
        (self.folder / "last.tmp").replace(self.folder / "last.pt")
        if self.step % self.keep_every == 0:
            shutil.copyfile(self.folder / "last.pt", self.folder / f"step-{self.step}.pt")

    def seconds(self) -> float:
        """Of all parts of the run, without the time between them."""
        return time.time() - self.started

    def _log(self) -> None:
        path = self.folder / "log.csv"
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["step", "seconds", *self.sums])
            means = (f"{sum(values) / len(values):.5f}" if values else "" for values in self.sums.values())
            writer.writerow([self.step, round(self.seconds()), *means])
        self.sums = {name: [] for name in self.sums}

    def _forget_log_after(self, step: int) -> None:
        path = self.folder / "log.csv"
        if path.exists():
            head, *rows = path.read_text().splitlines()
            kept = [row for row in rows if int(row.split(",")[0]) <= step]
            path.write_text("".join(f"{row}\n" for row in [head, *kept]))


def _saved(part: object) -> object:
    if isinstance(part, Ema):
        return part.values
    if isinstance(part, np.random.Generator):
        return part.bit_generator.state
    return part.state_dict()


def _restore(part: object, saved: object) -> None:
    if isinstance(part, Ema):
        part.values = saved
    elif isinstance(part, np.random.Generator):
        part.bit_generator.state = saved
    else:
        part.load_state_dict(saved)


def cosine(step: int, steps: int, warmup: int, floor: float) -> float:
    """The share of the peak learning rate at `step`: up in a line, down to `floor` in half a cosine."""
    if step < warmup:
        return (step + 1) / warmup
    share = min(1.0, (step - warmup) / max(1, steps - warmup))
    return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * share))
