"""
Writes the trained networks as a diffusers checkpoint in F16: averaged weights, tokenizer, scheduler, hashes.
Usage: python export.py <run folder of train_unet.py> --vae <folder> --tokenizer <folder> --out <checkpoint folder>
"""
import argparse
import hashlib
import shutil
from pathlib import Path

import torch
from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionInpaintPipeline
from transformers import CLIPTokenizer

from networks import text_encoder, unet
from run import load_averaged

WRITTEN = ("model_index.json", "scheduler", "text_encoder", "tokenizer", "unet", "vae")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("run", type=Path)
    options.add_argument("--vae", type=Path, required=True)
    options.add_argument("--tokenizer", type=Path, required=True)
    options.add_argument("--out", type=Path, required=True)
    chosen = options.parse_args()
    tokenizer = CLIPTokenizer.from_pretrained(chosen.tokenizer)
    both = torch.nn.ModuleDict({"unet": unet(), "text_encoder": text_encoder(len(tokenizer))})
    load_averaged(both, chosen.run)
    pipeline = StableDiffusionInpaintPipeline(
        vae=AutoencoderKL.from_pretrained(chosen.vae),
        text_encoder=both["text_encoder"],
        tokenizer=tokenizer,
        unet=both["unet"],
        # Stable Diffusion 2 inpainting's own, but for v: see train_unet.py
        scheduler=PNDMScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            num_train_timesteps=1000,
            prediction_type="v_prediction",
            set_alpha_to_one=False,
            skip_prk_steps=True,
            steps_offset=1,
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).to(dtype=torch.float16)
    for name in WRITTEN:
        shutil.rmtree(chosen.out / name, ignore_errors=True)
    pipeline.save_pretrained(chosen.out)
    files = sorted(p for name in WRITTEN for p in [chosen.out / name, *(chosen.out / name).rglob("*")] if p.is_file())
    sums = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(chosen.out)}\n" for p in files]
    (chosen.out / "SHA256SUMS").write_text("".join(sums))
    print(f"{sum(p.stat().st_size for p in files)} bytes")


if __name__ == "__main__":
    main()
