"""Writes the tensors of a .safetensors file as torch.save writes a .ckpt with a trainer's state around them.

Usage: python test/full-size/write-ckpt.py FILE.safetensors FILE.ckpt
"""

import sys

import torch
from safetensors.torch import load_file

source, target = sys.argv[1:]
state = load_file(source)
torch.save({"epoch": 4, "global_step": 875000, "state_dict": state, "callbacks": {}, "lr_schedulers": []}, target)
