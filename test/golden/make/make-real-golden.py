"""Golden values for two real checkpoints that Python packages carry (they are not stored here: see test/golden/real/README.md).
usage: make-real-golden.py MODELS_DIR      MODELS_DIR holds minilm/ (HF folder) and smollm2/*.gguf; transformers reads the latter with the package gguf
Texts, batches, layers switched off, prompts and start adapters are those that test/golden/real has already."""
import sys, os, json, glob; os.environ["HF_HUB_OFFLINE"] = "1"
import torch, shutil
from safetensors.torch import save_file
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, get_linear_schedule_with_warmup
from peft import PeftModel
from folders import GOLDEN, OUTPUT
import peft, transformers
D, KNOWN, OUT = sys.argv[1], f"{GOLDEN}/real", f"{OUTPUT}/real"; read = lambda p: json.load(open(f"{KNOWN}/{p}"))
def save(p, d): os.makedirs(os.path.dirname(p), exist_ok=True); save_file({k: v.detach().contiguous().clone() for k, v in d.items()}, p)
# --- sentence encoder
mp = f"{D}/minilm"; tk = AutoTokenizer.from_pretrained(mp); m = AutoModel.from_pretrained(mp, dtype=torch.float32).eval()
texts = read("minilm/texts.json")
e = tk(texts, padding=True, truncation=True, max_length=48, return_tensors="pt")
with torch.no_grad(): h = m(**e).last_hidden_state
mk = e["attention_mask"][..., None].float(); pooled = torch.nn.functional.normalize((h * mk).sum(1) / mk.sum(1), dim=-1)
save(f"{OUT}/minilm/encode.safetensors", dict(**{k: v for k, v in e.items()}, last_hidden_state=h, embeddings=pooled)); json.dump(texts, open(f"{OUT}/minilm/texts.json", "w"), ensure_ascii=False, indent=1)
# fine-tuning: two sources of sentences told apart; classifier from a fixed start
c = AutoModelForSequenceClassification.from_pretrained(mp, num_labels=2, dtype=torch.float32)
for mode in ("lora", "lora-coto"):
    import copy; known, start = read(f"minilm/{mode}/trajectory.json"), f"{OUT}/minilm/{mode}/start"
    if OUTPUT != GOLDEN: shutil.copytree(f"{KNOWN}/minilm/{mode}/start", start, dirs_exist_ok=True)
    pm = PeftModel.from_pretrained(copy.deepcopy(c), start, is_trainable=True)
    for mo in pm.modules():
        if isinstance(mo, torch.nn.Dropout): mo.p = 0.0
    ps = [p for p in pm.parameters() if p.requires_grad]; opt = torch.optim.AdamW(ps, lr=5e-3, weight_decay=0.01); N = 20; sch = get_linear_schedule_with_warmup(opt, 2, N)
    masks = torch.tensor(known["active_layers"] or [[1] * 6] * N).bool()
    L = [[mod for n, mod in pm.named_modules() if isinstance(mod, peft.tuners.tuners_utils.BaseTunerLayer) and f".layer.{i}." in n] for i in range(6)]
    losses, gn, rows = [], [], []
    for s in range(N):
        t, y = [list(column) for column in zip(*known["batches"][s])]; rows.append([[a, b] for a, b in zip(t, y)]); b = tk(t, padding=True, truncation=True, max_length=48, return_tensors="pt")
        if mode == "lora-coto":
            for i, mods in enumerate(L):
                for mod in mods: mod._disable_adapters = not bool(masks[s, i])
        pm.train(); opt.zero_grad(set_to_none=True); loss = pm(**b, labels=torch.tensor(y)).loss; loss.backward(); gn.append(torch.nn.utils.clip_grad_norm_(ps, 1.0).item()); opt.step(); sch.step(); losses.append(loss.item())
    for mods in L:
        for mod in mods: mod._disable_adapters = False
    pm.eval()
    with torch.no_grad(): o = pm(**{k: v for k, v in e.items()}).logits
    pm.save_pretrained(f"{OUT}/minilm/{mode}/end"); shutil.copy(f"{start}/adapter_config.json", f"{OUT}/minilm/{mode}/end"); [os.path.exists(p) and os.remove(p) for p in (f"{OUT}/minilm/{mode}/{w}/README.md" for w in ("start", "end"))]; save(f"{OUT}/minilm/{mode}/end/expected.safetensors", dict(logits=o))
    json.dump(dict(steps=N, learning_rate=5e-3, schedule="linear with 2 warm-up steps", weight_decay=0.01, max_grad_norm=1.0, max_length=48, active_layers=masks.int().tolist() if mode == "lora-coto" else None, loss=losses, grad_norm_before_clipping=gn, batches=rows), open(f"{OUT}/minilm/{mode}/trajectory.json", "w"), ensure_ascii=False)
    print(mode, [round(x, 4) for x in losses])
# --- language model out of a GGUF file
f = glob.glob(f"{D}/smollm2/*.gguf")[0]; sp, fn = os.path.split(f); tk = AutoTokenizer.from_pretrained(sp, gguf_file=fn); m = AutoModelForCausalLM.from_pretrained(sp, gguf_file=fn, dtype=torch.float32).eval(); res = []
chats = [chat["question"] for chat in read("smollm2/expected.json")["chats"]]
for i, q in enumerate(chats):
    msgs = [{"role": "user", "content": q}]; text = tk.apply_chat_template(msgs, add_generation_prompt=True, tokenize=False); x = tk(text, return_tensors="pt", add_special_tokens=False)
    with torch.no_grad(): lo = m(**x).logits[0, -1]; o = m.generate(**x, max_new_tokens=24, do_sample=False)
    v, ix = lo.topk(50); save(f"{OUT}/smollm2/chat-{i}.safetensors", dict(input_ids=x["input_ids"], last_logits_top50=v, last_logits_top50_ids=ix, last_logits_logsumexp=torch.logsumexp(lo, 0)[None], generated=o[0, x["input_ids"].shape[1]:])); res.append(dict(question=q, rendered=text, answer=tk.decode(o[0, x["input_ids"].shape[1]:], skip_special_tokens=True)))
txt = read("smollm2/expected.json")["texts"]; nl = []
for t in txt:
    x = tk(t, return_tensors="pt")
    with torch.no_grad(): nl.append(m(**x, labels=x["input_ids"]).loss.item())
json.dump(dict(chats=res, texts=txt, mean_negative_log_likelihood=nl), open(f"{OUT}/smollm2/expected.json", "w"), ensure_ascii=False, indent=1); print(res, nl)
names = {"model.layers.0.self_attn.q_proj.weight", "model.layers.29.mlp.down_proj.weight", "model.embed_tokens.weight", "model.layers.3.self_attn.k_proj.weight"}
save(f"{OUT}/smollm2/tensors.safetensors", {f"{n}.rows0_2": p[:2] for n, p in m.named_parameters() if n in names} | {f"{n}.sum": p.double().sum()[None] for n, p in m.named_parameters() if n in names})
json.dump(dict(transformers=transformers.__version__, peft=peft.__version__, torch=torch.__version__), open(f"{OUT}/versions.json", "w"))
for p in glob.glob(f"{OUT}/minilm/*/*/adapter_config.json"):
    c = json.load(open(p)); c["base_model_name_or_path"] = "sentence-transformers/all-MiniLM-L6-v2"; json.dump(c, open(p, "w"), indent=2)
