"""Golden values from Hugging Face transformers and PEFT for tiny random models.
usage: make-family-golden.py [SEED] [--only FAMILY ...]     writes <family>/..., report.json, refusals.json
SEED 1, the default, gives the canonical shapes; any other seed also draws other shapes, ranks, alphas, weights and densities.
A family is written anew: run make-adapter-golden.py afterwards. check-golden.py confirms every file from disk."""
import sys, os, re, json, glob, math, copy, random, shutil, warnings
warnings.filterwarnings("ignore"); os.environ["HF_HUB_OFFLINE"] = "1"; os.environ["TRANSFORMERS_VERBOSITY"] = "error"; os.environ["TQDM_DISABLE"] = "1"
import torch, transformers, peft
from types import SimpleNamespace as NS
from safetensors.torch import save_file, load_file
import transformers as T
from transformers.utils import logging as _l; _l.set_verbosity_error(); _l.disable_progress_bar()
from peft import *
import peft.utils.merge_utils as merge_utils
from peft.tuners.lora.model import LoraModel
from peft.tuners.tuners_utils import BaseTunerLayer
from folders import OUTPUT
ARGS = sys.argv[1:]; OUT, SEED = str(OUTPUT), int(ARGS.pop(0)) if ARGS and ARGS[0] != "--only" else 1; ONLY = ARGS[1:] or None
torch.set_num_threads(1); TRAINED = ("llama", "bert", "vit")
def seed(f, k): torch.manual_seed(random.Random(f"{SEED}/{f}/{k}").getrandbits(48))
class Draw:
    """d(canonical, *others): the canonical value for seed 1, one of the others (never the canonical one) for every other seed."""
    def __init__(self, f): self.r = random.Random(f"{SEED}:{f}")
    def __call__(self, canonical, *others): return canonical if SEED == 1 else self.r.choice(others)
# ------------------------------------------------------------------ families
def decoder(f, d, **k):
    h, a, kv, i = d((24, 4, 2, 40), (32, 4, 2, 44), (36, 6, 3, 52), (20, 2, 1, 36), (28, 2, 1, 32)); n = d(*((3, 4) if f in TRAINED else (2, 3)))
    return dict(vocab_size=d(64, 56, 72, 80), hidden_size=h, num_attention_heads=a, num_key_value_heads=kv, intermediate_size=i, num_hidden_layers=n, max_position_embeddings=d(64, 72, 80), rms_norm_eps=d(1e-5, 1e-6), bos_token_id=1, eos_token_id=2, pad_token_id=0, **k)
def encoder(f, d, **k):
    h, a, i = d((32, 4, 48), (24, 2, 52), (36, 6, 40), (28, 4, 44)); n = d(*((3, 4) if f in TRAINED else (2, 3)))
    return dict(vocab_size=d(80, 64, 72, 88), hidden_size=h, num_attention_heads=a, intermediate_size=i, num_hidden_layers=n, max_position_embeddings=d(64, 72, 80), num_labels=d(3, 2, 4, 5), pad_token_id=0, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, **k)
def rope(d, **k): return dict(rope_theta=d(10000.0, 50000.0, 1000000.0), rope_type="default", **k)
def build(f):
    """One family: how to make the model, its input shapes and the modules that its adapters target."""
    d = Draw(f); F = NS(name=f, d=d, auto="AutoModelForCausalLM", kind="lm", targets=["q_proj", "v_proj"], mlp=["gate_proj", "up_proj", "down_proj"], layers_pattern="layers", pad=0)
    if f.startswith("llama"):
        c = decoder(f, d); r = rope(d)
        if f == "llama3": c["max_position_embeddings"] = 256; r = dict(rope_type="llama3", rope_theta=d(500000.0, 250000.0, 100000.0), factor=d(8.0, 4.0, 16.0), low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=d(32, 48, 24)); F.targets = ["q_proj", "k_proj", "v_proj", "o_proj"]
        if f == "llama-linear-rope": r.update(rope_type="linear", factor=d(2.0, 3.0, 4.0))
        if f == "llama-dynamic-rope": r.update(rope_type="dynamic", factor=d(2.0, 3.0, 4.0)); c["max_position_embeddings"] = d(8, 6, 9)
        if f == "llama-mqa": c["num_key_value_heads"] = 1; c["head_dim"] = d(12, 10, 16)
        if f == "llama-bias": c.update(attention_bias=True, mlp_bias=True)
        F.make = lambda: T.LlamaForCausalLM(T.LlamaConfig(**c, rope_parameters=r, tie_word_embeddings=f == "llama3"))
    elif f == "mistral": c = decoder(f, d); w = d(6, 4, 5, 7); r = rope(d); F.make = lambda: T.MistralForCausalLM(T.MistralConfig(**c, rope_parameters=r, sliding_window=w))
    elif f == "qwen2": c = decoder(f, d); r = rope(d); F.make = lambda: T.Qwen2ForCausalLM(T.Qwen2Config(**c, rope_parameters=r, tie_word_embeddings=True))
    elif f == "qwen3": c = decoder(f, d, head_dim=d(16, 10, 14)); r = rope(d); F.make = lambda: T.Qwen3ForCausalLM(T.Qwen3Config(**c, rope_parameters=r, tie_word_embeddings=True))
    elif f == "gpt2":
        c = decoder(f, d); F.targets = ["c_attn"]; F.mlp = ["c_fc", "mlp.c_proj"]; F.layers_pattern = "h"; F.pad = 2
        F.make = lambda: T.GPT2LMHeadModel(T.GPT2Config(vocab_size=c["vocab_size"], n_embd=c["hidden_size"], n_layer=c["num_hidden_layers"], n_head=c["num_attention_heads"], n_positions=c["max_position_embeddings"], n_inner=None, bos_token_id=1, eos_token_id=2, pad_token_id=2, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, summary_first_dropout=0.0))
    elif f in ("bert", "roberta", "distilbert", "deberta-v2"):
        c = encoder(f, d); F.auto = "AutoModelForSequenceClassification"; F.kind = "cls"; F.targets = ["query", "value"]; F.mlp = ["intermediate.dense"]; F.layers_pattern = "layer"
        if f == "bert": F.make = lambda: T.BertForSequenceClassification(T.BertConfig(**c))
        if f == "roberta": c.update(pad_token_id=1, max_position_embeddings=c["max_position_embeddings"] + 2, type_vocab_size=1, layer_norm_eps=1e-5); F.pad = 1; F.make = lambda: T.RobertaForSequenceClassification(T.RobertaConfig(**c))
        if f == "distilbert": F.targets = ["q_lin", "v_lin"]; F.mlp = ["lin1"]; F.make = lambda: T.DistilBertForSequenceClassification(T.DistilBertConfig(vocab_size=c["vocab_size"], dim=c["hidden_size"], n_layers=c["num_hidden_layers"], n_heads=c["num_attention_heads"], hidden_dim=c["intermediate_size"], max_position_embeddings=c["max_position_embeddings"], num_labels=c["num_labels"], pad_token_id=0, dropout=0.0, attention_dropout=0.0, qa_dropout=0.0, seq_classif_dropout=0.0))
        if f == "deberta-v2": F.targets = ["query_proj", "value_proj"]; b = d(8, 6, 12); F.make = lambda: T.DebertaV2ForSequenceClassification(T.DebertaV2Config(**c, type_vocab_size=0, relative_attention=True, position_buckets=b, norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type="p2c|c2p", position_biased_input=False, max_relative_positions=-1, layer_norm_eps=1e-7))
    elif f.startswith("vit"):
        h, a, i = d((32, 4, 48), (24, 2, 52), (36, 6, 40), (28, 4, 44)); s, p = d((16, 4), (15, 5), (18, 6), (12, 3)); n = d(3, 4); l = d(5, 4, 6, 7); ch, eps = 3, d(1e-12, 1e-6)
        if f == "vit-28": s, p, ch, eps, n, l = 28, 7, 1, 1e-5, d(2, 3), d(10, 8, 12)
        F.auto = "AutoModelForImageClassification"; F.kind = "img"; F.mlp = ["fc1", "fc2"]; F.image, F.channels = s, ch
        F.make = lambda: T.ViTForImageClassification(T.ViTConfig(hidden_size=h, num_hidden_layers=n, num_attention_heads=a, intermediate_size=i, image_size=s, patch_size=p, num_channels=ch, num_labels=l, layer_norm_eps=eps))
    elif f == "clip":
        F.auto = "AutoModel"; F.kind = "clip"; F.targets = ["q_proj", "k_proj", "v_proj"]; F.mlp = ["fc1"]; v = d(80, 64, 72, 88); h, a, i = d((24, 4, 48), (20, 2, 52), (32, 4, 40)); h2, a2, i2 = d((32, 4, 48), (36, 6, 40), (28, 2, 44)); s, p = d((16, 4), (15, 5), (12, 3)); n, n2 = d(2, 3), d(2, 3); q = d(24, 20, 28); F.image, F.channels = s, 3
        # as published checkpoints have it: the end token has the highest id and is the padding too
        F.pad = v - 1; F.make = lambda: T.CLIPModel(T.CLIPConfig(text_config=dict(vocab_size=v, hidden_size=h, num_hidden_layers=n, num_attention_heads=a, max_position_embeddings=64, intermediate_size=i, projection_dim=q, bos_token_id=v - 2, eos_token_id=v - 1, pad_token_id=v - 1), vision_config=dict(hidden_size=h2, num_hidden_layers=n2, num_attention_heads=a2, intermediate_size=i2, image_size=s, patch_size=p, projection_dim=q), projection_dim=q))
    F.batch, F.length = d(2, 3) if f == "llama" else d(3, 2, 4), d(12, 9, 10, 14); F.r, F.alpha = d(4, 3, 5, 6), d(8, 5, 7, 14); F.task = dict(lm="CAUSAL_LM", cls="SEQ_CLS").get(F.kind); return F
FAMILIES = ["llama", "llama3", "llama-mqa", "llama-bias", "llama-linear-rope", "llama-dynamic-rope", "mistral", "qwen2", "qwen3", "gpt2", "bert", "roberta", "distilbert", "deberta-v2", "vit", "vit-28", "clip"]
def random_weights(m):
    """Weights large enough that attention is far from uniform and every norm, bias and scale matters."""
    with torch.no_grad():
        for n, p in m.named_parameters():
            norm = re.search("norm|ln_", n.lower())
            if n == "logit_scale": p.fill_(1.7)
            elif n.endswith("bias"): p.normal_(0, 0.1)
            elif norm and p.dim() == 1: p.copy_(1 + 0.2 * torch.randn_like(p))
            elif p.dim() > 1 and not re.search("embed|wte|wpe", n): p.normal_(0, 0.22)
            else: p.normal_(0, 0.5)
    return m.eval()
# ------------------------------------------------------------------ inputs and outputs
def lengths(F, b, t): return [t] + ([9, 5] if SEED == 1 and b == 3 and t == 12 else [F.d.r.randrange(3, t - 1) for _ in range(b - 1)])
def inputs(F, k, labels=False):
    seed(F.name, f"inputs{k}"); x = {}; V = F.config_vocab
    if F.kind in ("img", "clip"): x["pixel_values"] = torch.randn(4, F.channels, F.image, F.image)
    if F.kind != "img":
        b, t = F.batch, F.length; ids = torch.randint(5, V - 2, (b, t)); att = torch.ones_like(ids)
        for i, n in enumerate(lengths(F, b, t)):
            if F.kind == "clip": ids[i, 0] = V - 2; ids[i, n - 1] = V - 1
            ids[i, n:] = F.pad; att[i, n:] = 0
        x.update(input_ids=ids, attention_mask=att)
    if labels: x["labels"] = ids.masked_fill(att == 0, -100) if F.kind == "lm" else torch.randint(0, F.config_labels, (4 if F.kind == "img" else F.batch,))
    return x
@torch.no_grad()
def forward(m, F, x):
    o = m(**{k: v for k, v in x.items()})
    return dict(logits=o.logits_per_image, text_embeds=o.text_embeds, image_embeds=o.image_embeds) if F.kind == "clip" else dict(logits=o.logits)
def rel(a, b): return max(((a[k].double() - b[k].double()).abs().max() / b[k].double().abs().max()).item() for k in b)
def save(path, d): os.makedirs(os.path.dirname(path), exist_ok=True); save_file({k: v.detach().contiguous().clone() for k, v in d.items()}, path)
def dump(path, o): os.makedirs(os.path.dirname(path), exist_ok=True); json.dump(o, open(path, "w"), indent=1)
def family_json(F, d, **k): dump(f"{d}/family.json", dict(auto_class=F.auto, kind=F.kind, **k))
def double(m): return copy.deepcopy(m).double()
def generate(m, F, ids, att, n, **k):
    o = m.generate(input_ids=ids, attention_mask=att, max_new_tokens=n, do_sample=False, pad_token_id=F.pad, output_logits=True, return_dict_in_generate=True, **k); t = torch.stack(o.logits, 1).topk(2).values
    return o.sequences, ((t[..., 0] - t[..., 1]) / t[..., 0].abs().clamp(min=1))
def generations(m, F, path, R, left=True):
    """Greedy tokens whose best logit always leads clearly, so that float32 rounding cannot change one."""
    for k in range(60):
        seed(F.name, f"generate{os.path.relpath(path, OUT)}{k}"); t = F.length; ids = torch.randint(5, F.config_vocab - 2, (1, t)); g, margin = generate(m, F, ids, torch.ones_like(ids), 20)
        if g.shape[1] == t + 20 and margin.min() > 2e-3: break
    else: raise RuntimeError("no prompt with a clear margin")
    save(f"{path}/generate-greedy.safetensors", dict(input_ids=ids, tokens=g)); R["greedy_min_margin"] = round(margin.min().item(), 4)
    if not left: return
    for k in range(200):
        seed(F.name, f"left{k}"); ids = torch.randint(5, F.config_vocab - 2, (2, t)); att = torch.ones_like(ids); p = t // 2 + 1; ids[1, :p] = F.pad; att[1, :p] = 0
        free, margin = generate(m, F, ids, att, 12); alone, _ = generate(m, F, ids[1:, p:], att[1:, p:], 12)
        if margin.min() < 2e-3 or free.shape[1] != t + 12 or alone.shape[1] != t - p + 12 or (free[:, t:] == 2).any(): continue
        assert torch.equal(alone[0], free[1, p:]), "left padding changes the tokens"
        for s in range(3, 9):   # an end token that stops row 0 in the middle while row 1 goes on
            e = free[0, t + s].item()
            if e != F.pad and e not in free[0, t:t + s] and e not in free[1, t:]:
                g, _ = generate(m, F, ids, att, 12, eos_token_id=e); assert g.shape == free.shape and (g[0, t + s + 1:] == F.pad).all() and torch.equal(g[1], free[1]), (F.name, k, s, e, g, free)
                save(f"{path}/generate-left-padded.safetensors", dict(input_ids=ids, attention_mask=att, tokens=g, eos_token_id=torch.tensor([e]), pad_token_id=torch.tensor([F.pad]))); return
    raise RuntimeError("no left-padded prompt found")
# ------------------------------------------------------------------ adapters
def base_of(m): return copy.deepcopy(m)
def tidy(d, f):
    for p in glob.glob(f"{d}/**/README.md", recursive=True): os.remove(p)
    for p in glob.glob(f"{d}/**/adapter_config.json", recursive=True):
        c = json.load(open(p)); c["base_model_name_or_path"] = f"golden/{f}"
        if isinstance(c.get("target_modules"), list): c["target_modules"] = sorted(c["target_modules"])
        json.dump(c, open(p, "w"), indent=1, sort_keys=True)
def randomise(pm, F, k):
    """Every trained tensor away from its initial value, with an effect far above rounding."""
    seed(F.name, f"adapter{k}")
    with torch.no_grad():
        for n, p in pm.named_parameters():
            if not p.requires_grad: continue
            if "magnitude" in n: p.mul_(1 + 0.4 * torch.rand_like(p))
            elif "ia3_" in n: p.copy_(1 + 0.3 * torch.randn_like(p))
            elif "vera_lambda" in n: p.normal_(0, 1.0)
            elif "lora_E" in n: p.normal_(0, 1.0)
            elif "hira_" in n: p.normal_(0, 0.5)
            elif "hada_" in n: p.normal_(0, 0.45)
            elif "lokr_" in n: p.normal_(0, 0.4)
            elif "lora_" in n: p.normal_(0, 0.2)
            else: p.add_(0.1 * torch.randn_like(p))   # modules_to_save, biases of the base
def cases(F):
    d, t, f = F.d, F.targets, F.name; tt = dict(task_type=F.task) if F.task else {}; ms = dict(modules_to_save=["classifier"]) if F.kind == "img" else {}; fan = dict(fan_in_fan_out=True) if f == "gpt2" else {}; r, a = F.r, F.alpha
    L = lambda **k: LoraConfig(**{**dict(r=r, lora_alpha=a, target_modules=t), **tt, **ms, **fan, **k}); c = {"lora": L()}
    if f in ("llama-mqa", "llama-bias", "llama-linear-rope", "llama-dynamic-rope", "vit-28"): return c if f != "llama-bias" else {**c, "lora-bias-all": L(bias="all")}
    c.update({"rslora": L(use_rslora=True, r=d(3, 2, 6), lora_alpha=a // 2), "dora": L(use_dora=True)})
    if f == "clip": c["lora-vision"] = L(target_modules=r".*vision_model.*\.(q_proj|k_proj|v_proj)")
    if f == "gpt2": c["lora-all-linear"] = L(target_modules="all-linear")
    if f in ("llama", "bert", "vit", "qwen2", "gpt2"): c["hira"] = HiraConfig(r=d(4, 3, 5), target_modules=t, **tt, **ms, **fan)
    if f in TRAINED:
        n = F.layers - 1
        c["lora-patterns"] = L(target_modules=t + F.mlp, rank_pattern={t[0]: d(2, 1, 7), rf"{F.layers_pattern}\.1\..*{t[1]}": d(3, 8, 9)}, alpha_pattern={F.mlp[0]: d(16, 3, 11)})
        c["rslora-patterns"] = L(target_modules=t + F.mlp, use_rslora=True, rank_pattern={t[0]: d(2, 1, 7)}, alpha_pattern={F.mlp[0]: d(16, 3, 11)})
        c["lora-layers"] = L(layers_to_transform=[0, n], layers_pattern=F.layers_pattern); c["lora-one-layer"] = L(layers_to_transform=1)
        c["lora-all-linear"] = L(target_modules="all-linear", modules_to_save=None); c["lora-exclude"] = L(target_modules="all-linear", modules_to_save=None, exclude_modules=[t[0], F.mlp[-1]]) if f != "bert" else L(target_modules=["query", "dense"], exclude_modules=r".*pooler.*")
        c["dora-rslora"] = L(use_dora=True, use_rslora=True, lora_alpha=a // 2); c["hira-patterns"] = HiraConfig(r=r, target_modules=t + F.mlp, rank_pattern={t[0]: d(2, 1, 7)}, **tt, **ms)
        if f == "llama": c["lora-bias"] = L(lora_bias=True)
        else: c["lora-bias"] = L(bias="lora_only"); c["lora-bias-all"] = L(bias="all")
        c["loha"] = LoHaConfig(r=d(3, 2, 4), alpha=d(6, 5, 7), target_modules=t, **tt, **ms)
        k = dict(target_modules=t, **tt, **ms); c["lokr"] = LoKrConfig(r=d(2, 1), alpha=d(6, 5, 7), **k); c["lokr-decompose-both"] = LoKrConfig(r=1, alpha=d(3, 2, 4), decompose_both=True, decompose_factor=d(8, 6, 12), **k); c["lokr-full"] = LoKrConfig(r=64, alpha=d(48, 80), **k)
        c["vera"] = VeraConfig(r=d(5, 4, 7), target_modules=t, **tt, **ms); c["ia3"] = IA3Config(target_modules=t + F.mlp[-1:], feedforward_modules=F.mlp[-1:], **tt, **ms)
        c["adalora"] = AdaLoraConfig(init_r=d(4, 3, 5), target_r=2, total_step=10, tinit=0, tfinal=2, lora_alpha=a, target_modules=t, **tt, **ms)
    if f == "llama":
        c["lora-regex"] = L(target_modules=r".*layers\.[12]\..*(q|o)_proj"); c["lora-embedding"] = L(target_modules=["embed_tokens", "q_proj"]); c["lora-modules-to-save"] = L(modules_to_save=["lm_head", "embed_tokens"])
    return c
def v4_names(s):
    """ViT module names of transformers 4 (and of the checkpoints) for those of transformers 5."""
    for a, b in ((r"(^|\.)vit\.layers\.", r"\1vit.encoder.layer."), (r"(^|\.)attention\.([qkv])_proj", lambda m: f"{m[1]}attention.attention." + dict(q="query", k="key", v="value")[m[2]]), (r"(^|\.)attention\.o_proj", r"\1attention.output.dense"), (r"(^|\.)mlp\.fc1", r"\1intermediate.dense"), (r"(^|\.)mlp\.fc2", r"\1output.dense")): s = re.sub(a, b, s)
    return s
V4_SHORT = dict(q_proj="query", k_proj="key", v_proj="value", fc1="intermediate.dense")
def v4_adapter(src, dst):
    """The same adapter as transformers 4 would have saved it. Names without an unambiguous short form (output.dense is in the attention too) are written in full."""
    os.makedirs(dst); c = json.load(open(f"{src}/adapter_config.json")); w = {v4_names(k): v for k, v in load_file(f"{src}/adapter_model.safetensors").items()}; save_file(w, f"{dst}/adapter_model.safetensors")
    adapted = sorted({re.sub(r"\.(lora|hira|hada|lokr|vera|ia3)_.*", "", k.removeprefix("base_model.model.")) for k in w if re.search(r"\.(lora|hira|hada|lokr|vera_lambda|ia3)_", k)})
    if all(s in V4_SHORT for s in c["target_modules"]): c["target_modules"] = sorted(V4_SHORT[s] for s in c["target_modules"])
    else: c["target_modules"] = adapted; c.pop("exclude_modules", None)
    if c.get("feedforward_modules"): c["feedforward_modules"] = [n for n in adapted if re.search(r"\d\.output\.dense$", n)]
    for k in ("rank_pattern", "alpha_pattern"):
        if c.get(k): c[k] = {re.sub("q_proj|v_proj|fc1", lambda m: V4_SHORT[m[0]], p.replace("layers", "layer")): v for p, v in c[k].items()}
    if c.get("layers_pattern"): c["layers_pattern"] = "layer"
    json.dump(c, open(f"{dst}/adapter_config.json", "w"), indent=1, sort_keys=True)
MERGED = {(f, n) for f, l in dict(llama="lora dora hira loha lokr vera ia3 adalora lora-embedding", gpt2="lora dora hira", bert="lora-bias").items() for n in l.split()}
def adapters(F, m, x, d, R):
    base = forward(m, F, x)
    for name, cfg in cases(F).items():
        a = f"{d}/adapters/{name}"
        try:
            seed(F.name, name); pm = get_peft_model(base_of(m), cfg); randomise(pm, F, name); pm.eval(); pm.save_pretrained(a); o = forward(pm, F, x); save(f"{a}/expected.safetensors", o)
            r = R["adapters"][name] = dict(effect=round(rel(o, base), 4), trained_tensors=len([1 for p in pm.parameters() if p.requires_grad])); assert r["effect"] > 0.02, f"effect on the outputs only {r['effect']}"
            if F.kind == "lm" and name in ("lora", "dora") and F.name in ("llama", "gpt2", "qwen3"): generations(pm, F, a, r, left=False)
            try:
                mm = copy.deepcopy(pm).merge_and_unload(); r["merge_and_unload_relative_difference"] = float(f"{rel(forward(mm, F, x), o):.2g}"); assert r["merge_and_unload_relative_difference"] < 1e-5
                if (F.name, name) in MERGED:
                    b = m.state_dict(); save(f"{a}/merged.safetensors", {k: v for k, v in mm.state_dict().items() if not torch.equal(v, b[k])})
            except (TypeError, ValueError, NotImplementedError, RuntimeError) as e: r["merge_and_unload_refused"] = f"{type(e).__name__}: {e}"
        except Exception as e: R["adapters"][name] = f"not made: {type(e).__name__}: {e}"; shutil.rmtree(a, ignore_errors=True)
    if F.kind == "cls" and F.name == "bert":
        seed(F.name, "pair"); V, (b, t) = F.config_vocab, (F.batch, F.length); ids = torch.randint(5, V, (b, t)); att = torch.ones_like(ids); tt = torch.zeros_like(ids)
        for i, n in enumerate(lengths(F, b, t)): cut = n // 2 if n // 2 else 1; tt[i, cut:n] = 1; ids[i, n:] = 0; att[i, n:] = 0
        p = dict(input_ids=ids, attention_mask=att, token_type_ids=tt); save(f"{d}/pair-inputs.safetensors", p); save(f"{d}/pair-base-outputs.safetensors", forward(m, F, p))
        for name in ("lora", "dora"): save(f"{d}/adapters/{name}/pair-expected.safetensors", forward(PeftModel.from_pretrained(base_of(m), f"{d}/adapters/{name}").eval(), F, p))
    if F.name == "llama":
        src = f"{d}/adapters/lora"; c = json.load(open(f"{src}/adapter_config.json")); old = ("auto_mapping", "base_model_name_or_path", "bias", "fan_in_fan_out", "inference_mode", "init_lora_weights", "layers_pattern", "layers_to_transform", "lora_alpha", "lora_dropout", "modules_to_save", "peft_type", "r", "revision", "target_modules", "task_type")
        for name in ("lora-old-config", "lora-bf16"):
            dst = f"{d}/adapters/{name}"; os.makedirs(dst); w = load_file(f"{src}/adapter_model.safetensors")
            save_file(w if name == "lora-old-config" else {k: v.bfloat16() for k, v in w.items()}, f"{dst}/adapter_model.safetensors"); json.dump({k: c[k] for k in old} if name == "lora-old-config" else c, open(f"{dst}/adapter_config.json", "w"), indent=1)
            o = forward(PeftModel.from_pretrained(base_of(m), dst).eval(), F, x); save(f"{dst}/expected.safetensors", o); R["adapters"][name] = dict(effect=round(rel(o, base), 4))
    if F.name in ("llama", "bert"):
        for name in ("pissa", "olora"): decomposed(F, m, x, f"{d}/adapters/{name}", name, R)
def decomposed(F, m, x, a, kind, R):
    """Initialisations that move a part of the base into the adapter. (No classifier in modules_to_save: PEFT's conversion drops it, and then cannot load its own result.)"""
    try:
        tt = dict(task_type=F.task) if F.kind == "lm" else {}; seed(F.name, kind); pm = get_peft_model(base_of(m), LoraConfig(r=F.r, lora_alpha=F.alpha, target_modules=F.targets, init_lora_weights=kind, **tt)).eval()
        layers = {n.removeprefix("base_model.model."): l for n, l in pm.named_modules() if isinstance(l, BaseTunerLayer)}; w = {n: m.get_submodule(n).weight for n in layers}
        residual = {n: l.get_base_layer().weight.data.clone() for n, l in layers.items()}; start = rel(forward(pm, F, x), forward(m, F, x)); assert start < 1e-5, start
        for n, l in layers.items(): assert (residual[n] + l.get_delta_weight("default") - w[n]).abs().max() < 1e-5
        cfg = pm.peft_config["default"]; cfg.init_lora_weights = True; pm.save_pretrained(f"{a}/init"); cfg.init_lora_weights = kind
        save(f"{a}/residual.safetensors", {n + ".weight": v for n, v in residual.items()})
        if kind == "pissa": save(f"{a}/singular-values.safetensors", {n + ".weight": torch.linalg.svdvals(v.double())[:F.r].float() for n, v in w.items()})
        seed(F.name, kind + "trained")
        with torch.no_grad():
            for n, p in pm.named_parameters():
                if p.requires_grad: p.add_(0.1 * torch.randn_like(p))
        o = forward(pm, F, x); pm.save_pretrained(a); save(f"{a}/expected.safetensors", o); pm.save_pretrained(f"{a}/converted", path_initial_model_for_weight_conversion=f"{a}/init")
        R["adapters"][kind] = dict(effect=round(rel(o, forward(m, F, x)), 4), start_relative_difference_from_base=float(f"{start:.2g}")); assert R["adapters"][kind]["effect"] > 0.02
    except Exception as e: R["adapters"][kind] = f"not made: {type(e).__name__}: {e}"; shutil.rmtree(a, ignore_errors=True)
# ------------------------------------------------------------------ merges
class Masks:
    """Records the random masks that PEFT draws in DARE, by module, factor and adapter."""
    def __init__(self, pm, names): self.of = {id(l): n.removeprefix("base_model.model.") for n, l in pm.named_modules() if isinstance(l, BaseTunerLayer)}; self.names = names; self.out = {}; self.calls = []
    def __enter__(self):
        self.saved = merge_utils.random_pruning, LoraModel._generalized_task_arithmetic_weighted_adapter, LoraModel._svd_generalized_task_arithmetic_weighted_adapter; me = self
        def pruning(t, density, rescale): m = torch.bernoulli(torch.full_like(t, density)); me.calls.append(m.to(torch.uint8)); return t * m / density if rescale else t * m
        def around(fn, parts):
            def g(s, *a, **k):
                me.calls = []; out = fn(s, *a, **k); target = next(v for v in (*a, *k.values()) if isinstance(v, BaseTunerLayer)); has = [n for n in me.names if n in target.lora_A]
                if me.calls: assert len(me.calls) == len(parts) * len(has); me.out.update({f"{me.of[id(target)]}.{p}.{n}": me.calls[i * len(has) + j] for i, p in enumerate(parts) for j, n in enumerate(has)})
                return out
            return g
        merge_utils.random_pruning = pruning; LoraModel._generalized_task_arithmetic_weighted_adapter = around(self.saved[1], ("lora_A", "lora_B")); LoraModel._svd_generalized_task_arithmetic_weighted_adapter = around(self.saved[2], ("delta",)); return self
    def __exit__(self, *e): merge_utils.random_pruning, LoraModel._generalized_task_arithmetic_weighted_adapter, LoraModel._svd_generalized_task_arithmetic_weighted_adapter = self.saved
def merges(F, m, x, d, R):
    t, dr, names = F.targets, F.d, ["a0", "a1", "a2"]; r = dr(4, 3, 5); W = dr([0.7, 0.2, 0.4], [0.5, 0.9, 0.3], [0.6, 0.25, 1.1]); D, D3 = dr(0.5, 0.4, 0.6), dr(0.3, 0.25, 0.45); low = dr(2, 1); base = forward(m, F, x)
    one, all_, neg = [t] * 3, {"cat": {}, "svd": {}, "svd-low-rank": dict(combination_type="svd", svd_rank=low)}, [W[0], -W[1], W[2]]
    more = {"svd-clamp": dict(combination_type="svd", svd_clamp=dr(0.95, 0.9, 0.97)), "linear": {}, "linear-negative": dict(combination_type="linear", weights=neg), "cat-negative": dict(combination_type="cat", weights=neg), "ties": dict(density=D), "ties-frequency": dict(combination_type="ties", density=D, majority_sign_method="frequency"), "ties_svd": dict(density=D), "magnitude_prune": dict(density=D3), "magnitude_prune_svd": dict(density=D3),
            "dare_linear-density-1": dict(combination_type="dare_linear", density=1.0), "dare_ties-density-1": dict(combination_type="dare_ties", density=1.0), "dare_linear": dict(density=D), "dare_ties": dict(density=D), "dare_linear_svd": dict(density=D), "dare_ties_svd": dict(density=D)}
    if F.name != "llama": more = {k: more[k] for k in ("linear", "linear-negative", "ties", "magnitude_prune", "dare_linear")}   # the arithmetic knows no family: llama has every kind
    for tag, ranks, targets, kinds in (("equal", (r, r, r), one, {**all_, **more}), ("mixed-ranks", dr((2, 4, 3), (3, 5, 2), (6, 2, 4)), one, all_), ("mixed-targets", (r, r, r), [t, t + F.mlp[:1], t[1:]], {"linear": {}, "cat": {}, "svd": {}, "ties": dict(density=D)})):
        if F.name == "bert" and tag != "equal": continue
        md, pm = f"{d}/merges/{tag}", None
        for i, k in enumerate(ranks):
            c = LoraConfig(r=k, lora_alpha=k * dr((2, 1, 3), (1, 3, 2), (3, 2, 1))[i], target_modules=targets[i]); seed(F.name, f"{tag}{i}"); pm = get_peft_model(base_of(m), c, adapter_name="a0") if pm is None else (pm.add_adapter(f"a{i}", c), pm)[1]
        seed(F.name, tag)
        with torch.no_grad():
            for n, p in pm.named_parameters():
                if "lora_" in n: p.normal_(0, 0.2)
        pm.eval(); pm.save_pretrained(md)
        for n in names: pm.set_adapter(n); save(f"{md}/{n}/expected.safetensors", forward(pm, F, x))
        for k, extra in kinds.items():
            kw = dict(combination_type=k); kw.update(extra); w = kw.pop("weights", W); nm = k.replace("-", "_") + "_merged"
            try:
                seed(F.name, f"{tag}{k}")
                with Masks(pm, names) as masks: pm.add_weighted_adapter(names, w, nm, **kw)
                pm.set_adapter(nm); o = forward(pm, F, x); e = rel(o, base); assert e > 0.01, f"effect only {e}"
                pm.save_pretrained(f"{md}/merged", selected_adapters=[nm]); shutil.rmtree(f"{md}/merged/{k}", ignore_errors=True); os.rename(f"{md}/merged/{nm}", f"{md}/merged/{k}"); save(f"{md}/merged/{k}/expected.safetensors", o); dump(f"{md}/merged/{k}/merge.json", dict(adapters=names, weights=w, **kw))
                if masks.out: save(f"{md}/merged/{k}/masks.safetensors", masks.out)
                R["merges"][f"{tag}/{k}"] = dict(effect=round(e, 4))
            except Exception as e: R["merges"][f"{tag}/{k}"] = f"not made: {type(e).__name__}: {e}"
# ------------------------------------------------------------------ training
def group_modules(pm, n): return [[l for name, l in pm.named_modules() if isinstance(l, BaseTunerLayer) and re.search(rf"\.(layers|layer|h)\.{i}\.", name)] for i in range(n)]
def lorafa_float32(): import peft.optimizers.lorafa as M; M.is_bf16_available = lambda *a, **k: False   # PEFT rounds one product to bfloat16 where it can; golden values keep float32
def optimizer(pm, P, kind):
    ps = [p for p in pm.parameters() if p.requires_grad]
    if kind == "loraplus":
        from peft.optimizers import create_loraplus_optimizer; return create_loraplus_optimizer(pm, torch.optim.AdamW, lr=P["learning_rate"], loraplus_lr_ratio=P["loraplus_lr_ratio"], loraplus_weight_decay=P["weight_decay"], betas=tuple(P["betas"]), eps=P["eps"])
    if kind == "lorafa":
        from peft.optimizers import create_lorafa_optimizer; lorafa_float32(); return create_lorafa_optimizer(pm, r=P["r"], lora_alpha=P["lora_alpha"], lr=P["learning_rate"], weight_decay=P["weight_decay"])
    return torch.optim.AdamW(ps, lr=P["learning_rate"], betas=tuple(P["betas"]), eps=P["eps"], weight_decay=P["weight_decay"])
def run(pm, batches, masks, P, kind, n_layers, check=False):
    """One trajectory. Order: zero_grad, forward, backward, clip, optimizer.step, scheduler.step; learning rate read before the step."""
    opt = optimizer(pm, P, kind); ps = [p for p in pm.parameters() if p.requires_grad]; sch = T.get_cosine_schedule_with_warmup(opt, P["warmup_steps"], len(batches)); groups = group_modules(pm, n_layers); assert all(groups)
    assert all(mo.p == 0 for mo in pm.modules() if isinstance(mo, torch.nn.Dropout)); losses, norms, lrs = [], [], []; pm.train()
    for s, b in enumerate(batches):
        off = set()
        if masks is not None:
            for i, g in enumerate(groups):
                for mod in g:
                    mod._disable_adapters = not bool(masks[s][i])
                    if not masks[s][i]: off |= {id(p) for p in mod.parameters() if p.requires_grad}
        opt.zero_grad(set_to_none=True); loss = pm(**b).loss
        if check and off:   # a switched-off adapter contributes nothing: its values may be anything
            keep = {p: p.detach().clone() for p in ps if id(p) in off}
            with torch.no_grad():
                for p in keep: p.add_(1.0)
                again = pm(**b).loss; [p.copy_(v) for p, v in keep.items()]
            assert again.item() == loss.item()
        loss.backward(); norms.append(torch.nn.utils.clip_grad_norm_(ps, P["max_grad_norm"]).item()); lrs.append(sch.get_last_lr()[0]); assert all((p.grad is None) == (id(p) in off) for p in ps)
        before = [(p, p.detach().clone(), opt.state[p].get("step", torch.tensor(0.)).item() if p in opt.state else 0) for p in ps if id(p) in off] if check else []
        opt.step()
        for p, v, st in before: assert torch.equal(p, v) and (opt.state[p]["step"].item() if p in opt.state else 0) == st
        if kind == "adalora": pm.base_model.update_and_allocate(s)
        sch.step(); losses.append(loss.item())
    for g in groups:
        for mod in g: mod._disable_adapters = False
    pm.eval(); return losses, norms, lrs
def variants(F):
    r, a, t = F.r, F.alpha, F.targets; k = dict(target_modules=t, **(dict(task_type=F.task) if F.task else {}), **(dict(modules_to_save=["classifier"]) if F.kind == "img" else {}))
    v = {"lora": LoraConfig(r=r, lora_alpha=a, **k), "dora": LoraConfig(r=r, lora_alpha=a, use_dora=True, **k), "rslora": LoraConfig(r=r, lora_alpha=a, use_rslora=True, **k), "hira": HiraConfig(r=r, **k)}
    if F.name in ("llama", "bert"): v["loraplus"] = LoraConfig(r=r, lora_alpha=a, **k)
    if F.name == "llama": v["lorafa"] = LoraConfig(r=r, lora_alpha=a, **k); v["adalora"] = AdaLoraConfig(init_r=4, target_r=2, tinit=1, tfinal=3, deltaT=1, total_step=F.steps, lora_alpha=a, orth_reg_weight=0.5, **k); v.update(vera=VeraConfig(r=5, **k), loha=LoHaConfig(r=3, alpha=6, **k), lokr=LoKrConfig(r=2, alpha=6, **k), ia3=IA3Config(target_modules=t + ["down_proj"], feedforward_modules=["down_proj"], task_type=F.task))
    return v
def training(F, m, x, d, R):
    dr = F.d; n = F.steps = dr(10, 8, 12); P0 = dict(learning_rate=dr(2e-2, 1e-2, 1.5e-2), betas=dr([0.9, 0.999], [0.9, 0.98]), eps=1e-8, weight_decay=dr(0.5, 0.4, 0.7), warmup_steps=dr(2, 1, 3), steps=n)
    batches = [inputs(F, f"train{s}", labels=True) for s in range(n)]; save(f"{d}/train/batches.safetensors", {f"{s}.{k}": v for s, b in enumerate(batches) for k, v in b.items()}); wide = [{k: v.double() if v.is_floating_point() else v for k, v in b.items()} for b in batches]
    for k in range(1000):   # one layer off in the very first step, one switched off after it was on, every layer on and off at times, all on in the end
        seed(F.name, f"masks{k}"); M = torch.rand(n, F.layers) < torch.tensor([min(1.0, 0.2 + 0.8 * s / (0.75 * n)) for s in range(n)])[:, None]
        if M.any(1).all() and not M[0].all() and (~M).any(0).all() and (M[:-1] & ~M[1:]).any() and M[-1].all(): break
    for vn, cfg in variants(F).items():
        for coto in (False, True) if vn in ("lora", "dora", "rslora", "hira") else (False,):
            td = f"{d}/train/{vn}{'-coto' if coto else ''}"
            try:
                kind = vn if vn in ("loraplus", "lorafa", "adalora") else "adamw"; P = dict(P0)
                if kind == "loraplus": P.update(learning_rate=P0["learning_rate"] / 8, loraplus_lr_ratio=16)
                if kind == "lorafa": P.update(r=F.r, lora_alpha=F.alpha, betas=[0.9, 0.999], eps=1e-6)
                def fresh(k):
                    seed(F.name, f"train{vn}{k}"); pm = get_peft_model(base_of(m), copy.deepcopy(cfg))
                    if vn in ("ia3", "vera", "adalora", "lokr", "loha"): randomise(pm, F, f"start{vn}{k}")   # their usual start trains one factor only in the first steps
                    return pm
                masks = M.tolist() if coto else None; P["max_grad_norm"] = 1e9; norms = sorted(run(fresh(0), batches, masks, P, kind, F.layers)[1]); P["max_grad_norm"] = float(f"{norms[n // 2]:.2g}")
                for k in range(20):   # a start whose path does not amplify rounding
                    pm = fresh(k); pm.save_pretrained(f"{td}/start"); losses, norms, lrs = run(pm, batches, masks, P, kind, F.layers, check=True); c = [g > P["max_grad_norm"] for g in norms]
                    pd = fresh(k).double(); l64, n64, _ = run(pd, wide, masks, P, kind, F.layers); gap = max(abs(p - q) / abs(q) for p, q in zip(losses, l64)); o = forward(pm, F, x); ogap = rel(o, forward(pd, F, {k: v.double() if v.is_floating_point() else v for k, v in x.items()}))
                    if any(c) and not all(c) and gap < 1e-6 and ogap < 5e-6: break
                else: raise RuntimeError(f"no stable start: float32 and float64 losses differ by {gap}, outputs by {ogap}, clipped {c}")
                if kind == "adalora": assert pm.peft_config["default"].rank_pattern == pd.peft_config["default"].rank_pattern
                pm.save_pretrained(f"{td}/end"); save(f"{td}/end/expected.safetensors", o)
                dump(f"{td}/trajectory.json", dict(optimizer={"adamw": "torch.optim.AdamW, one group with every trained parameter", "loraplus": "peft create_loraplus_optimizer on torch.optim.AdamW", "lorafa": "peft create_lorafa_optimizer, float32 throughout", "adalora": "torch.optim.AdamW, then update_and_allocate(step) with step from 0; the loss contains AdaLoRA's orthogonality term"}[kind], scheduler="cosine with linear warm-up", **P, learning_rates=lrs, loss=losses, grad_norm_before_clipping=norms, active_layers=[[int(v) for v in r] for r in masks] if masks else None, dropout=0.0))
                R["train"][os.path.basename(td)] = dict(loss_first_last=[round(losses[0], 4), round(losses[-1], 4)], relative_loss_gap_to_float64=float(f"{gap:.2g}"), relative_output_gap_to_float64=float(f"{ogap:.2g}"), clipped_steps=sum(c))
            except Exception as e: R["train"][os.path.basename(td)] = f"not made: {type(e).__name__}: {e}"; shutil.rmtree(td, ignore_errors=True)
# ------------------------------------------------------------------ the same weights in other clothes
def old_form(c, keep_head_dim=False):
    """config.json as transformers 4 wrote it."""
    c = dict(c); r = c.pop("rope_parameters", None); c["torch_dtype"] = c.pop("dtype"); c["transformers_version"] = "4.46.0"; c.pop("layer_types", None)
    if r: r = dict(r); c["rope_theta"] = r.pop("rope_theta"); c["rope_scaling"] = None if r["rope_type"] == "default" else r
    if not keep_head_dim: c.pop("head_dim", None)
    return c
def reload(F, d, **k): return getattr(T, F.auto).from_pretrained(f"{d}/base", dtype=torch.float32, **k).eval()
def dressed(F, m, x, name, R, edit, tolerance=0.0, **info):
    """A further folder with the family's weights in another form; the expected outputs are what transformers gives for it."""
    d = f"{OUT}/{name}"; shutil.rmtree(d, ignore_errors=True); shutil.copytree(f"{OUT}/{F.name}/base", f"{d}/base"); edit(f"{d}/base"); save(f"{d}/inputs.safetensors", x); o = forward(reload(F, d), F, x); gap = rel(o, forward(m, F, x)); assert gap <= tolerance, (name, gap)
    save(f"{d}/base-outputs.safetensors", o); family_json(F, d, same_weights_as=F.name, **info); R["families"][name] = dict(relative_difference_from={F.name: float(f"{gap:.2g}")})
def edit_config(fn):
    def e(b): p = f"{b}/config.json"; c = fn(json.load(open(p))); json.dump(c, open(p, "w"), indent=2)
    return e
def edit_weights(fn):
    def e(b): p = f"{b}/model.safetensors"; w = fn(load_file(p)); save_file(w, p, metadata=dict(format="pt"))
    return e
def clothes(F, m, x, R):
    f = F.name
    if f == "llama":
        def shards(b): s = sum(p.numel() * 4 for p in m.parameters()); os.remove(f"{b}/model.safetensors"); m.save_pretrained(b, max_shard_size=int(s * 0.62)); assert len(glob.glob(f"{b}/*.safetensors")) == 2
        dressed(F, m, x, "llama-sharded", R, shards); dressed(F, m, x, "llama-old-config", R, edit_config(old_form))
        for n, t in (("llama-bf16", torch.bfloat16), ("llama-f16", torch.float16)):
            def cast(b, t=t): edit_weights(lambda w: {k: v.to(t) for k, v in w.items()})(b); edit_config(lambda c: {**c, "dtype": str(t)[6:]})(b)
            dressed(F, m, x, n, R, cast, tolerance=0.1, stored_dtype=str(t)[6:], compute_dtype="float32")
    if f == "llama3": dressed(F, m, x, "llama3-old-config", R, edit_config(old_form))
    if f == "llama-linear-rope": dressed(F, m, x, "llama-linear-rope-old-config", R, edit_config(lambda c: (lambda o: {**o, "rope_scaling": dict(type="linear", factor=o["rope_scaling"]["factor"])})(old_form(c))))
    if f == "gpt2":   # published gpt2 files: no prefix, no head, the causal masks stored as buffers
        def old(w): n = m.config.n_positions; w = {k.removeprefix("transformer."): v for k, v in w.items()}; return {**w, **{f"h.{i}.attn.bias": torch.tril(torch.ones(n, n)).view(1, 1, n, n) for i in range(m.config.n_layer)}}
        dressed(F, m, x, "gpt2-old-keys", R, edit_weights(old))
    if f == "bert":   # published bert files: gamma and beta, position ids, the heads of pre-training
        def old(w): h = m.config.hidden_size; return {**{k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v for k, v in w.items()}, "bert.embeddings.position_ids": torch.arange(m.config.max_position_embeddings)[None], "cls.predictions.bias": torch.zeros(m.config.vocab_size), "cls.seq_relationship.weight": torch.zeros(2, h), "cls.seq_relationship.bias": torch.zeros(2)}
        dressed(F, m, x, "bert-old-keys", R, edit_weights(old), unexpected_keys_to_ignore=["bert.embeddings.position_ids", "cls.predictions.bias", "cls.seq_relationship.weight", "cls.seq_relationship.bias"])
    if f == "clip":   # published clip files: eos_token_id 2 in the config though the end token is the highest id, position ids stored
        def old(b): edit_config(lambda c: {**c, "text_config": {**c["text_config"], "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}})(b); edit_weights(lambda w: {**w, "text_model.embeddings.position_ids": torch.arange(64)[None], "vision_model.embeddings.position_ids": torch.arange((F.image // m.config.vision_config.patch_size) ** 2 + 1)[None]})(b)
        dressed(F, m, x, "clip-old-config", R, old)
    if f in ("mistral", "qwen2"): edit_config(lambda c: old_form(c))(f"{OUT}/{f}/base"); assert rel(forward(reload(F, f"{OUT}/{f}"), F, x), forward(m, F, x)) == 0
    if f == "deberta-v2": edit_config(lambda c: {**c, "pos_att_type": "p2c|c2p"})(f"{OUT}/{f}/base"); assert rel(forward(reload(F, f"{OUT}/{f}"), F, x), forward(m, F, x)) == 0
# ------------------------------------------------------------------ what PEFT refuses
def refusals():
    out = []; ml, mb = random_weights(build("llama").make()), random_weights(build("bert").make()); q = dict(target_modules=["q_proj", "v_proj"])
    def two(c0, c1, m=ml): pm = get_peft_model(base_of(m), c0, adapter_name="a"); pm.add_adapter("b", c1); return pm
    L = lambda **k: LoraConfig(**{**q, "r": 4, **k}); add = lambda c0, c1, kind="linear", m=ml, w=(0.5, 0.5), **k: two(c0, c1, m).add_weighted_adapter(["a", "b"], list(w), "m", combination_type=kind, **k)
    for what, fn in (
        *((f"merge by {k}: adapters of different rank", lambda k=k: add(L(), L(r=2), k, density=0.5)) for k in ("linear", "ties", "dare_linear", "dare_ties", "magnitude_prune")),
        ("merge: both adapters saved the same module (modules_to_save)", lambda: add(*[LoraConfig(r=4, target_modules=["query"], task_type="SEQ_CLS")] * 2, m=mb)),
        ("merge: one adapter targets by regex, the other by list", lambda: add(L(), L(target_modules=".*q_proj"))),
        ("merge: unknown combination type", lambda: add(L(), L(), "average")), ("merge: unknown adapter", lambda: two(L(), L()).add_weighted_adapter(["a", "zzz"], [1.0, 1.0], "m")),
        ("merge by ties: density missing", lambda: add(L(), L(), "ties")), ("merge by ties: density below 0", lambda: add(L(), L(), "ties", density=-0.1)), ("merge by ties: unknown majority sign method", lambda: add(L(), L(), "ties", density=0.5, majority_sign_method="mean")),
        ("merge: AdaLoRA adapters", lambda: get_peft_model(base_of(ml), AdaLoraConfig(init_r=4, target_r=2, total_step=10, **q), adapter_name="a").add_weighted_adapter(["a"], [1.0], "m")),
        *((f"merge: {n} adapters", lambda c=c: add(c(**q), c(**q))) for n, c in (("HiRA", HiraConfig), ("LoHa", LoHaConfig), ("LoKr", LoKrConfig), ("VeRA", VeraConfig))),
        ("merge_and_unload: lora_bias where the base layer has no bias", lambda: get_peft_model(base_of(ml), L(lora_bias=True)).merge_and_unload()),
        ("second adapter where one has bias", lambda: two(L(bias="lora_only"), L(bias="lora_only"))), ("a LoRA and a HiRA adapter on one model", lambda: two(L(), HiraConfig(**q))),
        ("r of 0", lambda: get_peft_model(base_of(ml), L(r=0))), ("no module matches target_modules", lambda: get_peft_model(base_of(ml), L(target_modules=["query"]))), ("layers_to_transform with a regex", lambda: L(target_modules=".*q_proj", layers_to_transform=[0])), ("layers_pattern without layers_to_transform", lambda: L(layers_pattern="layers")), ("lora_bias with DoRA", lambda: L(lora_bias=True, use_dora=True)), ("lora_bias with PiSSA", lambda: L(lora_bias=True, init_lora_weights="pissa")), ("unknown initialisation", lambda: get_peft_model(base_of(ml), L(init_lora_weights="other"))),
        ("target is not a linear, embedding or convolution layer", lambda: get_peft_model(base_of(ml), L(target_modules=["input_layernorm"]))), ("AdaLoRA without total_step", lambda: AdaLoraConfig(init_r=4, target_r=2, **q)), ("unknown task_type", lambda: L(task_type="IMAGE"))):
        try: fn(); out.append(dict(what=what, refused=False))
        except Exception as e: out.append(dict(what=what, refused=True, error=type(e).__name__, message=str(e).split("\n")[0][:400]))
    dump(f"{OUT}/refusals.json", out); return out
# ------------------------------------------------------------------ all
rp = f"{OUT}/report.json"; report = json.load(open(rp)) if ONLY and os.path.exists(rp) else dict(families={}); report.update(transformers=transformers.__version__, peft=peft.__version__, torch=torch.__version__)
for f in FAMILIES:
    if ONLY and f not in ONLY: continue
    F = build(f); d = f"{OUT}/{f}"; shutil.rmtree(d, ignore_errors=True); seed(f, "weights"); m = random_weights(F.make()); c = m.config; t = getattr(c, "text_config", c)
    F.config_vocab = getattr(t, "vocab_size", None); F.config_labels = getattr(c, "num_labels", None); F.layers = getattr(t, "num_hidden_layers", None)
    m.save_pretrained(f"{d}/base"); family_json(F, d); x = inputs(F, "main"); save(f"{d}/inputs.safetensors", x); o = forward(m, F, x); save(f"{d}/base-outputs.safetensors", o); R = report["families"][f] = dict(adapters={}, merges={}, train={})
    R["base_relative_gap_to_float64"] = float(f"{rel(o, forward(double(m), F, {k: v.double() if v.is_floating_point() else v for k, v in x.items()})):.2g}")
    if F.kind == "lm" and f != "llama-dynamic-rope": generations(m, F, d, R)
    adapters(F, m, x, d, R)
    if f in TRAINED: merges(F, m, x, d, R); training(F, m, x, d, R)
    tidy(d, f)
    if F.kind == "img":
        for a in sorted(R["adapters"]):
            if isinstance(R["adapters"][a], dict): v4_adapter(f"{d}/adapters/{a}", f"{d}/adapters-transformers4/{a}")
    clothes(F, m, x, report); print(f, "done", flush=True)
if not ONLY: report["refused_by_peft"] = sum(r["refused"] for r in refusals())
dump(rp, report)
for f in report["families"]:
    for p in glob.glob(f"{OUT}/{f}/**", recursive=True): os.chmod(p, 0o755 if os.path.isdir(p) else 0o644)
bad = [(f, s, k, v) for f, r in report["families"].items() for s in ("adapters", "merges", "train") for k, v in r.get(s, {}).items() if isinstance(v, str)]
print("not made:", *bad, sep="\n ") if bad else print("everything made"); print({f: {s: len(r.get(s, {})) for s in ("adapters", "merges", "train")} for f, r in report["families"].items()})
