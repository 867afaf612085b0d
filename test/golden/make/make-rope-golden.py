"""Frequencies of every kind of RoPE scaling, and a tiny Llama with YaRN, as transformers computes them:
~/.cache/coto-studio/peers/bin/python test/golden/make/make-rope-golden.py"""

import json
import shutil

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from folders import GOLDEN, OUTPUT


CASES = [
    ({"rope_type": "linear", "factor": 4.0}, None),
    ({"rope_type": "dynamic", "factor": 2.0}, 700),
    ({"rope_type": "dynamic", "factor": 4.0}, 2048),
    ({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}, None),
    ({"rope_type": "yarn", "factor": 4.0}, None),
    ({"rope_type": "yarn", "factor": 40.0, "mscale": 0.707, "mscale_all_dim": 1.0}, None),
    ({"rope_type": "yarn", "factor": 8.0, "attention_factor": 1.25, "beta_fast": 16.0, "beta_slow": 2.0}, None),
    ({"rope_type": "yarn", "factor": 16.0, "truncate": False}, None),
]
TRAINED = 512


def frequencies(parameters, tokens):
    yarn = parameters["rope_type"] == "yarn"
    config = LlamaConfig(
        hidden_size=256,
        num_attention_heads=4,
        max_position_embeddings=int(TRAINED * parameters["factor"]) if yarn else TRAINED,
        rope_parameters={"rope_theta": 10000.0, "original_max_position_embeddings": TRAINED, **parameters},
    )
    values, scale = ROPE_INIT_FUNCTIONS[parameters["rope_type"]](config, "cpu", seq_len=tokens)
    return {
        "parameters": config.rope_parameters,
        "max_position_embeddings": config.max_position_embeddings,
        "head_dim": 64,
        "tokens": tokens,
        "frequencies": values.tolist(),
        "scale": scale,
    }


def yarn_family():
    """The weights and the inputs of llama-dynamic-rope, which go beyond its trained length."""
    source, made = GOLDEN / "llama-dynamic-rope", OUTPUT / "llama-yarn"
    shutil.rmtree(made, ignore_errors=True)
    (made / "base").mkdir(parents=True)
    config = json.loads((source / "base" / "config.json").read_text())
    config["rope_parameters"] = {
        "rope_type": "yarn",
        "rope_theta": 10000.0,
        "factor": 4.0,
        "original_max_position_embeddings": 8,
    }
    config["max_position_embeddings"] = 32
    (made / "base" / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    shutil.copy(source / "base" / "model.safetensors", made / "base")
    for name in ["family.json", "inputs.safetensors"]:
        shutil.copy(source / name, made)
    model = AutoModelForCausalLM.from_pretrained(made / "base", dtype=torch.float32).eval()
    names = load_file(source / "base-outputs.safetensors").keys()
    with torch.no_grad():
        outputs = model(**load_file(made / "inputs.safetensors"), output_hidden_states=True)
    known = {"logits": outputs.logits}
    save_file({name: known[name].contiguous() for name in names}, made / "base-outputs.safetensors")


(OUTPUT / "misc").mkdir(parents=True, exist_ok=True)
(OUTPUT / "misc" / "rope.json").write_text(json.dumps([frequencies(*case) for case in CASES], indent=1) + "\n")
yarn_family()
