"""Makes test/golden/misc/packing.json: the texts of each packed row by TRL's `bfd`, for lengths drawn at random.

usage: python test/golden/make/make-packing-golden.py
needs: pip install pyarrow trl==1.16.0
"""

import json
import random

import pyarrow
from trl.data_utils import _pack_bfd

from folders import OUTPUT

CASES = [(7, 40, 1, 7), (64, 200, 1, 64), (100, 300, 20, 60), (32, 60, 16, 16), (1024, 500, 3, 900)]


def packed(lengths, size):
    """Each text's tokens are its number, so that a row shows which texts it has."""
    texts = pyarrow.table({"input_ids": [[text] * length for text, length in enumerate(lengths)]})
    return [list(dict.fromkeys(row)) for row in _pack_bfd(texts, size)["input_ids"].to_pylist()]


def main():
    draw = random.Random(0)
    cases = []
    for size, count, least, most in CASES:
        lengths = [draw.randint(least, most) for _ in range(count)]
        cases.append({"size": size, "lengths": lengths, "rows": packed(lengths, size)})
    (OUTPUT / "misc" / "packing.json").write_text(json.dumps(cases, separators=(",", ":")))


if __name__ == "__main__":
    main()
