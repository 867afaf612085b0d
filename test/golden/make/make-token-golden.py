"""Golden values of PEFT's trainable_token_indices, and of modules_to_save on tied bases: folders, outputs, gradients by autograd
and merged weights. Reads the bases that make-family-golden.py and make-further-family-golden.py wrote.
usage: make-token-golden.py [--out OUT]"""

import copy
import json
import os

import torch
import transformers
from peft import AdaLoraConfig, LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from folders import GOLDEN, OUTPUT

CASES = {
    "llama": {
        "lora-tokens": dict(trainable_token_indices=[5, 3, 63]),
        "dora-tokens-head": dict(use_dora=True, trainable_token_indices={"embed_tokens": [7, 1], "lm_head": [2, 7, 40]}),
        "adalora-tokens": dict(kind=AdaLoraConfig, trainable_token_indices=[4, 9]),
    },
    "llama3": {
        "lora-tokens": dict(trainable_token_indices=[5, 3, 63]),
        "lora-tokens-alike": dict(trainable_token_indices={"embed_tokens": [8, 2], "lm_head": [8, 2]}),
        "lora-tokens-differ": dict(trainable_token_indices={"embed_tokens": [8, 2], "lm_head": [2, 30, 1]}),
        "lora-tokens-head": dict(trainable_token_indices={"lm_head": [2, 30]}),
        "lora-save-embedding": dict(modules_to_save=["embed_tokens"]),
        "lora-save-head": dict(modules_to_save=["lm_head"]),
        "lora-save-both": dict(modules_to_save=["embed_tokens", "lm_head"]),
    },
    "gpt2": {"lora-tokens": dict(target_modules=["c_attn"], fan_in_fan_out=True, trainable_token_indices=[6, 11])},
    "gemma2": {"lora-tokens": dict(trainable_token_indices={"model.embed_tokens": [9, 4]})},
    "bert": {"lora-tokens": dict(target_modules=["query"], task_type="SEQ_CLS", trainable_token_indices=[3, 12])},
}


def save(path, tensors):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}, path)


def options_of(options):
    options = dict(options)
    kind = options.pop("kind", LoraConfig)
    ranks = dict(init_r=3, target_r=3, total_step=10) if kind is AdaLoraConfig else dict(r=2)
    return kind(**ranks, lora_alpha=5, **{"task_type": "CAUSAL_LM", "target_modules": ["q_proj"], **options})


def adapter(family, name, options):
    torch.manual_seed(sum(map(ord, family + name)))
    with open(f"{GOLDEN}/{family}/family.json") as file:
        auto = getattr(transformers, json.load(file)["auto_class"])
    base = f"{GOLDEN}/{family}/base"
    model = auto.from_pretrained(base, dtype=torch.float32, attn_implementation="eager")
    peft_model = get_peft_model(model, options_of(options))
    with torch.no_grad():
        for key, parameter in peft_model.named_parameters():
            if parameter.requires_grad:
                parameter.add_(0.2 * torch.randn_like(parameter))
    peft_model.eval()
    folder = f"{OUTPUT}/{family}/adapters/{name}"
    peft_model.save_pretrained(folder)
    os.path.exists(f"{folder}/README.md") and os.remove(f"{folder}/README.md")
    with open(f"{folder}/adapter_config.json") as file:
        written = json.load(file)
    written["base_model_name_or_path"] = f"golden/{family}"
    for key in ("target_modules", "modules_to_save"):
        written[key] = sorted(written[key]) if written[key] else written[key]
    with open(f"{folder}/adapter_config.json", "w") as file:
        json.dump(written, file, indent=1, sort_keys=True)
    inputs = load_file(f"{GOLDEN}/{family}/inputs.safetensors")
    with torch.no_grad():
        logits = peft_model(**inputs).logits
    before = load_file(f"{GOLDEN}/{family}/base-outputs.safetensors")["logits"]
    assert (logits - before).abs().max() > 0.01 * before.abs().max(), "no effect"
    save(f"{folder}/expected.safetensors", dict(logits=logits))
    if options_of(options).task_type == "CAUSAL_LM":
        gradients(peft_model, inputs, folder)
    merge(peft_model, inputs, logits, load_file(f"{base}/model.safetensors"), folder)


def file_key(key):
    key = key.replace(".default", "").replace("modules_to_save.", "")
    return key.replace("lora_magnitude_vector.weight", "lora_magnitude_vector")


def gradients(peft_model, inputs, folder):
    labels = inputs["input_ids"].clone()
    labels[:, ::3] = -100
    if "attention_mask" in inputs:
        labels[inputs["attention_mask"] == 0] = -100
    made = peft_model(**inputs).logits
    loss = torch.nn.functional.cross_entropy(made[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
    peft_model.zero_grad()
    loss.backward()
    slopes = {
        "grad." + file_key(key): parameter.grad
        for key, parameter in peft_model.named_parameters()
        if parameter.grad is not None
    }
    save(f"{folder}/gradients.safetensors", dict(labels=labels, loss=loss.reshape(1), **slopes))


def merge(peft_model, inputs, logits, stored, folder):
    merged = copy.deepcopy(peft_model).merge_and_unload().eval()
    with torch.no_grad():
        again = merged(**inputs).logits
    difference = (again - logits).abs().max() / logits.abs().max()
    print(folder.split("/golden/")[-1], "merged differs by", float(difference))
    state = merged.state_dict()
    changed = {key: tensor for key, tensor in state.items() if key in stored and not torch.equal(tensor, stored[key])}
    tables = [key for key in stored if key.endswith(("embed_tokens.weight", "wte.weight"))]
    # A head that was tied and no longer is.
    if "lm_head.weight" in state and "lm_head.weight" not in stored and not torch.equal(state["lm_head.weight"], state[tables[0]]):
        changed["lm_head.weight"] = state["lm_head.weight"]
    if difference < 1e-4:
        save(f"{folder}/merged.safetensors", changed)


for family, cases in CASES.items():
    for name, options in cases.items():
        adapter(family, name, options)
