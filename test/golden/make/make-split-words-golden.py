"""Makes test/golden/misc/split-words.json: texts in words as Transformers tokenizes them for token classification.

usage: python test/golden/make/make-split-words-golden.py
needs: pip install transformers==5.24.0
"""
import json
import tempfile
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from folders import GOLDEN, OUTPUT

WORDS = [
    ["EU", "rejects", "German", "call", "to", "boycott", "British", "lamb", "."],
    ["don't", "U.S.", "1,000", "naïve", "Zürich-based", "😀", "\u200d", "x"],
    ["a b", " led", "trailing ", "--", "(", "end"],
]
NAMES = ["wordpiece", "byte-level-bpe", "unigram", "precompiled", "byte-fallback-bpe"]


def load(folder):
    """With a space before each word where the vocabulary is of bytes, as run_ner.py has it for RoBERTa."""
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    if (tokenizer["pre_tokenizer"] or {}).get("type") == "ByteLevel":
        tokenizer["pre_tokenizer"]["add_prefix_space"] = True
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "tokenizer.json"
        file.write_text(json.dumps(tokenizer))
        return PreTrainedTokenizerFast(tokenizer_file=str(file))


cases = []
for name in NAMES:
    tokenizer = load(GOLDEN / "misc" / "tokenizers" / name)
    for words in WORDS:
        for length in (None, 7):
            cut = {} if length is None else {"truncation": True, "max_length": length}
            encoded = tokenizer(words, is_split_into_words=True, **cut)
            places = encoded.word_ids()
            starts = [[word, at] for at, word in enumerate(places) if word is not None and (at == 0 or places[at - 1] != word)]
            cases.append({"tokenizer": name, "words": words, "max_length": length, "ids": encoded["input_ids"], "starts": starts})
(OUTPUT / "misc").mkdir(parents=True, exist_ok=True)
(OUTPUT / "misc" / "split-words.json").write_text(json.dumps(cases) + "\n")
