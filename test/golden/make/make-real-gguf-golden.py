"""Golden values for Gemma 3 270M of a GGUF file, computed by transformers in float32 (test/golden/real/README.md).
usage: make-real-gguf-golden.py GGUF_FILE      with the package gguf
The prompts are those that test/golden/real/gemma3/expected.json has already."""
import hashlib, json, os, sys
import numpy as np, torch
from gguf import GGUFReader
from gguf.quants import dequantize
from transformers import Gemma3ForCausalLM, Gemma3TextConfig
from folders import GOLDEN, OUTPUT

known = json.load(open(f"{GOLDEN}/real/gemma3/expected.json"))
file = GGUFReader(sys.argv[1])
values = {t.name: np.ascontiguousarray(dequantize(t.data, t.tensor_type).astype(np.float32)) for t in file.tensors}
digest = hashlib.sha256()
for t in file.tensors:
    digest.update(values[t.name].tobytes())

layers = file.fields["gemma3.block_count"].contents()
config = Gemma3TextConfig(
    vocab_size=262144, hidden_size=640, intermediate_size=2048, num_hidden_layers=layers, num_attention_heads=4,
    num_key_value_heads=1, head_dim=256, query_pre_attn_scalar=256, rms_norm_eps=1e-6, sliding_window=512,
    max_position_embeddings=32768, attn_implementation="eager", tie_word_embeddings=True,
    layer_types=["full_attention" if (i + 1) % 6 == 0 else "sliding_attention" for i in range(layers)],
)
model = Gemma3ForCausalLM(config).float().eval()
names = {
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "attn_norm": "input_layernorm", "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm", "post_ffw_norm": "post_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}
others = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight"}
state = {}
for name, value in values.items():
    tensor = torch.from_numpy(value)
    if "norm" in name:
        tensor = tensor - 1  # GGUF files hold 1 + weight
    if name in others:
        state[others[name]] = tensor
    else:
        _, layer, module = name.removesuffix(".weight").split(".")
        state[f"model.layers.{layer}.{names[module]}.weight"] = tensor
state["lm_head.weight"] = state["model.embed_tokens.weight"]
model.load_state_dict(state)

answers = []
for prompt in [answer["prompt"] for answer in known["answers"]]:
    ids, generated, leads = list(prompt), [], []
    for step in range(16):
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0, -1]
        rows, tokens = torch.log_softmax(logits, -1).topk(50)
        if step == 0:
            most = [[token, round(row, 6)] for token, row in zip(tokens.tolist(), rows.tolist())]
        ids.append(tokens[0].item())
        generated.append(tokens[0].item())
        leads.append(round((rows[0] - rows[1]).item(), 4))
    answers.append(dict(prompt=prompt, most=most, generated=generated, leads=leads))
os.makedirs(f"{OUTPUT}/real/gemma3", exist_ok=True)
with open(f"{OUTPUT}/real/gemma3/expected.json", "w") as out:
    json.dump(dict(sha256=digest.hexdigest(), answers=answers), out)
    out.write("\n")
