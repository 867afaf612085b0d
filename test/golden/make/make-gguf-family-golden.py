"""Makes test/golden/gguf/families: golden models of further families as llama.cpp's own converter writes them; and
gguf/gpt-oss-mxfp4.gguf and gguf/mixtral-q8_0.gguf with tensors of transformers beside them.

usage: python test/golden/make/make-gguf-family-golden.py LLAMA_CPP [--only FAMILY]
LLAMA_CPP is vendor/llama.cpp of the source package llama-cpp-python 0.3.36 (pip download --no-binary :all:).
Weights stay in float32. The golden models have no tokenizer: a vocabulary of made-up pieces takes its place.
"""
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from safetensors.torch import load_file, save_file

from folders import GOLDEN, OUTPUT

arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
sources = Path(arguments[0])
sys.path[:0] = [str(sources), str(sources / "gguf-py")]

import gguf  # noqa: E402
import torch  # noqa: E402
from conversion import get_model_class  # noqa: E402
from conversion.base import ModelBase  # noqa: E402

FAMILIES = "gemma gemma2 gemma3 glm4 gpt-neox gpt-oss granite lfm2 ministral3 mixtral olmo2 olmo3 phi phi3 phi4-mini qwen3-moe smollm3 stablelm starcoder2"
families = FAMILIES.split()
output = OUTPUT / "gguf" / "families"

SPECIAL = {"<unk>": gguf.TokenType.UNKNOWN, "<s>": gguf.TokenType.CONTROL, "</s>": gguf.TokenType.CONTROL}

MERGED = ("a", "b")


def pieces(count):
    named = [*SPECIAL, *MERGED, "".join(MERGED)]
    return named + [f"piece{place}" for place in range(len(named), count)]


def write_vocabulary(model):
    """Takes the place of the converter's `set_vocab`, which needs a tokenizer."""
    tokens = pieces(model.hparams["vocab_size"])
    kinds = [SPECIAL.get(token, gguf.TokenType.NORMAL) for token in tokens]
    writer = model.gguf_writer
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_merges([" ".join(MERGED)])
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)


# First layers without experts, which llama.cpp does not know of the family.
DENSE_LAYERS = {"qwen3-moe": 1}


def drop_layers(folder, count):
    """Leaves out the first layers of a model."""
    config = json.loads((folder / "config.json").read_text())
    config["num_hidden_layers"] -= count
    config["mlp_only_layers"] = []
    (folder / "config.json").write_text(json.dumps(config))
    kept = {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        place = re.match(r"model\.layers\.(\d+)\.", name)
        if place is None:
            kept[name] = tensor
        elif int(place[1]) >= count:
            kept[f"model.layers.{int(place[1]) - count}.{name[place.end():]}"] = tensor
    save_file(kept, folder / "model.safetensors")


def convert(family):
    base = GOLDEN / family / "base"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "base"
        shutil.copytree(base, copy)
        if family in DENSE_LAYERS:
            drop_layers(copy, DENSE_LAYERS[family])
        config = json.loads((copy / "config.json").read_text())
        vocabulary = {token: place for place, token in enumerate(pieces(config["vocab_size"]))}
        (copy / "tokenizer.json").write_text(json.dumps({"model": {"type": "BPE", "vocab": vocabulary}, "added_tokens": []}))
        hparams = ModelBase.load_hparams(copy, False)
        # Keys of Transformers 4 that its version 5 writes elsewhere.
        if family == "gpt-neox":
            hparams["rotary_pct"] = hparams["rope_parameters"]["partial_rotary_factor"]
        kind = get_model_class(hparams["architectures"][0])
        kind.set_vocab = write_vocabulary
        if family == "ministral3":
            kind.Ministral3Model.set_vocab = write_vocabulary
        kind(copy, gguf.LlamaFileType.ALL_F32, output / f"{family}.gguf", hparams=hparams).write()


def convert_mxfp4():
    """A gpt-oss whose experts are in MXFP4: as transformers stores it, and as the converter repacks it."""
    torch.manual_seed(3)
    config = json.loads((GOLDEN / "gpt-oss" / "base" / "config.json").read_text())
    hidden, inner, experts, vocabulary, heads, shared, size = 32, 64, 2, 16, 2, 1, 16
    config |= dict(hidden_size=hidden, intermediate_size=inner, num_local_experts=experts, vocab_size=vocabulary)
    config |= dict(num_attention_heads=heads, num_key_value_heads=shared, head_dim=size, num_hidden_layers=1)
    config |= dict(layer_types=["sliding_attention"], quantization_config={"quant_method": "mxfp4"})
    layer = "model.layers.0"
    shapes = {
        "model.embed_tokens.weight": [vocabulary, hidden],
        "model.norm.weight": [hidden],
        "lm_head.weight": [vocabulary, hidden],
        f"{layer}.input_layernorm.weight": [hidden],
        f"{layer}.post_attention_layernorm.weight": [hidden],
        f"{layer}.self_attn.sinks": [heads],
        f"{layer}.mlp.router.weight": [experts, hidden],
        f"{layer}.mlp.router.bias": [experts],
        f"{layer}.mlp.experts.gate_up_proj_bias": [experts, 2 * inner],
        f"{layer}.mlp.experts.down_proj_bias": [experts, hidden],
    }
    for name, rows, columns in [("q", heads * size, hidden), ("k", shared * size, hidden), ("v", shared * size, hidden), ("o", hidden, heads * size)]:
        shapes[f"{layer}.self_attn.{name}_proj.weight"] = [rows, columns]
        shapes[f"{layer}.self_attn.{name}_proj.bias"] = [rows]
    tensors = {name: torch.randn(shape) * 0.2 for name, shape in shapes.items()}
    for name, rows, columns in [("gate_up_proj", 2 * inner, hidden), ("down_proj", hidden, inner)]:
        groups = columns // 32
        tensors[f"{layer}.mlp.experts.{name}_blocks"] = torch.randint(0, 256, (experts, rows, groups, 16), dtype=torch.uint8)
        tensors[f"{layer}.mlp.experts.{name}_scales"] = torch.randint(120, 130, (experts, rows, groups), dtype=torch.uint8)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        save_file(tensors, copy / "model.safetensors")
        (copy / "config.json").write_text(json.dumps(config))
        hparams = ModelBase.load_hparams(copy, False)
        kind = get_model_class(hparams["architectures"][0])
        kind.set_vocab = write_vocabulary
        kind(copy, gguf.LlamaFileType.ALL_F32, output.parent / "gpt-oss-mxfp4.gguf", hparams=hparams).write()
    save_file(tensors, output.parent / "gpt-oss-mxfp4-expected.safetensors")


def convert_experts():
    """A Mixtral whose experts the converter quantizes to Q8_0, and the values that are left of each expert."""
    torch.manual_seed(4)
    config = json.loads((GOLDEN / "mixtral" / "base" / "config.json").read_text())
    hidden, inner, experts, vocabulary = 32, 64, 3, 16
    config |= dict(hidden_size=hidden, intermediate_size=inner, num_local_experts=experts, vocab_size=vocabulary)
    config |= dict(num_attention_heads=2, num_key_value_heads=1, head_dim=16, num_hidden_layers=1)
    layer = "model.layers.0"
    shapes = {"model.embed_tokens.weight": [vocabulary, hidden], "model.norm.weight": [hidden], "lm_head.weight": [vocabulary, hidden]}
    shapes |= {f"{layer}.{name}_layernorm.weight": [hidden] for name in ("input", "post_attention")}
    shapes |= {f"{layer}.self_attn.{name}_proj.weight": [rows, hidden] for name, rows in [("q", 32), ("k", 16), ("v", 16), ("o", 32)]}
    shapes[f"{layer}.block_sparse_moe.gate.weight"] = [experts, hidden]
    for index in range(experts):
        for name, shape in [("w1", [inner, hidden]), ("w2", [hidden, inner]), ("w3", [inner, hidden])]:
            shapes[f"{layer}.block_sparse_moe.experts.{index}.{name}.weight"] = shape
    file = output.parent / "mixtral-q8_0.gguf"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        save_file({name: torch.randn(shape) * 0.2 for name, shape in shapes.items()}, copy / "model.safetensors")
        (copy / "config.json").write_text(json.dumps(config))
        (copy / "tokenizer.json").write_text(json.dumps({"model": {"type": "BPE", "vocab": {}}, "added_tokens": []}))
        hparams = ModelBase.load_hparams(copy, False)
        kind = get_model_class(hparams["architectures"][0])
        kind.set_vocab = write_vocabulary
        kind(copy, gguf.LlamaFileType.MOSTLY_Q8_0, file, hparams=hparams).write()
    stored = {tensor.name: tensor for tensor in gguf.GGUFReader(file).tensors}
    expected = {}
    for name, linear in [("gate", "w1"), ("up", "w3"), ("down", "w2")]:
        tensor = stored[f"blk.0.ffn_{name}_exps.weight"]
        assert tensor.tensor_type == gguf.GGMLQuantizationType.Q8_0
        values = torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy())
        for index, matrix in enumerate(values):
            expected[f"{layer}.block_sparse_moe.experts.{index}.{linear}.weight"] = matrix.contiguous()
    save_file(expected, output.parent / "mixtral-q8_0-experts.safetensors")


output.mkdir(parents=True, exist_ok=True)
only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else None
for family in families:
    if only in (None, family):
        convert(family)
        print(family)
if only in (None, "gpt-oss-mxfp4"):
    convert_mxfp4()
if only in (None, "mixtral-q8_0"):
    convert_experts()
