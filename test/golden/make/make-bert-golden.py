"""Writes test/golden/misc/bert-characters.json: what BERT's normalizer and pre-tokenizer make of every code point between two letters.

Code points that are treated alike are ranges [first, last]; all others are kept.

usage: python test/golden/make/make-bert-golden.py, with tokenizers
"""

import json

from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from folders import OUTPUT


def ranges(holds):
    found = []
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000 or not holds(f"a{chr(code)}b"):
            continue
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


clean = BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
ideographs = BertNormalizer(clean_text=False, handle_chinese_chars=True, strip_accents=False, lowercase=False)
accents = BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
words = BertPreTokenizer()
golden = {
    "dropped": ranges(lambda text: clean.normalize_str(text) == "ab"),
    "spaces": ranges(lambda text: clean.normalize_str(text) == "a b" and text != "a b"),
    "ideographs": ranges(lambda text: ideographs.normalize_str(text) != text),
    "accents": ranges(lambda text: accents.normalize_str(text) == "ab"),
    "decomposed": ranges(lambda text: accents.normalize_str(text) not in ("ab", text)),
    "separators": ranges(lambda text: len(words.pre_tokenize_str(text)) == 2),
    "punctuation": ranges(lambda text: len(words.pre_tokenize_str(text)) == 3),
}
target = OUTPUT / "misc" / "bert-characters.json"
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
