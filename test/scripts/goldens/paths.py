"""Where the golden makers find their inputs."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RANDOM_CHECKPOINT = ROOT / "test" / "fixtures" / "random-checkpoint"
DOG_IMAGE = ROOT / "test" / "fixtures" / "dog-on-bench" / "image.png"
DOG_MASK = ROOT / "test" / "fixtures" / "dog-on-bench" / "mask.png"
EMBEDDED_MODEL = ROOT / "models" / "stable-diffusion-2-inpainting-tiny"
