"""Writes a base for other programs: a Llama in float32 as a Hugging Face folder, and as a GGUF file by llama.cpp's own writer.

stdin: {"source": folder of a Llama with a byte-level tokenizer, "folder": new folder, "gguf": new file}
stdout: {"gguf": version of the writer}
"""

import json
import shutil
import sys
from importlib.metadata import version
from pathlib import Path

import gguf
import torch
from safetensors.torch import load_file, save_file


def llama_rows(weight, heads):
    """Rows of rotary queries and keys as llama.cpp's converter orders them."""
    return weight.reshape(heads, 2, -1, weight.shape[1]).transpose(1, 2).reshape(weight.shape)


def write_vocabulary(writer, tokenizer):
    special = {token["id"] for token in tokenizer["added_tokens"]}
    vocabulary = sorted(tokenizer["model"]["vocab"].items(), key=lambda item: item[1])
    pieces = [piece for piece, _ in vocabulary]
    kinds = [gguf.TokenType.CONTROL if place in special else gguf.TokenType.NORMAL for place in range(len(pieces))]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(pieces)
    writer.add_token_types(kinds)
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]])
    writer.add_add_bos_token(False)


def write_gguf(target, config, tensors, tokenizer):
    writer = gguf.GGUFWriter(target, "llama")
    heads, groups, layers = config["num_attention_heads"], config["num_key_value_heads"], config["num_hidden_layers"]
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(layers)
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(groups)
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_vocab_size(config["vocab_size"])
    write_vocabulary(writer, tokenizer)
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, layers)
    for name, tensor in tensors.items():
        if name.endswith("q_proj.weight"):
            tensor = llama_rows(tensor, heads)
        if name.endswith("k_proj.weight"):
            tensor = llama_rows(tensor, groups)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), tensor.contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    request = json.load(sys.stdin)
    source, folder = Path(request["source"]), Path(request["folder"])
    tensors = {name: tensor.to(torch.float32) for name, tensor in load_file(source / "model.safetensors").items()}
    config = json.loads((source / "config.json").read_text())
    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        shutil.copy(source / name, folder / name)
    (folder / "config.json").write_text(json.dumps({**config, "dtype": "float32"}, indent=2))
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    write_gguf(request["gguf"], config, tensors, json.loads((source / "tokenizer.json").read_text()))
    print(json.dumps({"gguf": version("gguf")}))


main()
