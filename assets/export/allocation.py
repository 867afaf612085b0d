"""AdaLoRA beside its optimizer: the penalty in its loss, and the allocation of ranks after every step, by PEFT."""

import torch
import transformers


class Allocation(transformers.TrainerCallback):
    def __init__(self, model):
        self.adalora = model.base_model
        self.config = self.adalora.peft_config["default"]
        named = list(self.adalora.model.named_parameters())
        self.factors = [(name, value) for name, value in named if "lora_A" in name or "lora_B" in name]
        allocator = self.adalora.rankallocator
        for name, value in named:
            if "lora_" in name:
                for scores in (allocator.ipt, allocator.exp_avg_ipt, allocator.exp_avg_unc):
                    scores[name] = torch.zeros_like(value)
        # Of a layer that CoTo has switched off there are no gradients, and PEFT's own method needs them.
        allocator.update_ipt = lambda model: self.update_importance(allocator, model)

    def penalty(self):
        """The mean distance of the factors of all modules from orthogonal ones; a module that is off adds nothing."""
        total = 0
        for name, value in self.factors:
            if not value.requires_grad:
                continue
            products = value @ value.T if "lora_A" in name else value.T @ value
            total = total + torch.norm(products - torch.eye(len(products), device=value.device))
        return self.config.orth_reg_weight * total / len(self.factors)

    def on_optimizer_step(self, args, state, control, **_):
        self.adalora.update_and_allocate(state.global_step)

    @staticmethod
    @torch.no_grad()
    def update_importance(allocator, model):
        for name, value in model.named_parameters():
            if "lora_" not in name or value.grad is None:
                continue
            now = (value * value.grad).abs()
            mean, spread = allocator.exp_avg_ipt[name], allocator.exp_avg_unc[name]
            mean.mul_(allocator.beta1).add_(now, alpha=1 - allocator.beta1)
            spread.mul_(allocator.beta2).add_((now - mean).abs(), alpha=1 - allocator.beta2)
