"""Makes test/golden/routing/arrow: three LoRA adapters of test/golden/llama/base, and the logits of PEFT's Arrow over them.

usage: python test/golden/make/make-arrow-golden.py [--out FOLDER]
needs: pip install torch transformers peft==0.21.2 safetensors numpy
PEFT finds a prototype by 15 steps of power iteration. The adapters have a clear first singular value, so that these steps
reach the singular vector up to rounding.
"""
import json

import torch
from peft import ArrowConfig, LoraConfig, create_arrow_model, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from folders import GOLDEN, OUTPUT

BASE = GOLDEN / "llama" / "base"
CASES = {
    "one": {"top_k": 1, "router_temperature": 1.0},
    "two": {"top_k": 2, "router_temperature": 1.0},
    "all-sharp": {"top_k": 3, "router_temperature": 0.25},
}
output = OUTPUT / "routing" / "arrow"
output.mkdir(parents=True, exist_ok=True)


def base():
    return AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32).eval()


folders = []
for index, alpha in enumerate([4, 8, 6]):
    torch.manual_seed(index)
    config = LoraConfig(r=4, lora_alpha=alpha, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM")
    model = get_peft_model(base(), config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_A" in name:
                parameter.copy_(torch.randn_like(parameter) / parameter.shape[1] ** 0.5)
            elif "lora_B" in name:
                parameter.copy_(torch.randn_like(parameter) * torch.tensor([1.0, 0.3, 0.1, 0.03]) / 2)
    folder = output / "adapters" / f"task-{index}"
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "llama"
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n")
    folders.append(str(folder))

inputs = load_file(GOLDEN / "llama" / "inputs.safetensors")
passed = {name: value for name, value in inputs.items() if name in ("input_ids", "attention_mask")}
logits = {}
with torch.no_grad():
    logits["base"] = base()(**passed).logits.contiguous()
    for name, settings in CASES.items():
        model = create_arrow_model(base(), folders, ArrowConfig(rng_seed=7, **settings)).eval()
        logits[name] = model(**passed).logits.contiguous()
save_file(logits, output / "logits.safetensors")
(output / "cases.json").write_text(json.dumps(CASES, indent=1) + "\n")
print({name: float((value - logits["base"]).abs().max()) for name, value in logits.items()})
