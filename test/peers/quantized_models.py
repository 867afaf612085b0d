"""Loads models that the studio has quantized with Transformers and bitsandbytes on the CPU. Reads a list of
{base, outputs, ids} as JSON; writes to each `outputs` the logits and what every quantized weight comes to."""

import json
import sys

import bitsandbytes as bnb
import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

kinds = []
for request in json.load(sys.stdin):
    is_encoded = AutoConfig.from_pretrained(request["base"]).is_encoder_decoder
    auto_class = AutoModelForSeq2SeqLM if is_encoded else AutoModelForCausalLM
    model = auto_class.from_pretrained(request["base"], dtype=torch.float32, device_map="cpu").eval()
    tensors = {}
    for name, module in model.named_modules():
        if isinstance(module, bnb.nn.Linear4bit):
            weight = module.weight
            # As they are, not rounded to the half-precision type that the base was stored in.
            weight.quant_state.dtype = torch.float32
            module.compute_dtype = torch.float32
            values = bnb.functional.dequantize_4bit(weight.data, weight.quant_state)
        elif isinstance(module, bnb.nn.Linear8bitLt):
            codes, rows = module.weight.data, module.weight.SCB
            values = bnb.functional.int8_vectorwise_dequant(codes, rows)
        else:
            continue
        tensors[f"{name}.weight"] = values.float().contiguous()
    ids = torch.tensor(request["ids"])
    read = {"decoder_input_ids": ids} if is_encoded else {}
    with torch.no_grad():
        tensors["logits"] = model(input_ids=ids, **read).logits.float().contiguous()
    save_file(tensors, request["outputs"])
    kinds.append(type(model).__name__)
print(json.dumps(kinds))
