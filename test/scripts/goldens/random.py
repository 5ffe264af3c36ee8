"""Normals as torch's CPU generator draws them: sequences of draws and reseedings."""

import json
from pathlib import Path

import numpy as np
import torch

DRAW, RESEED = "draw", "reseed"


def fresh(seed: int, *counts: int) -> dict:
    return {"seed": seed, "actions": [{"kind": DRAW, "value": count} for count in counts]}


CASES = [
    *(fresh(1000 + count, count) for count in range(1, 16)),
    fresh(0, 16),
    fresh(1, 17),
    fresh(2, 31),
    fresh(93, 16384),
    # below 16 the second normal of a pair waits for the next small draw, across large ones in between
    fresh(7, 3, 16, 2, 17, 1, 5, 31, 1),
    fresh(8, 1, 33, 1, 1, 16, 15),
    fresh(9, 0, 1, 0, 1),
    # only the low 32 bits count
    fresh(2**32 - 1, 4, 20),
    fresh(2**32, 4, 20),
    fresh(2**53 - 1, 4, 20),
    # reseeding drops the waiting normal
    {
        "seed": 11,
        "actions": [
            {"kind": DRAW, "value": 5},
            {"kind": RESEED, "value": 12},
            {"kind": DRAW, "value": 5},
            {"kind": DRAW, "value": 24},
            {"kind": RESEED, "value": 11},
            {"kind": DRAW, "value": 5},
        ],
    },
]


def make(out: Path) -> None:
    draws = []
    for case in CASES:
        generator = torch.Generator().manual_seed(case["seed"])
        for action in case["actions"]:
            if action["kind"] == RESEED:
                generator.manual_seed(action["value"])
            else:
                draws.append(torch.randn(action["value"], generator=generator).numpy())
    (out / "cases.json").write_text(json.dumps(CASES) + "\n")
    np.save(out / "values.npy", np.concatenate(draws))
