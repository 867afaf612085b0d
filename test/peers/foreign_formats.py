"""What MLX and diffusers make of files that the studio wrote: ΔW of every module.

stdin: {"mlx": folder | null, "diffusers": file | null, "kohya": file | null}
stdout: {"mlx": {module: ΔW}, "diffusers": {module: ΔW}, "kohya": {module: ΔW}}, ΔW row by row
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


def of_diffusers(file):
    from diffusers import StableDiffusionXLPipeline

    unet = tiny_unet()
    state, alphas = StableDiffusionXLPipeline.lora_state_dict(file, unet_config=unet.config)
    unet.load_lora_adapter(state, network_alphas=alphas, prefix="unet", adapter_name="default")
    updates = {}
    for name, module in unet.named_modules():
        if "default" in getattr(module, "lora_A", {}):
            updates[f"unet.{name}"] = module.get_delta_weight("default").reshape(-1).tolist()
    return updates


def main():
    request = json.load(sys.stdin)
    made = {
        "mlx": of_mlx(request["mlx"]) if request["mlx"] else {},
        "diffusers": of_diffusers(request["diffusers"]) if request["diffusers"] else {},
        "kohya": of_diffusers(request["kohya"]) if request["kohya"] else {},
    }
    print(json.dumps(made))


main()
