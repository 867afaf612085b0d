"""What the real PEFT draws by torch's generator for linears of given sizes.

Reads one JSON list of requests from standard input and prints one JSON list of answers, in the same order:
  {"type": PEFT's type, "sizes": [[in, out], ...], "settings": PEFT's settings}
  -> {name of a tensor: SHA-256 of its bytes}: the shared projections, or the places of the first linear
"""

import hashlib
import json
import sys

import peft
import torch


def digest(tensor):
    return hashlib.sha256(tensor.contiguous().numpy().tobytes()).hexdigest()


def answer(request):
    base = torch.nn.ModuleDict({f"linear{at}": torch.nn.Linear(*size) for at, size in enumerate(request["sizes"])})
    make_config = {"VERA": peft.VeraConfig, "RANDLORA": peft.RandLoraConfig, "SHIRA": peft.ShiraConfig}[request["type"]]
    model = peft.get_peft_model(base, make_config(target_modules=list(base.keys()), **request["settings"]))
    if request["type"] == "SHIRA":
        return {"indices": digest(model.base_model.model["linear0"].shira_indices["default"])}
    prefix = request["type"].lower()
    parts = {part: getattr(model.base_model, f"{prefix}_{part}")["default"] for part in "AB"}
    return {part: digest(tensor.float()) for part, tensor in parts.items()}


print(json.dumps([answer(request) for request in json.load(sys.stdin)]))
