"""
Learns a byte-pair vocabulary from the generator's captions and writes it in CLIP's format.
Usage: python tokenizer.py <tokenizer folder>
"""
import json
import sys
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from scenes import scenes

CAPTIONS, FIRST_SEED, SIDE = 8000, 500_000_000, 32
MERGES = 700
START, END = "<|startoftext|>", "<|endoftext|>"
WORD = Regex(r"[a-z]+|[0-9]|[^\sa-z0-9]+")


def learn(captions: list[str], folder: Path) -> None:
    """CLIP's order of identifiers: 256 bytes, the same at a word's end, the merges, start and end of text."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet(), key=lambda letter: (ord(letter) >= 256, ord(letter)))
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(WORD, "removed", invert=True)
    trainer = trainers.BpeTrainer(
        vocab_size=2 * len(letters) + MERGES, initial_alphabet=letters, end_of_word_suffix="</w>", show_progress=False
    )
    tokenizer.train_from_iterator(captions, trainer)
    merges = [tuple(merge) for merge in json.loads(tokenizer.to_str())["model"]["merges"]]
    entries = [*letters, *(letter + "</w>" for letter in letters), *("".join(merge) for merge in merges), START, END]
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {entry: index for index, entry in enumerate(entries)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    CLIPTokenizer(
        folder / "vocab.json", folder / "merges.txt", pad_token="!", model_max_length=77
    ).save_pretrained(folder)


if __name__ == "__main__":
    learn([scene.caption for scene in scenes(FIRST_SEED, CAPTIONS, SIDE)], Path(sys.argv[1]))
