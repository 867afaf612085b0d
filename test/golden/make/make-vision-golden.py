"""Golden values of vision encoders in the forms that published folders have, from transformers; tiny random models.

Per case OUTPUT/<case>/: family.json, base/ (with preprocessor_config.json where images have another size than the config's),
inputs.safetensors and base-outputs.safetensors (logits, or last_hidden_state of an encoder without a classifier).
OUTPUT/misc/bicubic.json: positions resized by torch's interpolate.
"""

import json
import os
import re
import shutil

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
import transformers as T
from safetensors.torch import save_file

from folders import OUTPUT

T.utils.logging.set_verbosity_error()
T.utils.logging.disable_progress_bar()
torch.set_num_threads(1)

SIZES = dict(hidden_size=32, num_attention_heads=4, num_hidden_layers=2)
# The positions of 5 × 5 patches are fitted to 3 × 3 and to 6 × 4.
DINOV2 = dict(SIZES, image_size=20, patch_size=4, mlp_ratio=2, layerscale_value=0.7, num_labels=5)
VIT = dict(SIZES, image_size=16, patch_size=4, intermediate_size=48, num_labels=5)


def prepared(height, width):
    size = dict(height=height, width=width)
    return dict(image_processor_type="BitImageProcessor", do_center_crop=True, crop_size=size, size=dict(shortest_edge=max(height, width)))


def cases():
    text = dict(hidden_size=32, num_attention_heads=4, intermediate_size=40, num_hidden_layers=1, vocab_size=40)
    vision = dict(SIZES, image_size=16, patch_size=4, intermediate_size=48)
    siglip = T.SiglipConfig(text_config=text, vision_config=vision)
    gated = dict(SIZES, image_size=16, patch_size=4, intermediate_size=40, use_gated_mlp=True, hidden_act="silu")
    dinov3 = T.DINOv3ViTConfig(**gated, key_bias=True, query_bias=False, proj_bias=False, mlp_bias=False)
    registers = T.Dinov2WithRegistersConfig(**DINOV2, num_register_tokens=2)
    return [
        ("vit-encoder", T.ViTModel(T.ViTConfig(**VIT)), None),
        ("deit-teacher", T.DeiTForImageClassificationWithTeacher(T.DeiTConfig(**VIT)), None),
        ("siglip-towers", T.SiglipModel(siglip), None),
        ("siglip-vision", T.SiglipVisionModel(T.SiglipVisionConfig(**vision)), None),
        ("dinov2-smaller", T.Dinov2ForImageClassification(T.Dinov2Config(**DINOV2)), prepared(12, 12)),
        ("dinov2-gated", T.Dinov2Model(T.Dinov2Config(**DINOV2, use_swiglu_ffn=True)), prepared(24, 16)),
        ("dinov2-registers-smaller", T.Dinov2WithRegistersForImageClassification(registers), prepared(12, 12)),
        ("dinov3-gated", T.DINOv3ViTModel(dinov3), prepared(24, 16)),
    ]


def random_weights(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(0, 0.1)
            elif parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
            elif parameter.dim() > 1 and not re.search("embed", name):
                parameter.normal_(0, 0.22)
            else:
                parameter.normal_(0, 0.5)
    return model.eval()


def outputs_of(model, pixels):
    if isinstance(model, T.SiglipModel):
        return dict(last_hidden_state=model.vision_model(pixels).last_hidden_state)
    if isinstance(model, T.DeiTForImageClassificationWithTeacher):
        return dict(last_hidden_state=model.deit(pixels).last_hidden_state)
    result = model(pixels)
    return dict(logits=result.logits) if hasattr(result, "logits") else dict(last_hidden_state=result.last_hidden_state)


def save(path, tensors):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}, path)


def bicubic():
    torch.manual_seed(28)
    found = []
    for antialias in (False, True):
        for (rows, columns), size in (((5, 5), (3, 3)), ((5, 5), (6, 4)), ((3, 3), (7, 2)), ((4, 4), (4, 9)), ((9, 9), (4, 4))):
            grid = torch.randn(1, 2, rows, columns)
            resized = torch.nn.functional.interpolate(grid, size=size, mode="bicubic", align_corners=False, antialias=antialias)
            found.append(dict(antialias=antialias, grid=grid[0].tolist(), resized=resized[0].tolist()))
    (OUTPUT / "misc").mkdir(exist_ok=True)
    (OUTPUT / "misc" / "bicubic.json").write_text(json.dumps(found) + "\n")


for number, (name, model, preprocessing) in enumerate(cases()):
    torch.manual_seed(2800 + number)
    folder = OUTPUT / name
    shutil.rmtree(folder, ignore_errors=True)
    model.config._attn_implementation = "eager"
    random_weights(model).save_pretrained(folder / "base")
    size = dict(height=16, width=16)
    if preprocessing is not None:
        (folder / "base" / "preprocessor_config.json").write_text(json.dumps(preprocessing, indent=1) + "\n")
        size = preprocessing["crop_size"]
    (folder / "family.json").write_text(json.dumps(dict(kind="img", model_class=type(model).__name__), indent=1) + "\n")
    pixels = torch.randn(3, 3, size["height"], size["width"])
    save(folder / "inputs.safetensors", dict(pixel_values=pixels))
    with torch.no_grad():
        outputs = outputs_of(model, pixels)
        again = type(model).from_pretrained(folder / "base", attn_implementation="eager").eval()
        for key, value in outputs_of(again, pixels).items():
            assert (value - outputs[key]).abs().max() < 1e-5, (name, key)
    save(folder / "base-outputs.safetensors", outputs)
    print(name, {key: tuple(value.shape) for key, value in outputs.items()})
bicubic()
