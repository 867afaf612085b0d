"""Golden values of mixtures of experts: LoRA over the experts' parameters by PEFT's target_parameters, and MXFP4 as transformers
decodes it. Reads the bases that make-further-family-golden.py wrote. usage: make-expert-golden.py [--out OUT]"""

import copy
import json
import os

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM
from transformers.integrations.mxfp4 import _convert_moe_packed_tensors

from folders import GOLDEN, OUTPUT

EXPERTS = ["mlp.experts.gate_up_proj", "mlp.experts.down_proj"]
CASES = {
    "mixtral": dict(target_modules=["q_proj"], target_parameters=EXPERTS),
    "qwen3-moe": dict(target_modules=[], target_parameters=EXPERTS[1:], use_rslora=True),
    "gpt-oss": dict(target_modules=["q_proj", "v_proj"], target_parameters=EXPERTS, rank_pattern={r".*\.0\.mlp\.experts\.down_proj": 3}),
}


def save(path, tensors):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}, path)


def adapter(family, options):
    torch.manual_seed(sum(map(ord, family)))
    model = AutoModelForCausalLM.from_pretrained(
        f"{GOLDEN}/{family}/base", dtype=torch.float32, attn_implementation="eager", experts_implementation="eager"
    )
    config = LoraConfig(r=2, lora_alpha=5, task_type="CAUSAL_LM", **options)
    peft_model = get_peft_model(model, config)
    with torch.no_grad():
        for name, parameter in peft_model.named_parameters():
            if "lora_" in name:
                parameter.normal_(0, 0.2)
    folder = f"{OUTPUT}/{family}/adapters/lora-experts"
    peft_model.eval()
    peft_model.save_pretrained(folder)
    os.path.exists(f"{folder}/README.md") and os.remove(f"{folder}/README.md")
    with open(f"{folder}/adapter_config.json") as file:
        written = json.load(file)
    written["base_model_name_or_path"] = f"golden/{family}"
    for key in ("target_modules", "target_parameters"):
        written[key] = sorted(written[key])
    with open(f"{folder}/adapter_config.json", "w") as file:
        json.dump(written, file, indent=1, sort_keys=True)
    inputs = load_file(f"{GOLDEN}/{family}/inputs.safetensors")
    labels = load_file(f"{GOLDEN}/{family}/gradients.safetensors")["labels"]
    with torch.no_grad():
        logits = peft_model(**inputs).logits
    base = load_file(f"{GOLDEN}/{family}/base-outputs.safetensors")["logits"]
    assert (logits - base).abs().max() > 0.01 * base.abs().max(), "no effect"
    save(f"{folder}/expected.safetensors", dict(logits=logits))
    peft_model.train()
    made = peft_model(**inputs).logits
    loss = torch.nn.functional.cross_entropy(made[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
    loss.backward()
    slopes = {
        "grad." + name.replace(".default", ""): parameter.grad
        for name, parameter in peft_model.named_parameters()
        if parameter.grad is not None
    }
    save(f"{folder}/gradients.safetensors", dict(labels=labels, loss=loss.reshape(1), **slopes))
    merged = copy.deepcopy(peft_model).merge_and_unload()
    with torch.no_grad():
        again = merged.eval()(**inputs).logits
    assert (again - logits).abs().max() < 1e-4 * logits.abs().max(), "merged differs"
    changed = {name: tensor for name, tensor in merged.state_dict().items() if ".layers.1.mlp.experts." in name}
    save(f"{folder}/merged-experts.safetensors", {name: changed[name] for name in sorted(changed) if not name.endswith("_bias")})


def mxfp4():
    torch.manual_seed(4)
    blocks = torch.randint(0, 256, (2, 6, 3, 16), dtype=torch.uint8)
    scales = torch.randint(110, 140, (2, 6, 3), dtype=torch.uint8)
    # In transformers [experts, inputs, outputs].
    values = _convert_moe_packed_tensors(blocks, scales, dtype=torch.bfloat16).float()
    save(f"{OUTPUT}/mxfp4/values.safetensors", dict(blocks=blocks, scales=scales, values=values))


for family, options in CASES.items():
    adapter(family, options)
mxfp4()
