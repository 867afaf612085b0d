"""Training on a residual base (PiSSA, OLoRA, MiLoRA, CorDA, LoRA-GA): the base loses what the adapter starts with."""

import copy
import math
from pathlib import Path

import torch
from peft import get_peft_model_state_dict
from safetensors.torch import load_file, save_file

ADAPTER = "default"


def take_out_start(model):
    """W becomes W - s B A of every adapted layer; both stay at hand for `switch_base`."""
    with torch.no_grad():
        for module in model.modules():
            if ADAPTER not in getattr(module, "lora_A", {}):
                continue
            weight = module.get_base_layer().weight
            module.whole_weight = weight.detach().clone()
            module.residual_weight = weight.detach() - module.get_delta_weight(ADAPTER)
            switch_base(module, True)


def switch_base(module, on):
    """A layer whose adapter is off runs the base's own weight, not the residual."""
    if not hasattr(module, "residual_weight"):
        return
    name = "residual_weight" if on else "whole_weight"
    weight = module.get_base_layer().weight
    setattr(module, name, getattr(module, name).to(weight.device))
    weight.data = getattr(module, name)


def save_joined(model, folder, start_folder):
    """Saves the equal adapter on the base itself: W - s B0 A0 + s B A = W + s [B, -B0] [A; A0], of twice the rank."""
    start = load_file(Path(start_folder, "adapter_model.safetensors"))
    tensors = get_peft_model_state_dict(model)
    for key, tensor in tensors.items():
        if ".lora_A." in key:
            tensors[key] = torch.cat([tensor, start[key].to(tensor)], dim=0)
        elif ".lora_B." in key:
            tensors[key] = torch.cat([tensor, -start[key].to(tensor)], dim=1)
    config = copy.deepcopy(model.peft_config[ADAPTER])
    strength = math.sqrt(2) if config.use_rslora else 2
    config.r *= 2
    config.lora_alpha *= strength
    config.rank_pattern = {name: 2 * rank for name, rank in config.rank_pattern.items()}
    config.alpha_pattern = {name: strength * alpha for name, alpha in config.alpha_pattern.items()}
    config.inference_mode = True
    Path(folder).mkdir(parents=True, exist_ok=True)
    save_file({key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}, Path(folder, "adapter_model.safetensors"))
    config.save_pretrained(folder)
