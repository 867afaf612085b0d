"""Golden values of PEFT's reduce_intruder_dimension on a golden base and adapter.

    python test/golden/make/make-prune-golden.py      (needs torch, transformers and peft)
"""

import json
import re

import torch
from peft import PeftModel
from peft.tuners.lora.intruders import reduce_intruder_dimension
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

from folders import GOLDEN, OUTPUT

CASES = {"usual": dict(top_k=10, threshold_epsilon=0.5, mitigation_lambda=0.75), "strict": dict(top_k=4, threshold_epsilon=0.8, mitigation_lambda=0.0)}

folder = OUTPUT / "methods" / "intruders"
folder.mkdir(parents=True, exist_ok=True)
counts = {}
for name, options in CASES.items():
    torch.manual_seed(0)
    base = AutoModelForCausalLM.from_pretrained(GOLDEN / "llama" / "base", dtype=torch.float32)
    # In float64: float32 loses digits where W is subtracted again.
    model = PeftModel.from_pretrained(base, GOLDEN / "llama" / "adapters" / "lora").double()
    found = {}

    def note(line):
        match = re.match(r"(.*): (No intruders|Intruders: (\d+))$", line)
        if match:
            found[match[1].removeprefix("base_model.model.")] = int(match[3] or 0)

    reduce_intruder_dimension(model, logging_sink=note, **options)
    deltas = {
        module.removeprefix("base_model.model."): layer.get_delta_weight("intruder_reduced").detach().float().contiguous()
        for module, layer in model.named_modules()
        if hasattr(layer, "lora_A")
    }
    save_file(deltas, folder / f"{name}.safetensors")
    counts[name] = {"options": options, "intruders": found}
(folder / "intruders.json").write_text(json.dumps(counts, indent=1) + "\n")
print({name: sum(case["intruders"].values()) for name, case in counts.items()})
