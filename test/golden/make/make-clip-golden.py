"""Makes the golden values of zero-shot classification by CLIP, test/golden/clip-zero-shot: python test/golden/make/make-clip-golden.py

A little CLIP of random weights with its tokenizer and preprocessor_config.json, images in class folders, what Transformers reads of
both, and the outputs of CLIPModel with the texts of the classes by several templates, alone and with an adapter of PEFT on both towers.
The training runs are in the form of make-adapter-golden.py: cross-entropy of the images' classes, AdamW, norm clipped.
"""

import json
import math
import shutil
from collections import Counter

import numpy as np
import peft
import torch
import transformers
from PIL import Image
from safetensors.torch import save_file
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from folders import OUTPUT

FOLDER = OUTPUT / "clip-zero-shot"
# In the order of the studio, whatever the case.
LABELS = ["7 of hearts", "cat's eye", "Eiffel Tower", "hot_dog"]
TEMPLATES = ["a photo of a {}.", "itap of the {}.", "a {} in a video game,  isn't it?"]
# height, width, mode
SIZES = {
    "train": [(20, 31, "RGB"), (40, 17, "RGB"), (16, 16, "RGB"), (9, 12, "RGB"), (33, 48, "RGB"), (24, 19, "L"), (18, 18, "RGB"), (21, 16, "RGB")],
    "test": [(17, 30, "RGB"), (50, 23, "L"), (16, 16, "RGB"), (7, 5, "RGB")],
}
PER_CLASS = {"train": 2, "test": 1}


def byte_pairs(texts, count):
    """Merges learned from words, as CLIP's tokenizer has them: the last letter of a word carries </w>."""
    words = Counter(tuple([*word[:-1], word[-1] + "</w>"]) for text in texts for word in text.lower().split())
    merges = []
    for _ in range(count):
        pairs = Counter()
        for word, times in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += times
        if not pairs:
            break
        best = max(sorted(pairs), key=pairs.get)
        merges.append(best)
        merged = Counter()
        for word, times in words.items():
            parts, at = [], 0
            while at < len(word):
                if at + 1 < len(word) and (word[at], word[at + 1]) == best:
                    parts.append(word[at] + word[at + 1])
                    at += 2
                else:
                    parts.append(word[at])
                    at += 1
            merged[tuple(parts)] += times
        words = merged
    return merges


def byte_letters():
    """The letters that byte-level vocabularies write the 256 bytes with: printable ones as they are."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return [*map(chr, printable), *(chr(256 + index) for index in range(len(others)))]


def make_tokenizer():
    letters = byte_letters()
    texts = [template.format(label.replace("_", " ")) for template in TEMPLATES for label in LABELS]
    merges = byte_pairs(texts, 60)
    tokens = [*letters, *(letter + "</w>" for letter in letters), *("".join(pair) for pair in merges)]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: index for index, token in enumerate(dict.fromkeys(tokens))}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=32)


def make_model(tokenizer):
    end = tokenizer.eos_token_id
    config = transformers.CLIPConfig(
        projection_dim=12,
        text_config={
            "hidden_size": 16,
            "intermediate_size": 24,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 32,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": end,
            "pad_token_id": end,
        },
        vision_config={
            "hidden_size": 16,
            "intermediate_size": 24,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 16,
            "patch_size": 8,
        },
    )
    torch.manual_seed(3)
    model = transformers.CLIPModel(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.3)
            elif not name.endswith("logit_scale"):
                parameter.add_(0.1 * torch.randn(parameter.shape))
    return model


def make_images():
    numbers = np.random.RandomState(4)
    for split, sizes in SIZES.items():
        for index, (height, width, mode) in enumerate(sizes):
            folder = FOLDER / "images" / split / LABELS[index // PER_CLASS[split]]
            folder.mkdir(parents=True, exist_ok=True)
            channels = () if mode == "L" else (3,)
            coarse = numbers.randint(0, 256, (4, 4, *channels)).astype(np.uint8)
            # A picture with edges, not noise alone: cropping and resizing show.
            image = Image.fromarray(coarse, mode=mode).resize((width, height), Image.NEAREST)
            noise = numbers.randint(-20, 20, np.asarray(image).shape)
            Image.fromarray(np.clip(np.asarray(image).astype(int) + noise, 0, 255).astype(np.uint8), mode=mode).save(
                folder / f"{index % PER_CLASS[split]}.png"
            )


def features(model, kind, **inputs):
    output = getattr(model, f"get_{kind}_features")(**inputs)
    tensor = output if isinstance(output, torch.Tensor) else output.pooler_output
    return tensor / tensor.norm(dim=-1, keepdim=True)


def zero_shot(model, ids, pixel_values):
    """As OpenAI's notebook and CLIP-LoRA: the texts of a class are averaged at length 1, and their mean is made length 1 again."""
    classes, templates, tokens = ids.shape
    texts = features(model, "text", input_ids=ids.reshape(-1, tokens)).reshape(classes, templates, -1).mean(dim=1)
    texts = texts / texts.norm(dim=-1, keepdim=True)
    scale = model.get_base_model().logit_scale if isinstance(model, peft.PeftModel) else model.logit_scale
    return scale.exp() * features(model, "image", pixel_values=pixel_values) @ texts.T


def adapted(base, settings):
    torch.manual_seed(5)
    model = peft.get_peft_model(make_model(base), peft.LoraConfig(**settings)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(0.2 * torch.randn(parameter.shape))
    return model


def write_adapter(model, folder):
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    file = folder / "adapter_config.json"
    config = json.loads(file.read_text())
    config["base_model_name_or_path"] = "golden/clip-zero-shot"
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()
    file.write_text(json.dumps(config, indent=1, sort_keys=True))


def set_active(model, mask):
    """Layers that a mask switches off run the plain base: first those of the text tower, then those of the vision tower."""
    for name, module in model.named_modules():
        if isinstance(module, peft.tuners.tuners_utils.BaseTunerLayer):
            layer = int(name.split(".layers.")[1].split(".")[0]) + (2 if "vision_model" in name else 0)
            module._disable_adapters = mask is not None and mask[layer] == 0


def make_run(tokenizer, name, settings, masks, ids, inputs, batches, steps=8, warmup=2, learning_rate=0.02, max_norm=1.5):
    model = adapted(tokenizer, settings)
    folder = FOLDER / "train" / name
    write_adapter(model, folder / "start")
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=learning_rate, weight_decay=0.5)
    schedule = transformers.get_cosine_schedule_with_warmup(optimizer, warmup, steps)
    rates, losses, norms = [], [], []
    for step in range(steps):
        set_active(model, masks and masks[step])
        optimizer.zero_grad()
        pixels, labels = batches[step]
        loss = torch.nn.functional.cross_entropy(zero_shot(model, ids, pixels), labels)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(trained, max_norm)
        rates.append(optimizer.param_groups[0]["lr"])
        losses.append(loss.item())
        norms.append(norm.item())
        optimizer.step()
        schedule.step()
    set_active(model, None)
    write_adapter(model, folder / "end")
    with torch.no_grad():
        save_file({"logits": zero_shot(model, ids, inputs)}, folder / "end" / "expected.safetensors")
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
    print(f"train/{name}: losses {losses[0]:.3f} to {losses[-1]:.3f}, norms {min(norms):.2f} to {max(norms):.2f}")
    assert all(math.isfinite(value) for value in losses + norms)


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    tokenizer = make_tokenizer()
    processor = CLIPImageProcessorPil(size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16})
    model = make_model(tokenizer)
    base = FOLDER / "base"
    model.save_pretrained(base)
    tokenizer.save_pretrained(base)
    processor.save_pretrained(base)
    make_images()

    names = [label.replace("_", " ") for label in LABELS]
    texts = [template.format(name) for name in names for template in TEMPLATES]
    encoded = tokenizer(texts, padding=True)["input_ids"]
    ids = torch.tensor(encoded).reshape(len(LABELS), len(TEMPLATES), -1)
    place = lambda file: (LABELS.index(file.parent.name), file.name)
    files = {split: sorted((FOLDER / "images" / split).glob("*/*.png"), key=place) for split in SIZES}
    pixels = {
        split: torch.cat([processor(Image.open(file), return_tensors="pt")["pixel_values"] for file in own])
        for split, own in files.items()
    }
    labels = {split: torch.tensor([LABELS.index(file.parent.name) for file in own]) for split, own in files.items()}
    both = {"r": 2, "lora_alpha": 4, "target_modules": ["q_proj", "k_proj", "v_proj"]}
    vision = {**both, "target_modules": r".*vision_model.*\.(q_proj|k_proj|v_proj)"}
    with torch.no_grad():
        expected = {f"pixels.{file.relative_to(FOLDER / 'images')}": one for split, own in files.items() for file, one in zip(own, pixels[split])}
        expected["input_ids"] = ids
        expected["logits"] = zero_shot(model, ids, pixels["test"])
        expected["logits.first"] = zero_shot(model, ids[:, :1], pixels["test"])
    save_file({name: tensor.contiguous() for name, tensor in expected.items()}, FOLDER / "expected.safetensors")
    save_file({"input_ids": ids, "pixel_values": pixels["test"]}, FOLDER / "inputs.safetensors")
    (FOLDER / "texts.json").write_text(json.dumps({"labels": LABELS, "templates": TEMPLATES, "texts": texts, "ids": tokenizer(texts)["input_ids"]}, indent=1))

    generator = torch.Generator().manual_seed(6)
    batches = []
    for _ in range(8):
        chosen = torch.randperm(len(files["train"]), generator=generator)[:3]
        batches.append((pixels["train"][chosen], labels["train"][chosen]))
    train = FOLDER / "train"
    train.mkdir()
    stored = {}
    for step, (own, targets) in enumerate(batches):
        stored |= {f"{step}.pixel_values": own.contiguous(), f"{step}.labels": targets, f"{step}.input_ids": ids.clone()}
    save_file(stored, train / "batches.safetensors")
    masks = [[1, 0, 1, 1], [0, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1], [1, 1, 1, 1]]
    for name, settings, mask in [("lora", both, None), ("lora-coto", both, masks), ("lora-vision", vision, None)]:
        make_run(tokenizer, name, settings, mask, ids, pixels["test"], batches)


if __name__ == "__main__":
    main()
