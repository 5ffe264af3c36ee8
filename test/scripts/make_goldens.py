"""Writes test/fixtures/golden from the reference implementations, and PROVENANCE.json beside it.

Usage, in a virtual environment outside the repository:

    pip install -r test/scripts/requirements.txt
    python test/scripts/make_goldens.py [topic …]

The reference runs in float32 on the CPU with one thread. Without arguments every topic is made anew.
"""

import hashlib
import importlib
import json
import platform
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import torch

from goldens.paths import ROOT

GOLDEN = ROOT / "test" / "fixtures" / "golden"
TOPICS = [
    "random",
    "schedulers",
    "sigmas",
    "trajectories",
    "resample",
    "crops",
    "denoising",
    "decode",
    "orientation",
    "tokens",
    "embedded_tokens",
    "torch_files",
    "single_file",
    "networks",
    "variant",
    "images",
    "architectures",
]
PACKAGES = ["torch", "diffusers", "transformers", "tokenizers", "safetensors", "numpy", "pillow", "scipy"]


def main(topics: list[str]) -> None:
    torch.set_num_threads(1)
    for topic in topics:
        folder = GOLDEN / topic
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        importlib.import_module(f"goldens.{topic}").make(folder)
        print(topic, sum(file.stat().st_size for file in folder.rglob("*")), "bytes")
    files = sorted(file for file in GOLDEN.rglob("*") if file.is_file() and file.parent != GOLDEN)
    provenance = {
        "command": "python test/scripts/make_goldens.py",
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": {name: version(name) for name in PACKAGES},
        "sha256": {
            str(file.relative_to(GOLDEN)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files
        },
    }
    (GOLDEN / "PROVENANCE.json").write_text(json.dumps(provenance, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:] or TOPICS)
