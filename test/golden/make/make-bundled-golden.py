"""Writes what Transformers makes of a bundled image base: expected.safetensors beside its weights, for the tests.

usage: ~/.cache/coto-studio/peers/bin/python test/peers/make-bundled-expected.py assets/models/quickdraw-vit
The images are those that the file has already.
"""

import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file

folder = Path(sys.argv[1])
known = load_file(folder / "expected.safetensors")
model = transformers.AutoModelForImageClassification.from_pretrained(folder, dtype=torch.float32).eval()
with torch.no_grad():
    logits = model(pixel_values=known["pixel_values"]).logits
save_file({**known, "logits": logits.contiguous()}, folder / "expected.safetensors")
