"""Small checkpoints as torch itself writes them, and what their tensors hold.

One file each of what is found in the wild beside plain state dicts: trainer's states, shared storages, parameters,
newer pickle protocols; and of what a server must refuse: the format before torch 1.6, programs, views, calls.
"""

import collections
import json
import os
import sys
import types
from pathlib import Path

import numpy as np
import torch

SEED = 99

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def describe(tensor: torch.Tensor) -> dict:
    tensor = tensor.detach().contiguous()
    data = tensor.reshape(-1).view(torch.uint8) if tensor.numel() else torch.empty(0, dtype=torch.uint8)
    return {
        "dtype": NAMES[tensor.dtype],
        "shape": list(tensor.shape),
        "hex": data.numpy().tobytes().hex(),
    }


def trainer_module() -> type:
    """A class that is pickled by the name of PyTorch Lightning's callback, which older releases use as a key."""
    name = "pytorch_lightning.callbacks.model_checkpoint"
    callback = type("ModelCheckpoint", (), {"__module__": name})
    for depth in range(1, 4):
        part = ".".join(name.split(".")[:depth])
        sys.modules[part] = types.ModuleType(part)
    sys.modules[name].ModelCheckpoint = callback
    return callback


class Attack:
    def __reduce__(self):
        return os.system, ("touch /tmp/a-checkpoint-was-here",)


def make(out: Path) -> None:
    generator = torch.Generator().manual_seed(SEED)

    def randn(*shape):
        return torch.randn(*shape, generator=generator)

    expected = {}

    def save(name: str, tensors: dict, value=None, **options):
        torch.save(tensors if value is None else value, out / name, **options)
        expected[name] = {key: describe(tensor) for key, tensor in tensors.items()}

    save("dtypes.pt", {name: (10 * randn(3, 2)).to(dtype) for name, dtype in DTYPES.items()})

    layer = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.GroupNorm(3, 3))
    save("module.bin", layer.state_dict())
    save("protocol-4.bin", layer.state_dict(), pickle_protocol=4)
    save("protocol-5.bin", layer.state_dict(), pickle_protocol=5)

    weights = collections.OrderedDict(
        [("model.diffusion_model.out.weight", randn(2, 2)), ("model_ema.decay", torch.tensor(0.9999))]
    )
    callback = trainer_module()
    instance = callback()
    instance.dirpath = "logs"
    trainer = {
        "epoch": 12,
        "global_step": 2**40,
        "pytorch-lightning_version": "1.4.2",
        "state_dict": weights,
        "callbacks": {callback: {"best_model_score": np.float32(0.25), "mode": "min", "object": instance}},
        "optimizer_states": [{"state": {0: {"exp_avg": randn(2, 2)}}, "groups": [{"betas": (0.9, 0.999)}]}],
        "lr_schedulers": [{"_last_lr": [np.float64(1e-4)], "last": np.arange(3)}],
        "seen": {1, 2},
        "names": frozenset({"a"}),
        "raw": b"\x00\xff",
        "buffer": bytearray(b"xy"),
        "precision": torch.float16,
        "device": torch.device("cpu"),
        "loss": complex(1, 2),
        "huge": 2**80,
        "nothing": None,
        "size": torch.Size([1, 2]),
    }
    save("trainer.ckpt", weights, trainer)
    save("trainer-4.ckpt", weights, trainer, pickle_protocol=4)

    base = randn(4, 3)
    with_attribute = torch.nn.Parameter(randn(2))
    with_attribute.tag = "kept"
    tensor_with_attribute = randn(2)
    tensor_with_attribute.tag = "kept"
    save(
        "shared.pt",
        {
            "tied": base,
            "tied_again": base,
            "lower_half": base[2:],
            "one": base[1, 1],
            "empty": torch.zeros(0, 3),
            "flat_in_time": randn(3, 2, 2).transpose(0, 1)[:, :1],
            "parameter": torch.nn.Parameter(randn(2)),
            "parameter_with_attribute": with_attribute,
            "tensor_with_attribute": tensor_with_attribute,
        },
    )

    (out / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")

    state = {"weight": randn(2, 3), "bias": randn(2)}
    torch.save(state, out / "refused-before-1.6.pt", _use_new_zipfile_serialization=False)
    torch.save({**state, "turned": randn(2, 3).t()}, out / "refused-view.pt")
    torch.save({**state, "negated": torch._neg_view(randn(2))}, out / "refused-negated.pt")
    torch.save({**state, "small": randn(4).to(torch.float8_e4m3fn)}, out / "refused-float8.pt")
    torch.save({**state, "attack": Attack()}, out / "refused-call.pt")
    torch.save({**state, "attack": Attack()}, out / "refused-call-4.pt", pickle_protocol=4)
    torch.save(layer, out / "refused-module.pt")
    torch.jit.script(torch.nn.Linear(2, 2)).save(out / "refused-program.pt")
