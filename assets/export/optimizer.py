"""The optimizer of a run: what `optim` names, in the groups and the form that the variant of the adapter is trained by."""

import torch
from peft.optimizers import create_loraplus_optimizer, create_riemannian_optimizer, lorafa


def make_optimizer(model, settings):
    variant, parameters = settings["adapter"]["variant"], settings["adapter"]["parameters"]
    if variant == "lora-fa":
        return lora_fa(model, settings)
    kind, arguments = optimizer_class(settings)
    usual = {**arguments, "lr": settings["learning_rate"], "weight_decay": settings["weight_decay"]}
    if settings["optim"] == "riemannian-adamw":
        optimizer = create_riemannian_optimizer(model, kind, reg=settings["riemannian_reg"], **usual)
    else:
        optimizer = kind([parameter for parameter in model.parameters() if parameter.requires_grad], **usual)
    if variant == "lora-plus":
        grouped = create_loraplus_optimizer(
            model,
            kind,
            lr=settings["learning_rate"],
            loraplus_lr_ratio=parameters["loraplus_lr_ratio"],
            loraplus_lr_embedding=parameters["loraplus_lr_embedding"],
            loraplus_weight_decay=settings["weight_decay"],
            **arguments,
        )
        optimizer.param_groups = [group for group in grouped.param_groups if group["params"]]
    return optimizer


def optimizer_class(settings):
    if settings["optim"] == "sgd":
        return torch.optim.SGD, {"momentum": settings["sgd_momentum"]}
    betas = (settings["adam_beta1"], settings["adam_beta2"])
    return torch.optim.AdamW, {"betas": betas, "eps": settings["adam_epsilon"]}


def lora_fa(model, settings):
    """PEFT's LoRA-FA. It rounds the projected gradient to bfloat16 where it can; the studio keeps float32."""
    lorafa.is_bf16_available = lambda: False
    ranks = {"r": settings["adapter"]["parameters"]["r"], "lora_alpha": settings["adapter"]["parameters"]["lora_alpha"]}
    optimizer = lorafa.create_lorafa_optimizer(
        model, lr=settings["learning_rate"], weight_decay=settings["weight_decay"], **ranks
    )
    for group in optimizer.param_groups:
        group["betas"] = (settings["adam_beta1"], settings["adam_beta2"])
        group["eps"] = settings["adam_epsilon"]

    # Of a layer that CoTo has switched off, B has no gradient: PEFT's optimizer must not meet the pair.
    lists = ("params", "names", "scaling_factors")
    whole = [{key: group[key] for key in lists} for group in optimizer.param_groups]

    def pair_of(name):
        return name.replace("lora_B", "lora_A").replace("lora_embedding_B", "lora_embedding_A")

    def leave_out(optimizer, *_):
        for group in optimizer.param_groups:
            named = list(zip(group["names"], group["params"]))
            resting = {pair_of(name) for name, parameter in named if pair_of(name) != name and parameter.grad is None}
            keep = [pair_of(name) not in resting for name, _ in named]
            for key in lists:
                group[key] = [value for value, kept in zip(group[key], keep) if kept]

    def put_back(optimizer, *_):
        for group, lists_of_group in zip(optimizer.param_groups, whole):
            group.update(lists_of_group)

    optimizer.register_step_pre_hook(leave_out)
    optimizer.register_step_post_hook(put_back)
    return optimizer
