"""Makes test/golden/gguf with the Python package gguf: random blocks of every type and what they dequantize to, and tiny models.

usage: python test/golden/make/make-gguf-golden.py
needs: pip install gguf==0.19.0 safetensors==0.8.0
The weights have transformers' names and orders here; what llama.cpp's converter does to them is done below.
"""
import json

import gguf
import numpy
from gguf import GGMLQuantizationType as Type
from gguf import quants
from safetensors.numpy import save_file

from folders import GOLDEN, OUTPUT

tokenizers, output = GOLDEN / "misc" / "tokenizers", OUTPUT / "gguf"
random = numpy.random.default_rng(20261125)

block_types = [Type.F32, Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0]
block_types += [Type.Q2_K, Type.Q3_K, Type.Q4_K, Type.Q5_K, Type.Q6_K]
# Where the halves stand in a block: random bits there would often be no number.
halves = {
    Type.F16: [0], Type.BF16: [], Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q5_1: [0, 2], Type.Q8_0: [0],
    Type.Q2_K: [80, 82], Type.Q3_K: [108], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208],
}


def blocks():
    tensors = {}
    for kind in block_types:
        values, size = gguf.GGML_QUANT_SIZES[kind]
        count = 3 if values == 256 else 8 if values == 32 else 64
        if kind in (Type.F32, Type.BF16):
            stored = quants.quantize(random.standard_normal((count, values)).astype(numpy.float32), kind)
            raw = numpy.ascontiguousarray(stored).view(numpy.uint8).reshape(count, size)
        else:
            raw = random.integers(0, 256, (count, size), dtype=numpy.uint8)
            for place in halves[kind]:
                scale = (random.standard_normal(count) * 0.05).astype(numpy.float16)
                raw[:, place : place + 2] = scale.view(numpy.uint8).reshape(count, 2)
        if kind == Type.F32:
            dequantized = raw.view(numpy.float32)
        elif kind == Type.F16:
            dequantized = raw.view(numpy.float16).astype(numpy.float32)
        else:
            dequantized = quants.dequantize(raw, kind)
        tensors[f"{kind.name}.blocks"] = raw
        tensors[f"{kind.name}.values"] = numpy.ascontiguousarray(dequantized.reshape(count, values), dtype=numpy.float32)
    # With numbers of its own, so that the files made after it stay as they are.
    own = numpy.random.default_rng(39)
    raw = own.integers(0, 256, (8, 17), dtype=numpy.uint8)
    raw[:, 0] = own.integers(100, 150, 8)
    tensors["MXFP4.blocks"] = raw
    tensors["MXFP4.values"] = numpy.ascontiguousarray(quants.dequantize(raw, Type.MXFP4), dtype=numpy.float32)
    save_file(tensors, str(output / "blocks.safetensors"))


def interleaved(weight, heads):
    """What llama.cpp's converter does to rotary queries and keys of Llama."""
    shape = weight.shape
    return weight.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


class Model:
    """A GGUF file in the making, and the transformers checkpoint that it must become again."""

    def __init__(self, name, architecture):
        self.name, self.writer, self.expected = name, gguf.GGUFWriter(output / f"{name}.gguf", architecture), {}
        self.writer.add_name(f"tiny {name}")

    def add(self, theirs, name, shape, kind=Type.F32, order=lambda weight: weight, copy_as=None):
        weight = (random.standard_normal(shape) * 0.1).astype(numpy.float32)
        stored = order(weight)
        data = stored if kind == Type.F32 else quants.quantize(numpy.ascontiguousarray(stored), kind)
        self.writer.add_tensor(theirs, data, raw_dtype=kind)
        if copy_as:
            self.writer.add_tensor(copy_as, data, raw_dtype=kind)
        # The values that are left after quantization, back in transformers' order.
        left = stored if kind == Type.F32 else quants.dequantize(data, kind).reshape(stored.shape)
        back = numpy.empty_like(weight)
        positions = order(numpy.arange(weight.size).reshape(weight.shape))
        back.reshape(-1)[positions.reshape(-1)] = left.reshape(-1)
        # Of a table of a thousand tokens the first rows will do.
        self.expected[name] = back[:8] if len(back) > 999 else back

    def tokenizer(self, make, model, pre):
        folder = json.loads((tokenizers / make / "tokenizer.json").read_text())
        vocabulary = folder["model"]["vocab"]
        merges = [tuple(merge) for merge in folder["model"]["merges"]]
        tokens = sorted(vocabulary, key=vocabulary.get)
        added = {token["content"]: token for token in folder["added_tokens"]}
        self.writer.add_tokenizer_model(model)
        if pre:
            self.writer.add_tokenizer_pre(pre)
        kinds = []
        for token in tokens:
            byte = model == "llama" and len(token) == 6 and token.startswith("<0x")
            kind = gguf.TokenType.BYTE if byte else gguf.TokenType.NORMAL
            if token == "<unk>":
                kind = gguf.TokenType.UNKNOWN
            elif token in added:
                kind = gguf.TokenType.CONTROL
            kinds.append(kind)
        self.writer.add_token_list(tokens)
        self.writer.add_token_types(kinds)
        if model == "llama":
            # sentencepiece's scores fall with the rank of the merge that first makes a token.
            ranks = {}
            for rank, (left, right) in enumerate(merges):
                ranks.setdefault(left + right, rank)
            self.writer.add_token_scores([float(-ranks.get(token, len(merges))) for token in tokens])
        else:
            self.writer.add_token_merges([" ".join(merge) for merge in merges])
        return vocabulary

    def write(self):
        self.writer.write_header_to_file()
        self.writer.write_kv_data_to_file()
        self.writer.write_tensors_to_file()
        self.writer.close()
        save_file(self.expected, str(output / f"{self.name}-expected.safetensors"))


def common(writer, width, inner, layers, heads, key_value_heads, context):
    writer.add_block_count(layers)
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    if key_value_heads:
        writer.add_head_count_kv(key_value_heads)


def llama():
    """Tied, grouped-query attention, Llama 3's scaling of positions, sentencepiece tokenizer, five types of tensor."""
    width, inner, layers, heads, shared, wide = 32, 64, 2, 4, 2, 8
    model = Model("llama", "llama")
    writer = model.writer
    common(writer, width, inner, layers, heads, shared, 131072)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(500000.0)
    writer.add_rope_dimension_count(wide)
    vocabulary = model.tokenizer("byte-fallback-bpe", "llama", None)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template("{% for message in messages %}{{ message['content'] }}{% endfor %}")
    wavelengths = 2 * numpy.pi * 500000.0 ** (numpy.arange(0, wide, 2) / wide)
    smooth = (8192 / wavelengths - 1) / 3
    divisors = numpy.where(wavelengths < 2048, 1, numpy.where(wavelengths > 8192, 8, 1 / ((1 - smooth) / 8 + smooth)))
    writer.add_tensor("rope_freqs.weight", divisors.astype(numpy.float32))
    model.add("token_embd.weight", "model.embed_tokens.weight", (len(vocabulary), width), Type.Q8_0)
    model.add("output_norm.weight", "model.norm.weight", (width,))
    for layer in range(layers):
        here, there = f"blk.{layer}.", f"model.layers.{layer}."
        model.add(here + "attn_norm.weight", there + "input_layernorm.weight", (width,))
        model.add(here + "attn_q.weight", there + "self_attn.q_proj.weight", (heads * wide, width), Type.Q4_1,
                  lambda weight: interleaved(weight, heads))
        model.add(here + "attn_k.weight", there + "self_attn.k_proj.weight", (shared * wide, width),
                  Type.F16 if layer else Type.Q5_0, lambda weight: interleaved(weight, shared))
        model.add(here + "attn_v.weight", there + "self_attn.v_proj.weight", (shared * wide, width), Type.Q5_1)
        model.add(here + "attn_output.weight", there + "self_attn.o_proj.weight", (width, heads * wide), Type.Q4_0)
        model.add(here + "ffn_norm.weight", there + "post_attention_layernorm.weight", (width,))
        for theirs, ours, shape in (("gate", "gate", (inner, width)), ("up", "up", (inner, width)), ("down", "down", (width, inner))):
            model.add(f"{here}ffn_{theirs}.weight", f"{there}mlp.{ours}_proj.weight", shape, Type.Q4_0)
    model.write()


def qwen2():
    """Untied head, biases, byte-level tokenizer whose rule for words is smollm's."""
    width, inner, layers, heads, shared, wide = 32, 32, 2, 4, 2, 8
    model = Model("qwen2", "qwen2")
    writer = model.writer
    common(writer, width, inner, layers, heads, shared, 2048)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1000000.0)
    vocabulary = model.tokenizer("byte-level-bpe", "gpt2", "smollm")
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(False)
    model.add("token_embd.weight", "model.embed_tokens.weight", (len(vocabulary), width), Type.Q8_0)
    model.add("output.weight", "lm_head.weight", (len(vocabulary), width), Type.Q8_0)
    model.add("output_norm.weight", "model.norm.weight", (width,))
    for layer in range(layers):
        here, there = f"blk.{layer}.", f"model.layers.{layer}."
        model.add(here + "attn_norm.weight", there + "input_layernorm.weight", (width,))
        for letter, rows in (("q", heads * wide), ("k", shared * wide), ("v", shared * wide)):
            model.add(f"{here}attn_{letter}.weight", f"{there}self_attn.{letter}_proj.weight", (rows, width), Type.BF16)
            model.add(f"{here}attn_{letter}.bias", f"{there}self_attn.{letter}_proj.bias", (rows,))
        model.add(here + "attn_output.weight", there + "self_attn.o_proj.weight", (width, heads * wide), Type.F16)
        model.add(here + "ffn_norm.weight", there + "post_attention_layernorm.weight", (width,))
        for part, shape in (("gate", (inner, width)), ("up", (inner, width)), ("down", (width, inner))):
            model.add(f"{here}ffn_{part}.weight", f"{there}mlp.{part}_proj.weight", shape, Type.F16)
    model.write()


def qwen3():
    """Heads that are not hidden / heads wide, normed queries and keys, linear scaling of positions, Llama 3's tokenizer."""
    width, inner, heads, shared, wide = 32, 32, 4, 2, 16
    model = Model("qwen3", "qwen3")
    writer = model.writer
    common(writer, width, inner, 1, heads, shared, 2048)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1000000.0)
    writer.add_key_length(wide)
    writer.add_value_length(wide)
    writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
    writer.add_rope_scaling_factor(4.0)
    vocabulary = model.tokenizer("split-regex-bpe", "gpt2", "llama-bpe")
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_eot_token_id(2)
    model.add("token_embd.weight", "model.embed_tokens.weight", (len(vocabulary), width), Type.Q8_0)
    model.add("output_norm.weight", "model.norm.weight", (width,))
    here, there = "blk.0.", "model.layers.0."
    model.add(here + "attn_norm.weight", there + "input_layernorm.weight", (width,))
    for letter, rows in (("q", heads * wide), ("k", shared * wide), ("v", shared * wide)):
        model.add(f"{here}attn_{letter}.weight", f"{there}self_attn.{letter}_proj.weight", (rows, width), Type.Q8_0)
    for letter in "qk":
        model.add(f"{here}attn_{letter}_norm.weight", f"{there}self_attn.{letter}_norm.weight", (wide,))
    model.add(here + "attn_output.weight", there + "self_attn.o_proj.weight", (width, heads * wide), Type.Q8_0)
    model.add(here + "ffn_norm.weight", there + "post_attention_layernorm.weight", (width,))
    for part, shape in (("gate", (inner, width)), ("up", (inner, width)), ("down", (width, inner))):
        model.add(f"{here}ffn_{part}.weight", f"{there}mlp.{part}_proj.weight", shape, Type.Q8_0)
    model.write()


def gpt2():
    """Learned positions, weights the other way round, the embedding a second time as the head."""
    width, layers, heads, context = 32, 1, 4, 64
    model = Model("gpt2", "gpt2")
    writer = model.writer
    common(writer, width, 4 * width, layers, heads, None, context)
    writer.add_layer_norm_eps(1e-5)
    vocabulary = model.tokenizer("byte-level-bpe", "gpt2", "gpt-2")
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    turned = lambda weight: weight.T
    model.add("token_embd.weight", "transformer.wte.weight", (len(vocabulary), width), Type.Q8_0, copy_as="output.weight")
    model.add("position_embd.weight", "transformer.wpe.weight", (context, width))
    for theirs, ours in (("output_norm", "ln_f"),):
        model.add(f"{theirs}.weight", f"transformer.{ours}.weight", (width,))
        model.add(f"{theirs}.bias", f"transformer.{ours}.bias", (width,))
    for layer in range(layers):
        here, there = f"blk.{layer}.", f"transformer.h.{layer}."
        for theirs, ours in (("attn_norm", "ln_1"), ("ffn_norm", "ln_2")):
            model.add(f"{here}{theirs}.weight", f"{there}{ours}.weight", (width,))
            model.add(f"{here}{theirs}.bias", f"{there}{ours}.bias", (width,))
        for theirs, ours, inputs, outputs in (("attn_qkv", "attn.c_attn", width, 3 * width), ("attn_output", "attn.c_proj", width, width),
                                              ("ffn_up", "mlp.c_fc", width, 4 * width), ("ffn_down", "mlp.c_proj", 4 * width, width)):
            model.add(f"{here}{theirs}.weight", f"{there}{ours}.weight", (inputs, outputs), Type.F16, turned)
            model.add(f"{here}{theirs}.bias", f"{there}{ours}.bias", (outputs,))
    model.write()


def small():
    """As small as a model can be, with metadata of every type: what the reader is fuzzed with."""
    width, heads = 32, 4
    model = Model("small", "llama")
    writer = model.writer
    common(writer, width, 32, 1, heads, 2, 128)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_sliding_window(64)
    pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(4)] + ["\u2581", "a", "b", "ab", "\u2581ab"]
    kinds = [gguf.TokenType.UNKNOWN] + [gguf.TokenType.CONTROL] * 2 + [gguf.TokenType.BYTE] * 4 + [gguf.TokenType.NORMAL] * 5
    writer.add_tokenizer_model("llama")
    writer.add_token_list(pieces)
    writer.add_token_types(kinds)
    writer.add_token_scores([0.0] * 10 + [-1.0, -2.0])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    for name, value in (("uint8", 250), ("int8", -5), ("uint16", 60000), ("int16", -300), ("uint32", 4000000000), ("int32", -70000)):
        getattr(writer, f"add_{name}")(f"test.{name}", value)
    writer.add_uint64("test.uint64", 2**53 - 1)
    writer.add_int64("test.int64", -(2**53 - 1))
    writer.add_float32("test.float32", 0.5)
    writer.add_float64("test.float64", 0.1)
    writer.add_bool("test.bool", True)
    writer.add_string("test.string", "gr\u00fc\u00df dich")
    writer.add_array("test.nested", [[1, 2], [3], [4, 5, 6]])
    writer.add_array("test.flags", [True, False])
    model.add("token_embd.weight", "model.embed_tokens.weight", (len(pieces), width), Type.Q8_0)
    model.add("output_norm.weight", "model.norm.weight", (width,))
    here, there = "blk.0.", "model.layers.0."
    for theirs, ours in (("attn_norm", "input_layernorm"), ("ffn_norm", "post_attention_layernorm")):
        model.add(f"{here}{theirs}.weight", f"{there}{ours}.weight", (width,))
    for theirs, ours, rows, count in (("q", "q", 32, 4), ("k", "k", 16, 2), ("v", "v", 16, None), ("output", "o", 32, None)):
        order = (lambda weight, count=count: interleaved(weight, count)) if count else lambda weight: weight
        model.add(f"{here}attn_{theirs}.weight", f"{there}self_attn.{ours}_proj.weight", (rows, width), Type.Q4_0, order)
    for part in ("gate", "up", "down"):
        model.add(f"{here}ffn_{part}.weight", f"{there}mlp.{part}_proj.weight", (32, width), Type.Q4_1)
    model.write()


output.mkdir(parents=True, exist_ok=True)
blocks()
llama()
qwen2()
qwen3()
gpt2()
small()
