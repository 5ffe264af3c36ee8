"""Token ids of transformers' fast CLIP tokenizer, the only one since transformers 5, on the random checkpoint's files."""

import json
import tempfile
from pathlib import Path

from transformers import AddedToken, CLIPTokenizerFast

from .paths import RANDOM_CHECKPOINT

PROMPTS = [
    "",
    "a",
    "Face of a yellow cat, high resolution, sitting on a park bench",
    "a small flower vase featuring a blend of yellow and orange",
    "  white   space\t\nand\r\nlines  ",
    "UPPER Case, mixed CaSe",
    "it's they're we've I'm you'll he'd 'S",
    "123 4567 1st 3.14 ½ ²",
    "!",
    "!!!",
    "wow! such ! dog!!",
    "<|endoftext|>",
    "a cat <|endoftext|> and a dog",
    "<|startoftext|>a cat",
    "<|ENDOFTEXT|> <|StartOfText|>",
    "< |endoftext| >",
    "café crème, naïve Ångström, ÇA",
    "cafe\u0301 (combining accent)",
    "Грузия, Ελλάδα, עברית, العربية",
    "猫が公園のベンチに座っている",
    "고양이",
    "emoji 🐕‍🦺 and 👩🏽‍🚀 flags 🇩🇪",
    "math ∑∫√ ≠ ∞ → arrows",
    "zero\u200bwidth, no\u00a0break, \u3000wide",
    "tab\x00null and \x07bell",
    "\ud7ff\ue000\ufffd \U0001f600",
    "a-b_c+d=e/f\\g|h~i`j@k#l$m%n^o&p*q(r)s[t]u{v}w:x;y\"z",
    "word " * 75,
    "word " * 76,
    "a bench in a park " * 20,
    "!" * 100,
    "supercalifragilisticexpialidocious " * 12,
    "İstanbul ẞ ﬁ ligature Ⅷ",
    "ΟΔΥΣΣΕΥΣ ΣΑΣ. ΑΣ",
    "a\ufeffb +\ufeff+ \ufeff",
    "a\u0085b\u180ec\x1cd\u2028e\u205ff",
]


# Words of the checkpoint's own, as textual inversion adds them.
ADDED_TOKENS = [
    AddedToken("<my-style>", normalized=False, lstrip=True, rstrip=True),
    AddedToken("Sks Dog", normalized=True),
    AddedToken("zwx", normalized=True),
]
PROMPTS_WITH_ADDED_TOKENS = [
    "a cat in <my-style>",
    "a cat in   <my-style>   , on a bench",
    "a <MY-STYLE> bench <my-style><my-style>",
    "a sks dog, a SKS DOG, a sks  dog, sks",
    "zwx, a zwx bench, zwxbench, benchzwx zwx1 zwx!",
]


def cases_of(tokenizer, prompts):
    return [
        {
            "prompt": prompt,
            "ids": tokenizer(prompt, padding="max_length", max_length=77, truncation=True).input_ids,
            "length": len(tokenizer(prompt).input_ids),
        }
        for prompt in prompts
    ]


def write(path, content):
    path.write_text(json.dumps(content, ensure_ascii=True, indent=1) + "\n")


def make(out: Path) -> None:
    tokenizer = CLIPTokenizerFast.from_pretrained(RANDOM_CHECKPOINT / "tokenizer")
    write(out / "tokens.json", cases_of(tokenizer, PROMPTS))

    # As transformers 5 saves it: everything in tokenizer.json, the special tokens by name in the config.
    tokenizer.add_tokens(ADDED_TOKENS)
    folder = out / "tokenizer-json-only"
    folder.mkdir()
    with tempfile.TemporaryDirectory() as saved:
        tokenizer.save_pretrained(saved)
        content = json.loads((Path(saved) / "tokenizer.json").read_text())
    (folder / "tokenizer.json").write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n")
    config = {
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "pad_token": "!",
        "unk_token": "<|endoftext|>",
        "model_max_length": 77,
        "tokenizer_class": "CLIPTokenizer",
    }
    write(folder / "tokenizer_config.json", config)
    reloaded = CLIPTokenizerFast.from_pretrained(folder)
    assert not list(folder.glob("vocab.json"))
    write(out / "tokens-json-only.json", cases_of(reloaded, PROMPTS + PROMPTS_WITH_ADDED_TOKENS))
