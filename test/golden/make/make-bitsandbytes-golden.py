"""Makes test/golden/bitsandbytes and test/golden/llama-nf4 with the real bitsandbytes, Transformers and PEFT on the CPU.

usage: python test/golden/make/make-bitsandbytes-golden.py
needs: pip install torch==2.13.0 bitsandbytes==0.48.2 transformers==5.24.0 peft==0.21.2 gguf==0.17.1 safetensors
"""
import json
import math
import shutil

import bitsandbytes.functional as bnb
import gguf
import numpy
import torch
from gguf import quants
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, LlamaConfig, LlamaForCausalLM

from folders import OUTPUT as output

torch.manual_seed(20261127)


def blocks():
    """A matrix of more than 256 blocks, with one of zeros and one of an outlier, in every type that the studio writes."""
    folder = output / "bitsandbytes"
    folder.mkdir(parents=True, exist_ok=True)
    plain = (torch.randn(140, 128) * 0.05 * torch.rand(140, 1)).bfloat16().float()
    plain[3, :64] = 0
    plain[5, 7] = 2.5
    packed, state = bnb.quantize_4bit(plain, blocksize=64, compress_statistics=True, quant_type="nf4")
    tensors = {"plain": plain.bfloat16(), "nf4.weight": packed}
    for key, value in state.as_dict(packed=True).items():
        tensors[f"nf4.weight.{key}"] = value
    tensors["nf4.values"] = bnb.dequantize_4bit(packed, state)
    single, state = bnb.quantize_4bit(plain[:6], blocksize=64, compress_statistics=False, quant_type="nf4")
    tensors["single.weight"] = single
    for key, value in state.as_dict(packed=True).items():
        tensors[f"single.weight.{key}"] = value
    tensors["single.values"] = bnb.dequantize_4bit(single, state)
    few = plain[:12].clone()
    codes, rows, _ = bnb.int8_vectorwise_quant(few.clone())
    tensors |= {"int8.weight": codes, "int8.SCB": rows, "int8.weight_format": torch.tensor(0, dtype=torch.uint8)}
    tensors["int8.values"] = bnb.int8_vectorwise_dequant(codes, rows)
    # Rows that end within a block of 64.
    codes, rows, _ = bnb.int8_vectorwise_quant(few[:3, :40].contiguous())
    tensors |= {"narrow.weight": codes, "narrow.SCB": rows, "narrow.values": bnb.int8_vectorwise_dequant(codes, rows)}
    for name in ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"]:
        stored = quants.quantize(few.numpy(), gguf.GGMLQuantizationType[name])
        tensors[name] = torch.from_numpy(numpy.ascontiguousarray(stored).view(numpy.uint8))
    save_file({name: value.contiguous() for name, value in tensors.items()}, str(folder / "blocks.safetensors"))


def base():
    """A tiny Llama in NF4, as Transformers saves it."""
    config = LlamaConfig(
        vocab_size=64, hidden_size=128, intermediate_size=192, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, pad_token_id=0, tie_word_embeddings=False,
        initializer_range=0.08, dtype="float32",
    )
    folder = output / "llama-nf4"
    LlamaForCausalLM(config).save_pretrained(folder / "plain")
    quantization = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.float32,
    )
    load = lambda: AutoModelForCausalLM.from_pretrained(
        folder / "plain", quantization_config=quantization, dtype=torch.float32, device_map="cpu",
        attn_implementation="eager",
    )
    load().save_pretrained(folder / "base")
    return folder, load


def batch():
    ids = torch.randint(3, 64, (2, 12))
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    ids[mask == 0] = 0
    return {"input_ids": ids, "attention_mask": mask, "labels": ids.masked_fill(mask == 0, -100)}


def train(folder, load, name, settings):
    """LoRA with PEFT on the quantized base, whose products dequantize to float32."""
    steps, warmup, rate, clip = 10, 2, 0.02, 1.4
    model = load()
    torch.manual_seed(7)
    model = get_peft_model(model, LoraConfig(**settings, task_type="CAUSAL_LM"))
    for key, parameter in model.named_parameters():
        if "lora_B" in key:
            torch.nn.init.normal_(parameter, std=0.05)
    target = folder / "train" / name
    model.save_pretrained(target / "start")
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.5)
    factor = lambda step: step / warmup if step < warmup else 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))
    rates, losses, norms = [], [], []
    model.train()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * factor(step)
        loss = model(**batches[step]).loss
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(trained, clip).item())
        optimizer.step()
        optimizer.zero_grad()
        rates.append(rate * factor(step))
        losses.append(loss.item())
    model.eval()
    model.save_pretrained(target / "end")
    with torch.no_grad():
        logits = model(**{key: inputs[key] for key in ["input_ids", "attention_mask"]}).logits
    save_file({"logits": logits.contiguous()}, str(target / "end" / "expected.safetensors"))
    trajectory = {
        "optimizer": "torch.optim.AdamW, one group with every trained parameter",
        "scheduler": "cosine with linear warm-up", "learning_rate": rate, "betas": [0.9, 0.999], "eps": 1e-08,
        "weight_decay": 0.5, "warmup_steps": warmup, "steps": steps, "max_grad_norm": clip, "learning_rates": rates,
        "loss": losses, "grad_norm_before_clipping": norms, "active_layers": None, "dropout": 0.0,
    }
    (target / "trajectory.json").write_text(json.dumps(trajectory, indent=1))
    for readme in target.glob("*/README.md"):
        readme.unlink()
    for config in target.glob("*/adapter_config.json"):
        config.write_text(config.read_text().replace(str(folder / "plain"), "golden/llama-nf4"))


blocks()
folder, load = base()
batches = [batch() for _ in range(10)]
(folder / "train").mkdir(exist_ok=True)
inputs = {key: value for key, value in batch().items() if key != "labels"}
save_file(inputs, str(folder / "inputs.safetensors"))
save_file(
    {f"{step}.{key}": value.contiguous() for step, made in enumerate(batches) for key, value in made.items()},
    str(folder / "train" / "batches.safetensors"),
)
with torch.no_grad():
    save_file({"logits": load()(**inputs).logits.contiguous()}, str(folder / "base-outputs.safetensors"))
train(folder, load, "lora", {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj", "down_proj"]})
train(folder, load, "dora", {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"], "use_dora": True})
shutil.rmtree(folder / "plain")
