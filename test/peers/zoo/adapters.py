"""Writes adapters of LyCORIS, PEFT and diffusers in the forms in which people hold them, and what each changes.

stdin: {"golden": folder of the golden models, "folder": where to write}
stdout: [{"path", "program", "name", "base": golden model or null, "expected": "updates" | "states", "cut"}], one entry an adapter;
"cut": null, or {"rank", "error", "largest"}: the rank of the import, and the smallest relative errors that numpy finds for it

"updates": <path>.expected.safetensors has ΔW [out, in · window] of every module, and `<module>:bias` where biases change.
"states": it has last_hidden_state of the model without its head for <path>.inputs.safetensors.
"""

import json
import logging
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import numpy
import peft
import torch
import transformers
from safetensors.torch import save_file
from torch import nn

TYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float8 e4m3": torch.float8_e4m3fn, "float8 e5m2": torch.float8_e5m2}


class Blocks(nn.Module):
    """Convolutions and linears under the names of a UNet of diffusers."""

    def __init__(self):
        super().__init__()
        block = nn.Module()
        block.resnets = nn.ModuleList([nn.Module()])
        block.resnets[0].conv1 = nn.Conv2d(8, 12, 3, padding=1)
        block.resnets[0].conv_shortcut = nn.Conv2d(8, 12, 1)
        block.attentions = nn.ModuleList([nn.Module()])
        block.attentions[0].proj_in = nn.Linear(12, 12)
        self.down_blocks = nn.ModuleList([block])


class Wide(nn.Module):
    """A linear too large for its change to have a low rank."""

    def __init__(self):
        super().__init__()
        self.proj_in = nn.Linear(400, 300, bias=False)


class Zoo:
    def __init__(self, golden, folder):
        self.golden, self.folder, self.entries = golden, folder, []

    def path(self, suffix=""):
        return f"{len(self.entries):03}{suffix}"

    def add(self, path, program, name, base, expected, tensors, cut=None):
        file = f"{path}.expected.safetensors"
        save_file({key: tensor.detach().float().clone().contiguous() for key, tensor in tensors.items()}, self.folder / file)
        entry = {"path": path, "program": program, "name": name, "base": base, "expected": expected, "cut": cut}
        self.entries.append(entry)

    def base(self, name, head=True):
        auto = transformers.AutoModelForCausalLM if head else transformers.AutoModel
        return auto.from_pretrained(self.golden / name / "base", dtype=torch.float32).eval()


def randomized(module, size=0.05):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(size * torch.randn_like(parameter))


# LyCORIS


def exact_svd(weight, svd=torch.linalg.svd, **options):
    """Singular vectors that are the same on every machine: those of float32 move T-LoRA's ΔW by up to 1e-5 between processors."""
    return tuple(part.to(weight.dtype) for part in svd(weight.double(), **options))


torch.linalg.svd = exact_svd

ALGORITHMS = {
    "LoCon": {"algo": "lora"},
    "LoCon, rs_lora": {"algo": "lora", "rs_lora": True},
    "LoCon with DoRA": {"algo": "lora", "dora_wd": True},
    "LoCon with DoRA of the inputs": {"algo": "lora", "dora_wd": True, "wd_on_output": False},
    "LoHa": {"algo": "loha"},
    "LoHa with DoRA": {"algo": "loha", "dora_wd": True},
    "LoKr": {"algo": "lokr"},
    "LoKr, factor 4": {"algo": "lokr", "factor": 4},
    "LoKr, both decomposed": {"algo": "lokr", "decompose_both": True, "linear_dim": 1},
    "LoKr, full matrix": {"algo": "lokr", "full_matrix": True},
    "LoKr, unbalanced": {"algo": "lokr", "unbalanced_factorization": True, "factor": 2},
    "LoKr with DoRA": {"algo": "lokr", "dora_wd": True},
    "GLoRA": {"algo": "glora"},
    "full": {"algo": "full"},
    "diag-OFT": {"algo": "diag-oft"},
    "diag-OFT, rescaled": {"algo": "diag-oft", "rescaled": True},
    "diag-OFT, constrained": {"algo": "diag-oft", "constraint": 0.001},
    "BOFT": {"algo": "boft", "linear_dim": 10},
    "BOFT, rescaled": {"algo": "boft", "linear_dim": 10, "rescaled": True},
    "(IA)³": {"algo": "ia3"},
    "T-LoRA": {"algo": "tlora"},
    "DyLoRA": {"algo": "dylora", "block_size": 2},
    "normalizations too": {"algo": "lora", "train_norm": True},
}
CONVOLUTIONS = {
    "LoCon of convolutions": {"algo": "lora"},
    "LoCon of convolutions, Tucker": {"algo": "lora", "use_tucker": True},
    "LoHa of convolutions": {"algo": "loha"},
    "LoHa of convolutions, Tucker": {"algo": "loha", "use_tucker": True},
    "LoKr of convolutions": {"algo": "lokr", "factor": 2},
    "LoKr of convolutions, rank 1": {"algo": "lokr", "factor": 2, "linear_dim": 1},
    "LoKr of convolutions, Tucker": {"algo": "lokr", "factor": 2, "use_tucker": True, "linear_dim": 1},
    "full of convolutions": {"algo": "full"},
    "diag-OFT of convolutions": {"algo": "diag-oft"},
    "(IA)³ of convolutions": {"algo": "ia3"},
    "GLoRA of convolutions": {"algo": "glora"},
}


def lycoris_state(model, settings):
    """The state dict of a network after a training of random steps, and its modules."""
    from lycoris import create_lycoris

    settings = {"linear_dim": 4, "factor": -1, **settings}
    # LyCORIS 4.1 scales a merged LoHa or LoKr twice, and the forward pass once: with the scale 1 both are the same.
    settings["linear_alpha"] = settings["linear_dim"] if settings["algo"] in ("loha", "lokr") else 2
    network = create_lycoris(model, 1.0, **settings)
    network.apply_to()
    randomized(network, 0.02 if settings["algo"] in ("full", "boft", "diag-oft") else 0.1)
    state = {key: tensor.detach().clone() for key, tensor in network.state_dict().items()}
    for lora in network.loras:
        lora.restore()
    return state, network


def updates_of(model, state, network, algo):
    """ΔW of each module as LyCORIS loads the state dict."""
    from lycoris.wrapper import create_lycoris_from_weights

    names = {f"lycoris_{name}".replace(".", "_"): name for name, _ in model.named_modules()}
    # LyCORIS 4.1 cannot load some of its kinds again: what was trained is asked.
    loaded = network
    if algo != "ia3":
        try:
            loaded = create_lycoris_from_weights(1.0, None, model, dict(state))[0]
        except RuntimeError:
            pass
    updates = {}
    for lora in loaded.loras:
        name = names[lora.lora_name]
        original = model.get_submodule(name)
        with torch.no_grad():
            weight, bias = lora.get_merged_weight(shape=original.weight.shape)
        delta = weight.reshape(original.weight.shape) - original.weight
        updates[name] = delta.reshape(delta.shape[0], -1)
        if bias is not None and original.bias is not None:
            updates[f"{name}:bias"] = bias - original.bias
    return updates


def best_cut(updates, rank):
    """The relative errors of the best approximation of a rank: over all modules, and the largest of a module."""
    losses = []
    for name, update in updates.items():
        if not name.endswith(":bias"):
            squares = numpy.linalg.svd(update.detach().double().numpy(), compute_uv=False) ** 2
            losses.append((squares[rank:].sum(), squares.sum()))
    lost, total = map(sum, zip(*losses))
    largest = max(own_lost / own_total for own_lost, own_total in losses if own_total > 0)
    return {"rank": rank, "error": float((lost / total) ** 0.5), "largest": float(largest**0.5)}


def save_lycoris(zoo, model, base, name, settings, dtype=None, rename=lambda key: key, pointed=lambda name: name, rank=None):
    torch.manual_seed(len(zoo.entries))
    state, network = lycoris_state(model, settings)
    if dtype is not None:
        state = {key: tensor.to(dtype) if tensor.is_floating_point() else tensor for key, tensor in state.items()}
        network_state = {key: tensor.float() if tensor.is_floating_point() else tensor for key, tensor in state.items()}
    else:
        network_state = state
    with torch.no_grad():
        updates = updates_of(model, network_state, network, settings["algo"])
    path = zoo.path(".safetensors")
    save_file({rename(key): tensor.contiguous() for key, tensor in state.items()}, zoo.folder / path)
    cut = None if rank is None else best_cut(updates, rank)
    zoo.add(path, "LyCORIS", name, base, "updates", {pointed(key): tensor for key, tensor in updates.items()}, cut)


def make_lycoris(zoo):
    for base in ("llama", "qwen2", "qwen3", "opt", "gpt-neox"):
        for name, settings in ALGORITHMS.items():
            attempt(zoo, f"{name} on {base}", lambda: save_lycoris(zoo, zoo.base(base), base, name, settings))
    for kind, dtype in TYPES.items():
        for name in ("LoCon", "LoHa", "LoKr", "GLoRA", "full"):
            settings = ALGORITHMS[name]
            attempt(zoo, name, lambda: save_lycoris(zoo, zoo.base("llama"), "llama", f"{name}, {kind}", settings, dtype))
    for name, settings in CONVOLUTIONS.items():
        attempt(zoo, name, lambda: save_lycoris(zoo, Blocks(), None, name, settings))
        unet = {"rename": lambda key: key.replace("lycoris_", "lora_unet_"), "pointed": lambda key: f"unet.{key}"}
        attempt(zoo, name, lambda: save_lycoris(zoo, Blocks(), None, f"{name}, kohya's names", settings, **unet))


# Kinds whose ΔW has a high rank, cut to a low one.
CUT = ("full", "LoKr, factor 4", "LoKr, unbalanced", "LoHa with DoRA", "LoKr with DoRA", "LoCon with DoRA of the inputs", "diag-OFT", "BOFT")
CUT_CONVOLUTIONS = ("full of convolutions", "LoHa of convolutions, Tucker", "LoKr of convolutions, Tucker")


def make_cut(zoo):
    for base in ("llama", "qwen2"):
        for name in CUT:
            title, settings = f"{name}, cut to rank 8", ALGORITHMS[name]
            attempt(zoo, title, lambda: save_lycoris(zoo, zoo.base(base), base, title, settings, rank=8))
    for name in CUT_CONVOLUTIONS:
        title, settings = f"{name}, cut to rank 4", CONVOLUTIONS[name]
        attempt(zoo, title, lambda: save_lycoris(zoo, Blocks(), None, title, settings, rank=4))
    title = "full of 300 × 400, cut to rank 64"
    attempt(zoo, title, lambda: save_lycoris(zoo, Wide(), None, title, ALGORITHMS["full"], rank=64))


# PEFT

TUNERS = {
    "LoRA": lambda targets: peft.LoraConfig(r=4, lora_alpha=6, target_modules=targets),
    "rsLoRA": lambda targets: peft.LoraConfig(r=4, lora_alpha=6, use_rslora=True, target_modules=targets),
    "DoRA": lambda targets: peft.LoraConfig(r=4, lora_alpha=6, use_dora=True, target_modules=targets),
    "LoRA with biases": lambda targets: peft.LoraConfig(r=4, lora_bias=True, target_modules=targets),
    "LoHa": lambda targets: peft.LoHaConfig(r=4, alpha=6, target_modules=targets),
    "LoKr": lambda targets: peft.LoKrConfig(r=4, alpha=6, target_modules=targets),
    "(IA)³": lambda targets: peft.IA3Config(target_modules=targets, feedforward_modules=[]),
    "OFT": lambda targets: peft.OFTConfig(r=0, oft_block_size=4, target_modules=targets),
    "VeRA": lambda targets: peft.VeraConfig(r=8, target_modules=targets),
    "HiRA": lambda targets: peft.HiraConfig(r=4, target_modules=targets) if hasattr(peft, "HiraConfig") else None,
    "C3A": lambda targets: peft.C3AConfig(block_size=4, target_modules=targets),
    "MiSS": lambda targets: peft.MissConfig(r=4, target_modules=targets),
    "RandLoRA": lambda targets: peft.RandLoraConfig(r=4, target_modules=targets),
}
TARGETS = {
    "bert": ["query", "value"],
    "gpt-neox": ["query_key_value", "dense_h_to_4h"],
    "phi3": ["qkv_proj", "o_proj"],
    "opt": ["q_proj", "v_proj"],
}
USUAL = ["q_proj", "o_proj"]


def trained(model, config):
    wrapped = peft.get_peft_model(model, config)
    # RandLoRA's updates are so large that float32 would be off by more than the tolerance.
    size = 0.005 if isinstance(config, peft.RandLoraConfig) else 0.1
    with torch.no_grad():
        for parameter in wrapped.parameters():
            if parameter.requires_grad:
                parameter.add_(size * torch.randn_like(parameter))
    return wrapped.eval()


def states_of(model, zoo, path):
    ids = torch.randint(5, 60, (2, 7))
    save_file({"input_ids": ids.to(torch.int32)}, zoo.folder / f"{path}.inputs.safetensors")
    with torch.no_grad():
        return {"last_hidden_state": model(input_ids=ids).last_hidden_state}


def save_peft(zoo, base, name, tuner, head):
    torch.manual_seed(len(zoo.entries))
    config = tuner(TARGETS.get(base, USUAL))
    if config is None:
        return
    model = trained(zoo.base(base, head), config)
    path = zoo.path()
    model.save_pretrained(zoo.folder / path)
    if head:
        # A state dict that save_pretrained did not write names the adapter.
        kept = peft.get_peft_model_state_dict(model)
        plain = lambda key: key.replace(".default", "")
        is_kept = lambda key: plain(key) in kept or plain(key).removesuffix(".weight") in kept
        state = {key: tensor for key, tensor in model.state_dict().items() if is_kept(key)}
        file = zoo.folder / path / "adapter_model.safetensors"
        save_file({key: tensor.clone().contiguous() for key, tensor in state.items()}, file)
    body = model.base_model.model.base_model if head else model
    form = f"{name}, keys with the adapter's name" if head else f"{name} on the model without a head"
    zoo.add(path, "PEFT", form, base, "states", states_of(body, zoo, path))


def make_peft(zoo):
    for base in ("llama", "qwen3", "qwen2", "gpt-neox", "opt", "phi3"):
        for name, tuner in TUNERS.items():
            attempt(zoo, name, lambda: save_peft(zoo, base, name, tuner, False))
    for base in ("llama", "qwen3", "gpt-neox"):
        for name, tuner in TUNERS.items():
            attempt(zoo, name, lambda: save_peft(zoo, base, name, tuner, True))


# XLabs, as diffusers reads it


def make_xlabs(zoo):
    from diffusers.loaders.lora_conversion_utils import _convert_xlabs_flux_lora_to_diffusers

    hidden, rank = 12, 4
    for prefix in ("", "diffusion_model."):
        torch.manual_seed(len(zoo.entries))
        state = {}
        for block in range(2):
            for part, width in (("qkv", 3 * hidden), ("proj", hidden)):
                for stream in (1, 2):
                    key = f"{prefix}double_blocks.{block}.processor.{part}_lora{stream}"
                    state[f"{key}.down.weight"], state[f"{key}.up.weight"] = torch.randn(rank, hidden), torch.randn(width, rank)
            key = f"{prefix}single_blocks.{block}.processor"
            state[f"{key}.qkv_lora.down.weight"], state[f"{key}.qkv_lora.up.weight"] = torch.randn(rank, hidden), torch.randn(3 * hidden, rank)
            state[f"{key}.proj_lora.down.weight"], state[f"{key}.proj_lora.up.weight"] = torch.randn(rank, 5 * hidden), torch.randn(hidden, rank)
        path = zoo.path(".safetensors")
        save_file({key: tensor.contiguous() for key, tensor in state.items()}, zoo.folder / path)
        converted = _convert_xlabs_flux_lora_to_diffusers(dict(state))
        update = lambda name: converted[f"transformer.{name}.lora_B.weight"] @ converted[f"transformer.{name}.lora_A.weight"]
        joined = lambda place, names: torch.cat([update(f"{place}.{name}") for name in names])
        updates = {}
        for block in range(2):
            place = f"transformer_blocks.{block}.attn"
            updates[f"unet.double_blocks.{block}.img_attn.qkv"] = joined(place, ["to_q", "to_k", "to_v"])
            updates[f"unet.double_blocks.{block}.txt_attn.qkv"] = joined(place, ["add_q_proj", "add_k_proj", "add_v_proj"])
            updates[f"unet.double_blocks.{block}.img_attn.proj"] = update(f"{place}.to_out.0")
            updates[f"unet.double_blocks.{block}.txt_attn.proj"] = update(f"{place}.to_add_out")
            single = f"single_transformer_blocks.{block}"
            qkv = joined(f"{single}.attn", ["to_q", "to_k", "to_v"])
            updates[f"unet.single_blocks.{block}.linear1"] = torch.cat([qkv, torch.zeros(4 * hidden, hidden)])
            updates[f"unet.single_blocks.{block}.linear2"] = update(f"{single}.proj_out")
        zoo.add(path, "XLabs", f"Flux, {prefix or 'no'} prefix", None, "updates", updates)


def attempt(zoo, name, make):
    try:
        make()
    except Exception as error:  # The program cannot make it.
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)


def main():
    request = json.load(sys.stdin)
    zoo = Zoo(Path(request["golden"]), Path(request["folder"]))
    make_lycoris(zoo)
    make_xlabs(zoo)
    make_peft(zoo)
    make_cut(zoo)
    print(json.dumps(zoo.entries))


logging.disable(logging.WARNING)
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)
if __name__ == "__main__":
    main()
