"""Writes the outputs that Transformers computes for the bundled bases: expected.safetensors beside the weights of quickdraw-vit,
and test/golden/small-llama/expected.safetensors.

usage: python test/golden/make/make-bundled-golden.py
needs: pip install torch==2.13.0 transformers==5.24.0 safetensors
The inputs are those that the files have already.
"""

import torch
import transformers
from safetensors.torch import load_file, save_file

from folders import GOLDEN, OUTPUT

MODELS = GOLDEN.parents[1] / "assets" / "models"
IN_PLACE = OUTPUT == GOLDEN


def write(model_class, name, known_file, made_file):
    known = load_file(known_file)
    inputs = {key: value for key, value in known.items() if key != "logits"}
    model = model_class.from_pretrained(MODELS / name, dtype=torch.float32).eval()
    with torch.no_grad():
        logits = model(**inputs).logits
    made_file.parent.mkdir(parents=True, exist_ok=True)
    save_file({**inputs, "logits": logits.contiguous()}, made_file)


beside = MODELS / "quickdraw-vit" / "expected.safetensors"
write(
    transformers.AutoModelForImageClassification,
    "quickdraw-vit",
    beside,
    beside if IN_PLACE else OUTPUT / "quickdraw-vit" / "expected.safetensors",
)
write(
    transformers.AutoModelForCausalLM,
    "small-llama",
    GOLDEN / "small-llama" / "expected.safetensors",
    OUTPUT / "small-llama" / "expected.safetensors",
)
