"""Token ids of transformers' fast CLIP tokenizer with the embedded model's vocabulary: its own captions, and others."""

import json
import sys
from pathlib import Path

from transformers import CLIPTokenizerFast

from .paths import EMBEDDED_MODEL, ROOT
from .tokens import PROMPTS

sys.path.insert(0, str(ROOT / "models" / "training"))
from scenes import scenes  # noqa: E402

CAPTIONS, FIRST_SEED, SIDE = 200, 960_000_000, 32
UNKNOWN_WORDS = [
    "a photograph of an astronaut riding a horse on mars",
    "a red ball!",
    "a red ball, a blue box and 3 yellow stars.",
    "10 cups; 2 cats - 1 tree?",
    "a greenish-blue flower (small)",
    "redball bluebox",
    "A RED BALL ON GRASS",
    "xylophone",
]


def make(out: Path) -> None:
    """Needs `npm run build` before: the captions are the scene generator's."""
    tokenizer = CLIPTokenizerFast.from_pretrained(EMBEDDED_MODEL / "tokenizer")
    captions = [scene.caption for scene in scenes(FIRST_SEED, CAPTIONS, SIDE)]
    prompts = list(dict.fromkeys([*captions, *UNKNOWN_WORDS, *PROMPTS]))
    cases = [[prompt, tokenizer(prompt, truncation=True, max_length=77).input_ids] for prompt in prompts]
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (out / "tokens.json").write_text(f"[\n{lines}\n]\n")
