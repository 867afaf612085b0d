"""What MLX, diffusers and LyCORIS make of files that the studio wrote: ΔW of every module.

stdin: {"mlx": folder, "diffusers": file, "kohya": file, "flux": file, "fluxKohya": file, "loha": file, "lokr": file}
stdout: {each of them: {module: ΔW}}, ΔW row by row
"""

import json
import sys
import warnings

warnings.filterwarnings("ignore")


def of_mlx(folder):
    import mlx.core as mx
    import mlx.nn as nn
    from mlx_lm.tuner.lora import LoRALinear

    with open(f"{folder}/adapter_config.json") as file:
        parameters = json.load(file)["lora_parameters"]
    weights = mx.load(f"{folder}/adapters.safetensors")
    updates = {}
    for name in sorted({key.rsplit(".", 1)[0] for key in weights}):
        a, b = weights[f"{name}.lora_a"], weights[f"{name}.lora_b"]
        linear = nn.Linear(a.shape[0], b.shape[1], bias=False)
        linear.weight = mx.zeros((b.shape[1], a.shape[0]))
        layer = LoRALinear.from_base(linear, r=a.shape[1], scale=parameters["scale"])
        layer.load_weights([("lora_a", a), ("lora_b", b)], strict=False)
        updates[name] = layer.fuse().weight.reshape(-1).tolist()
    return updates


def tiny_unet():
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        block_out_channels=(8, 16, 16),
        layers_per_block=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 2, 2),
        attention_head_dim=4,
        cross_attention_dim=12,
        norm_num_groups=4,
        use_linear_projection=True,
    )


def fused(pipeline, components, file):
    """Changes of the weights of a pipeline into which diffusers fuses a file."""
    weights = lambda: {
        f"{part}.{name}": tensor.clone()
        for part in components
        for name, tensor in getattr(pipeline, part).state_dict().items()
        if name.endswith(".weight")
    }
    before = weights()
    pipeline.load_lora_weights(file)
    pipeline.fuse_lora(components=components)
    pipeline.unload_lora_weights()
    deltas = {name: tensor - before[name] for name, tensor in weights().items()}
    return {name.removesuffix(".weight"): delta for name, delta in deltas.items() if delta.abs().max() > 0}


def flat(updates):
    return {name: delta.reshape(-1).tolist() for name, delta in updates.items()}


def of_diffusers(file):
    from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionXLPipeline
    from transformers import CLIPTextConfig, CLIPTextModel

    sizes = {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 32}
    pipeline = StableDiffusionXLPipeline(
        vae=AutoencoderKL(),
        text_encoder=CLIPTextModel(CLIPTextConfig(**sizes, bos_token_id=0, eos_token_id=1)),
        text_encoder_2=None,
        tokenizer=None,
        tokenizer_2=None,
        unet=tiny_unet(),
        scheduler=EulerDiscreteScheduler(),
    )
    updates = fused(pipeline, ["unet", "text_encoder"], file)
    # Transformers 5 left out a level of names, which files still have.
    return flat({name.replace("text_encoder.encoder.", "text_encoder.text_model.encoder."): delta for name, delta in updates.items()})


def of_flux(file):
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=12,
        pooled_projection_dim=8,
        guidance_embeds=False,
        axes_dims_rope=(2, 2, 4),
    )
    pipeline = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=AutoencoderKL(),
        text_encoder=None,
        tokenizer=None,
        text_encoder_2=None,
        tokenizer_2=None,
        transformer=transformer,
    )
    return fused(pipeline, ["transformer"], file)


def of_flux_kohya(file):
    """By the names of Black Forest Labs, whose linears diffusers splits."""
    import torch

    updates = of_flux(file)
    block, single = "transformer.transformer_blocks.0", "transformer.single_transformer_blocks.0"
    joined = lambda place, names: torch.cat([updates[f"{place}.attn.{name}"] for name in names])
    return flat(
        {
            "unet.double_blocks.0.img_attn.qkv": joined(block, ["to_q", "to_k", "to_v"]),
            "unet.double_blocks.0.txt_attn.qkv": joined(block, ["add_q_proj", "add_k_proj", "add_v_proj"]),
            "unet.double_blocks.0.img_attn.proj": updates[f"{block}.attn.to_out.0"],
            "unet.double_blocks.0.txt_mlp.0": updates[f"{block}.ff_context.net.0.proj"],
            "unet.single_blocks.0.linear2": updates[f"{single}.proj_out"],
        }
    )


def of_lycoris(file):
    """The forward pass of LyCORIS's modules on unit vectors."""
    import torch
    from lycoris.modules import get_module, make_module
    from safetensors.torch import load_file

    state = load_file(file)
    unet = tiny_unet()
    names = {f"lora_unet_{name}".replace(".", "_"): name for name, _ in unet.named_modules()}
    updates = {}
    for flat_name in sorted({key.split(".")[0] for key in state}):
        linear = unet.get_submodule(names[flat_name])
        lora = make_module(*get_module(state, flat_name), flat_name, linear)
        units = torch.eye(linear.in_features)
        with torch.no_grad():
            before = linear(units)
            lora.apply_to()
            updates[f"unet.{names[flat_name]}"] = (linear(units) - before).T
            lora.restore()
    return flat(updates)


READERS = {
    "mlx": of_mlx,
    "diffusers": of_diffusers,
    "kohya": of_diffusers,
    "flux": lambda file: flat(of_flux(file)),
    "fluxKohya": of_flux_kohya,
    "loha": of_lycoris,
    "lokr": of_lycoris,
}


def main():
    request = json.load(sys.stdin)
    print(json.dumps({name: READERS[name](place) for name, place in request.items()}))


main()
