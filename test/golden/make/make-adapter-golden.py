"""Makes golden adapters of test/golden with the real PEFT: python test/golden/make/make-adapter-golden.py [case ...]

A case is a family, a folder of its `adapters` and PEFT's config. The adapter stands on the family's own base with random values in
place of its start; beside it go the outputs for the family's inputs and, where the base's names are those of its checkpoint, the
weights that merging it changes. A training run goes over the family's own batches, as the runs beside it do (README of the golden
values: one AdamW group, norm clipped, linear warm-up and cosine).
"""

import json
import math
import shutil
import sys

import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

from folders import GOLDEN, OUTPUT

CLASSES = {"vit": "AutoModelForImageClassification", "bert": "AutoModelForSequenceClassification"}
ATTENTION = ["q_proj", "v_proj"]
MIXED = ["q_proj", "k_proj", "up_proj", "down_proj"]
VIT = ["q_proj", "fc1", "fc2"]

ADAPTERS = {
    ("llama", "shira"): (peft.ShiraConfig, {"r": 2, "random_seed": 7, "target_modules": MIXED}, 0.1),
    ("llama", "shira-unseeded"): (peft.ShiraConfig, {"r": 1, "target_modules": ATTENTION}, 0.1),
    ("vit", "shira"): (peft.ShiraConfig, {"r": 3, "random_seed": 2**31 + 5, "target_modules": VIT}, 0.1),
    ("llama", "randlora"): (peft.RandLoraConfig, {"r": 5, "randlora_alpha": 20, "target_modules": MIXED}, 0.02),
    ("llama", "randlora-sparse"): (
        peft.RandLoraConfig,
        {"r": 6, "randlora_alpha": 12, "sparse": True, "projection_prng_key": 3, "target_modules": MIXED},
        0.02,
    ),
    ("llama", "randlora-very-sparse"): (
        peft.RandLoraConfig,
        {"r": 4, "randlora_alpha": 12, "very_sparse": True, "projection_prng_key": 4, "target_modules": MIXED},
        0.02,
    ),
    ("llama", "randlora-no-projections"): (
        peft.RandLoraConfig,
        {"r": 7, "randlora_alpha": 20, "save_projection": False, "projection_prng_key": 11, "target_modules": MIXED},
        0.02,
    ),
    ("gpt2", "randlora"): (
        peft.RandLoraConfig,
        {"r": 5, "randlora_alpha": 20, "fan_in_fan_out": True, "target_modules": ["c_attn", "mlp.c_proj"]},
        0.02,
    ),
    ("vit", "randlora"): (peft.RandLoraConfig, {"r": 6, "randlora_alpha": 20, "target_modules": VIT}, 0.02),
    ("llama", "vera-no-projections"): (
        peft.VeraConfig,
        {"r": 5, "save_projection": False, "projection_prng_key": 12, "target_modules": MIXED},
        0.3,
    ),
    ("llama", "delora"): (peft.DeloraConfig, {"r": 3, "delora_lambda": 2, "target_modules": MIXED}, 0.3),
    ("llama", "delora-patterns"): (
        peft.DeloraConfig,
        {
            "r": 3,
            "delora_lambda": 2,
            "rank_pattern": {"layers.1.self_attn.q_proj": 5, "v_proj": 2},
            "lambda_pattern": {"v_proj": 4},
            "target_modules": ATTENTION,
        },
        0.3,
    ),
    ("vit", "delora"): (peft.DeloraConfig, {"r": 3, "delora_lambda": 2, "target_modules": VIT}, 0.3),
    # No block of 5 fits: PEFT takes the nearest size that does.
    ("llama", "oft"): (peft.OFTConfig, {"oft_block_size": 5, "target_modules": MIXED}, 0.2),
    ("llama", "oft-cayley"): (
        peft.OFTConfig,
        {"oft_block_size": 8, "use_cayley_neumann": False, "target_modules": MIXED},
        0.4,
    ),
    ("llama", "oft-blocks"): (
        peft.OFTConfig,
        {"r": 3, "oft_block_size": 0, "num_cayley_neumann_terms": 3, "target_modules": ATTENTION},
        0.2,
    ),
    ("llama", "oft-constrained"): (
        peft.OFTConfig,
        {"oft_block_size": 4, "coft": True, "eps": 0.9, "block_share": False, "target_modules": MIXED},
        0.2,
    ),
    ("llama", "oft-block-share"): (
        peft.OFTConfig,
        {"oft_block_size": 4, "block_share": True, "num_cayley_neumann_terms": 7, "target_modules": MIXED},
        0.1,
    ),
    ("vit", "oft"): (peft.OFTConfig, {"oft_block_size": 4, "target_modules": VIT}, 0.2),
    ("llama", "c3a"): (peft.C3AConfig, {"block_size": 4, "target_modules": MIXED}, 2.0),
    ("llama", "c3a-patterns"): (
        peft.C3AConfig,
        {"block_size": 12, "block_size_pattern": {"layers.1.self_attn.q_proj": 3, "k_proj": 1}, "target_modules": MIXED[:2]},
        2.0,
    ),
    ("vit", "c3a"): (peft.C3AConfig, {"block_size": 16, "target_modules": VIT}, 2.0),
    ("llama", "loha-patterns"): (
        peft.LoHaConfig,
        {
            "r": 3,
            "alpha": 6,
            "rank_pattern": {"layers.1.self_attn.q_proj": 5, "v_proj": 2},
            "alpha_pattern": {"^model.layers.2.*v_proj": 9},
            "target_modules": ATTENTION,
        },
        0.2,
    ),
    ("llama", "lokr-patterns"): (
        peft.LoKrConfig,
        {
            "r": 2,
            "alpha": 6,
            "decompose_both": True,
            "decompose_factor": 6,
            "init_weights": "lycoris",
            "rank_pattern": {"up_proj": 1, ".*layers.1.self_attn.*": 12},
            "alpha_pattern": {"down_proj": 3},
            "target_modules": MIXED,
        },
        0.2,
    ),
    ("llama", "miss"): (peft.MissConfig, {"r": 5, "target_modules": MIXED}, 0.1),
    ("llama", "miss-mini"): (
        peft.MissConfig,
        {"r": 4, "mini_r": 6, "init_weights": "mini", "target_modules": ATTENTION},
        0.1,
    ),
    ("llama", "bat"): (peft.MissConfig, {"r": 4, "init_weights": "bat", "target_modules": MIXED}, 0.1),
    ("vit", "miss"): (peft.MissConfig, {"r": 6, "target_modules": VIT}, 0.1),
    ("vit", "bat"): (peft.MissConfig, {"r": 8, "init_weights": "bat", "target_modules": VIT}, 0.1),
    ("llama", "gralora"): (peft.GraloraConfig, {"r": 4, "alpha": 6, "gralora_k": 2, "target_modules": MIXED}, 0.2),
    ("llama", "gralora-hybrid"): (
        peft.GraloraConfig,
        {"r": 8, "alpha": 12, "gralora_k": 4, "hybrid_r": 3, "target_modules": ATTENTION},
        0.2,
    ),
    ("gpt2", "gralora"): (
        peft.GraloraConfig,
        {"r": 4, "alpha": 6, "hybrid_r": 2, "fan_in_fan_out": True, "target_modules": ["c_attn", "mlp.c_proj"]},
        0.2,
    ),
    ("vit", "gralora"): (peft.GraloraConfig, {"r": 6, "alpha": 6, "gralora_k": 2, "target_modules": VIT}, 0.2),
    ("llama", "ia3-regex"): (
        peft.IA3Config,
        {"feedforward_modules": r".*\.(up|down)_proj", "target_modules": r".*\.(q_proj|up_proj|down_proj)"},
        0.3,
    ),
}

MASKS = [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 0], [0, 0, 1], [1, 1, 1], [1, 1, 1], [1, 1, 1]]

# Config, deviation of the start, learning rate, largest gradient norm, active layers.
RUNS = {
    "shira": (*ADAPTERS["llama", "shira"], 0.02, 0.8, None),
    "shira-coto": (*ADAPTERS["llama", "shira"], 0.02, 0.8, MASKS),
    "randlora": (*ADAPTERS["llama", "randlora"], 0.002, 3.0, None),
    "delora": (*ADAPTERS["llama", "delora"], 0.01, 0.8, None),
    "delora-coto": (*ADAPTERS["llama", "delora"], 0.01, 0.8, MASKS),
    "oft": (*ADAPTERS["llama", "oft"], 0.01, 0.8, None),
    "oft-cayley": (*ADAPTERS["llama", "oft-cayley"], 0.01, 0.8, MASKS),
    "oft-constrained": (*ADAPTERS["llama", "oft-constrained"], 0.05, 0.8, None),
    "miss": (*ADAPTERS["llama", "miss"], 0.02, 0.8, None),
    "miss-coto": (*ADAPTERS["llama", "miss"], 0.02, 0.8, MASKS),
    "bat": (*ADAPTERS["llama", "bat"], 0.01, 0.8, None),
    "gralora": (*ADAPTERS["llama", "gralora-hybrid"], 0.02, 0.8, None),
    "gralora-coto": (*ADAPTERS["llama", "gralora-hybrid"], 0.02, 0.8, MASKS),
    "c3a": (*ADAPTERS["llama", "c3a"], 0.02, 0.12, None),
}


class CircularConvolution:
    """PEFT 0.21's C3A has a wrong gradient of its input (gradcheck fails): the same product, differentiated by torch."""

    @staticmethod
    def apply(x, kernel):
        _, blocks, size = kernel.shape
        parts = x.reshape(*x.shape[:-1], blocks, size)
        spectra = torch.einsum("...nb,mnb->...mb", torch.fft.ifft(parts), torch.fft.fft(kernel))
        return torch.fft.fft(spectra).real.flatten(start_dim=-2)


peft.tuners.c3a.layer.BlockCircularConvolution = CircularConvolution


def base_of(family):
    auto_class = getattr(transformers, CLASSES.get(family, "AutoModelForCausalLM"))
    return auto_class.from_pretrained(GOLDEN / family / "base", dtype=torch.float32).eval()


def adapted(family, make_config, settings, deviation):
    task = None if family in CLASSES else "CAUSAL_LM"
    torch.manual_seed(5)
    model = peft.get_peft_model(base_of(family), make_config(task_type=task, **settings)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(deviation * torch.randn(parameter.shape))
    return model


def write_adapter(model, family, folder):
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    file = folder / "adapter_config.json"
    config = json.loads(file.read_text())
    config["base_model_name_or_path"] = f"golden/{family}"
    if isinstance(config.get("target_modules"), list):
        config["target_modules"].sort()
    file.write_text(json.dumps(config, indent=1, sort_keys=True))


def outputs(model, inputs):
    with torch.no_grad():
        return {"logits": model(**inputs).logits.contiguous()}


def make_adapter(family, name, make_config, settings, deviation):
    folder = OUTPUT / family / "adapters" / name
    shutil.rmtree(folder, ignore_errors=True)
    model = adapted(family, make_config, settings, deviation)
    inputs = load_file(GOLDEN / family / "inputs.safetensors")
    expected = outputs(model, inputs)
    write_adapter(model, family, folder)
    save_file(expected, folder / "expected.safetensors")
    effect = (expected["logits"] - outputs(base_of(family), inputs)["logits"]).abs().max().item()
    merged = model.merge_and_unload()
    drift = (outputs(merged, inputs)["logits"] - expected["logits"]).abs().max().item()
    if family not in CLASSES:
        before = base_of(family).state_dict()
        changed = {key: value.contiguous() for key, value in merged.state_dict().items() if not torch.equal(value, before[key])}
        save_file(changed, folder / "merged.safetensors")
    print(f"{family}/adapters/{name}: moves the logits by {effect:.3f}, merged differs by {drift:.1e}")


def make_run(name, make_config, settings, deviation, learning_rate, max_norm, masks, steps=10, warmup=2):
    folder = OUTPUT / "llama" / "train" / name
    shutil.rmtree(folder, ignore_errors=True)
    model = adapted("llama", make_config, settings, deviation)
    write_adapter(model, "llama", folder / "start")
    batches = load_file(GOLDEN / "llama" / "train" / "batches.safetensors")
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=learning_rate, weight_decay=0.5)
    schedule = transformers.get_cosine_schedule_with_warmup(optimizer, warmup, steps)
    rates, losses, norms = [], [], []
    for step in range(steps):
        set_active(model, masks and masks[step])
        optimizer.zero_grad()
        batch = {key.split(".")[1]: value for key, value in batches.items() if key.startswith(f"{step}.")}
        loss = model(**batch).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(trained, max_norm)
        rates.append(optimizer.param_groups[0]["lr"])
        losses.append(loss.item())
        norms.append(norm.item())
        optimizer.step()
        schedule.step()
    set_active(model, None)
    expected = outputs(model, load_file(GOLDEN / "llama" / "inputs.safetensors"))
    write_adapter(model, "llama", folder / "end")
    save_file(expected, folder / "end" / "expected.safetensors")
    trajectory = {
        "optimizer": "torch.optim.AdamW, one group with every trained parameter",
        "scheduler": "cosine with linear warm-up",
        "learning_rate": learning_rate,
        "betas": [0.9, 0.999],
        "eps": 1e-8,
        "weight_decay": 0.5,
        "warmup_steps": warmup,
        "steps": steps,
        "max_grad_norm": max_norm,
        "learning_rates": rates,
        "loss": losses,
        "grad_norm_before_clipping": norms,
        "active_layers": masks,
        "dropout": 0.0,
    }
    (folder / "trajectory.json").write_text(json.dumps(trajectory, indent=1))
    print(f"llama/train/{name}: losses {losses[0]:.3f} to {losses[-1]:.3f}, norms {min(norms):.2f} to {max(norms):.2f}")
    assert all(math.isfinite(value) for value in losses + norms)


def set_active(model, mask):
    """Layers that a mask switches off run the plain base; their tensors get no gradient."""
    for name, module in model.named_modules():
        if isinstance(module, peft.tuners.tuners_utils.BaseTunerLayer):
            layer = int(name.split(".layers.")[1].split(".")[0])
            module._disable_adapters = mask is not None and mask[layer] == 0


def make_abba(family="llama", name="abba", r1=2, r2=3, alpha=0.5, targets=("q_proj", "v_proj")):
    """ABBA (arXiv 2505.14238, equation 7), which PEFT has not: W + alpha² / √(r1·r2) · (B1·A1) ∘ (B2·A2), in float64."""
    folder = OUTPUT / family / "adapters" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    torch.manual_seed(5)
    model = base_of(family).double()
    tensors, changed = {}, {}
    for module_name, module in model.named_modules():
        if module_name.split(".")[-1] not in targets:
            continue
        out, inputs = module.weight.shape
        shapes = {"A1": (r1, inputs), "B1": (out, r1), "A2": (r2, inputs), "B2": (out, r2)}
        own = {part: torch.randn(shape) for part, shape in shapes.items()}
        tensors |= {f"base_model.model.{module_name}.lora_{part}": tensor for part, tensor in own.items()}
        first, second = own["B1"].double() @ own["A1"].double(), own["B2"].double() @ own["A2"].double()
        module.weight.data += alpha**2 / math.sqrt(r1 * r2) * first * second
        changed[f"{module_name}.weight"] = module.weight.data.float()
    save_file(tensors, folder / "adapter_model.safetensors")
    save_file(changed, folder / "merged.safetensors")
    expected = outputs(model, load_file(GOLDEN / family / "inputs.safetensors"))["logits"]
    save_file({"logits": expected.float()}, folder / "expected.safetensors")
    config = {
        "peft_type": "ABBA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": f"golden/{family}",
        "target_modules": sorted(targets),
        "r1": r1,
        "r2": r2,
        "alpha": alpha,
        "dropout": 0.0,
    }
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1, sort_keys=True))
    effect = (expected - outputs(base_of(family).double(), load_file(GOLDEN / family / "inputs.safetensors"))["logits"]).abs().max()
    print(f"{family}/adapters/{name}: moves the logits by {effect.item():.3f}")


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    wanted = set(sys.argv[1:])
    for (family, name), case in ADAPTERS.items():
        if not wanted or name in wanted:
            make_adapter(family, name, *case)
    if not wanted or "abba" in wanted:
        make_abba()
    for name, case in RUNS.items():
        if not wanted or name in wanted:
            make_run(name, *case)
