"""Where the golden makers find their inputs."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EMBEDDED_MODEL = ROOT / "models" / "stable-diffusion-2-inpainting-tiny"
DOG_IMAGE = ROOT / "test" / "fixtures" / "dog-on-bench" / "image.png"
DOG_MASK = ROOT / "test" / "fixtures" / "dog-on-bench" / "mask.png"
