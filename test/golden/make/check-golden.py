"""Self-check of a golden tree: reloads every folder from disk with fresh transformers and PEFT models and confirms every expected value.
usage: check-golden.py ROOT [--pins] [FAMILY ...]
Training is repeated with this file's own AdamW, clipping and switching-off; LoRA, rsLoRA, DoRA and HiRA merges and DARE with this file's own formulas.
--pins also proves that each case pins what it is for: every kind of stored tensor, and every rule of the optimiser, changes the outputs when it is changed.
Under transformers 4 (with a PEFT of its time) it checks what such an installation can read."""
import sys, os, re, json, glob, math, warnings
warnings.filterwarnings("ignore"); os.environ["HF_HUB_OFFLINE"] = "1"; os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import torch, transformers as T, peft
from transformers.utils import logging as _l; _l.set_verbosity_error(); _l.disable_progress_bar()
from safetensors.torch import load_file
from peft import PeftModel, set_peft_model_state_dict
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils import merge_utils
ROOT = sys.argv[1]; PINS = "--pins" in sys.argv; ONLY = [a for a in sys.argv[2:] if a[0] != "-"]; V4 = T.__version__.startswith("4."); torch.set_num_threads(1); TOL = 1e-5
J = lambda p: json.load(open(p)); count, failed, worst = 0, [], {}
def ok(what, value, limit=TOL, kind="outputs"):
    global count; count += 1; value = float(value); worst[kind] = max(worst.get(kind, 0), value)
    if not value <= limit: failed.append(f"{what}: {value:.3g} > {limit:g}"); print("FAILED", failed[-1], flush=True)
def pin(what, value, least=1e-3):
    global count; count += 1
    if not value >= least: failed.append(f"{what}: changes the result by {value:.3g} only"); print("NOT PINNED", failed[-1], flush=True)
def rel(a, b): assert set(a) == set(b), (set(a), set(b)); return max(((a[k].double() - b[k].double()).abs().max() / b[k].double().abs().max()).item() for k in b)
def base(d):
    F = J(f"{d}/family.json"); m, info = getattr(T, F["auto_class"]).from_pretrained(f"{d}/base", dtype=torch.float32, output_loading_info=True); u = set(info["unexpected_keys"]) - set(F.get("unexpected_keys_to_ignore", []))
    if info["missing_keys"] or {k for k in u if "position_ids" not in k and not k.endswith("attn.bias")}: failed.append(f"{d}: missing {info['missing_keys']} unexpected {u}")
    return m.eval()
@torch.no_grad()
def out(m, x):
    o = m(**x); return dict(logits=o.logits_per_image, text_embeds=o.text_embeds, image_embeds=o.image_embeds) if hasattr(o, "logits_per_image") else dict(logits=o.logits)
def generations(m, p):
    for n in ("greedy", "left-padded"):
        if os.path.exists(q := f"{p}/generate-{n}.safetensors"):
            g = load_file(q); ids = g["input_ids"]; k = dict(eos_token_id=g["eos_token_id"].item()) if "eos_token_id" in g else {}
            t = m.generate(input_ids=ids, attention_mask=g.get("attention_mask", torch.ones_like(ids)), max_new_tokens=g["tokens"].shape[1] - ids.shape[1], do_sample=False, pad_token_id=g["pad_token_id"].item() if "pad_token_id" in g else 0, **k); ok(q, 0 if torch.equal(t, g["tokens"]) else 1, 0, "tokens")
def delta(c, w, n, W):
    """The merged weight of module n by the papers' formulas; None for other methods."""
    key = f"base_model.model.{n}."; r = c.get("r")
    if c["peft_type"] == "HIRA": A, B = w[key + "hira_A"], w[key + "hira_B"]; D = B @ A; return W * (1 + (D.T if c["fan_in_fan_out"] else D))
    if c["peft_type"] != "LORA" or key + "lora_A.weight" not in w: return None
    A, B = w[key + "lora_A.weight"], w[key + "lora_B.weight"]; r = A.shape[0]; alpha = c["lora_alpha"]
    for p, v in c["alpha_pattern"].items():
        if re.match(rf"(.*\.)?({p})$", n): alpha = v; break
    D = B @ A * (alpha / math.sqrt(r) if c["use_rslora"] else alpha / r); U = W.T if c["fan_in_fan_out"] else W; V = U + D
    if c["use_dora"]: V = V * (w[key + "lora_magnitude_vector"] / V.norm(dim=1))[:, None]
    return V.T if c["fan_in_fan_out"] else V
def adapter(d, p, x, expected, what):
    m = base(d); c = J(f"{p}/adapter_config.json"); w = load_file(f"{p}/adapter_model.safetensors"); W0 = {k: v.clone() for k, v in m.state_dict().items()}; b = out(m, x); pm = PeftModel.from_pretrained(m, p).eval(); o = out(pm, x); ok(what, rel(o, expected)); generations(pm, p)
    if os.path.exists(q := f"{p}/pair-expected.safetensors"): ok(q, rel(out(pm, load_file(f"{d}/pair-inputs.safetensors")), load_file(q)))
    if PINS and not c.get("rank_pattern") or PINS and c["peft_type"] != "ADALORA":
        pin(f"{what} against the base", rel(o, b), 0.02); kinds = {}
        for k in w: kinds.setdefault(re.sub(r"^base_model\.model\..*?(?=(lora_|hira_|hada_|lokr_|vera_|ia3_)|[^.]+\.[^.]+$)", "", k), []).append(k)
        for kind, ks in kinds.items():
            if re.search(r"base_layer\.weight$|^weight$", kind) and "lora" not in kind and "embed" in ks[0]: continue   # the base's own embedding, stored beside its adapter
            if kind in ("key.bias", "k_proj.bias") or "original_module" in kind or kind == "modules_to_save.bias": continue   # softmax is blind to a key bias; the others are copies that PEFT writes and ignores under bias="all"
            set_peft_model_state_dict(pm, {k: (v * 1.1 + 0.02 * v.float().std().nan_to_num().to(v.dtype) if k in ks else v) for k, v in w.items()}); pin(f"{what}: {kind}", rel(out(pm, x), o), 1e-4)
        set_peft_model_state_dict(pm, w)
    if os.path.exists(q := f"{p}/merged.safetensors"):
        M = load_file(q); mm = pm.merge_and_unload(); s = mm.state_dict(); ok(q, rel({k: s[k] for k in M}, M), kind="merged weights"); ok(q + " outputs", rel(out(mm, x), expected)); assert all(torch.equal(s[k], W0[k]) for k in W0 if k not in M)
        for k in M:
            mine = delta(c, w, k.removesuffix(".weight"), W0[k])
            if mine is not None: ok(f"{q} {k} by formula", rel({0: mine}, {0: M[k]}), kind="merged weights")
    if os.path.exists(q := f"{p}/residual.safetensors"):
        R = load_file(q); I = load_file(f"{p}/init/adapter_model.safetensors"); s = c["lora_alpha"] / c["r"]; S = load_file(f"{p}/singular-values.safetensors") if os.path.exists(f"{p}/singular-values.safetensors") else None
        for k, v in R.items():
            n = "base_model.model." + k.removesuffix("weight"); D = s * I[n + "lora_B.weight"] @ I[n + "lora_A.weight"]; ok(f"{q} {k}", rel({0: v + D}, {0: W0[k]}), kind="merged weights")
            if S: ok(f"{p} singular values {k}", rel({0: torch.linalg.svdvals(D)[:c["r"]]}, {0: S[k]}), kind="merged weights"); ok(f"{p} next singular value {k}", (torch.linalg.svdvals(v)[0] / torch.linalg.svdvals(W0[k])[c["r"]] - 1).abs(), kind="merged weights")
        m = base(d); m.load_state_dict({**W0, **R}); c0 = peft.PeftConfig.from_pretrained(f"{p}/init"); ok(f"{p} start", rel(out(PeftModel.from_pretrained(m, f"{p}/init").eval(), x), b)); ok(f"{p} converted", rel(out(PeftModel.from_pretrained(base(d), f"{p}/converted").eval(), x), expected))
def products(p, c=None):
    c = c or J(f"{p}/adapter_config.json"); w = load_file(f"{p}/adapter_model.safetensors"); return {k.replace("lora_A.weight", ""): (w[k], w[k.replace("lora_A", "lora_B")], c["lora_alpha"] / c["r"]) for k in w if "lora_A" in k}
def dare(md, q, mj):
    """DARE from the stored masks: rescale by 1 / density, then weighted sum, or sign election and mean over those that agree."""
    K = load_file(f"{q}/masks.safetensors"); P = {n: products(f"{md}/{n}") for n in mj["adapters"]}; got = products(q); ties, svd = "ties" in mj["combination_type"], "svd" in mj["combination_type"]; W = mj["weights"]
    def combine(ts, ws):
        if not ties: return sum(t * w for t, w in zip(ts, ws))
        S = torch.stack(ts); e = torch.where(S.sum(0) >= 0, 1, -1); keep = S.sign() == e; return (torch.stack([t * w for t, w in zip(ts, ws)]) * keep).sum(0) / keep.sum(0).clamp(min=1)
    for n, (A, B, s) in got.items():
        has = [a for a in mj["adapters"] if n in P[a]]; k = lambda part, a, t: t * K[f"{n.removeprefix('base_model.model.')}{part}.{a}"] / mj["density"]
        if svd: D = combine([k("delta", a, P[a][n][2] * P[a][n][1] @ P[a][n][0]) for a in has], [W[mj["adapters"].index(a)] for a in has]); u, z, v = torch.linalg.svd(D); D = (u[:, :len(A)] * z[:len(A)]) @ v[:len(A)]
        else: f = [math.sqrt(W[mj["adapters"].index(a)] * P[a][n][2]) for a in has]; D = combine([k("lora_B", a, P[a][n][1]) for a in has], f) @ combine([k("lora_A", a, P[a][n][0]) for a in has], f)
        ok(f"{q} {n} by formula", rel({0: s * B @ A}, {0: D}), kind="merged weights")
def merges(d, x):
    for md in sorted(glob.glob(f"{d}/merges/*")):
        pm = PeftModel.from_pretrained(base(d), f"{md}/a0", adapter_name="a0"); [pm.load_adapter(f"{md}/a{i}", adapter_name=f"a{i}") for i in (1, 2)]; pm.eval(); own = {}
        for i in range(3): pm.set_adapter(f"a{i}"); own[i] = out(pm, x); ok(f"{md}/a{i}", rel(own[i], load_file(f"{md}/a{i}/expected.safetensors")))
        if PINS: pin(f"{md}: adapters differ", min(rel(own[0], own[1]), rel(own[1], own[2])), 0.02)
        seen = {}
        for q in sorted(glob.glob(f"{md}/merged/*")):
            e = load_file(f"{q}/expected.safetensors"); mj = J(f"{q}/merge.json"); adapter(d, q, x, e, q); k = dict(mj); names, w = k.pop("adapters"), k.pop("weights"); seen[os.path.basename(q)] = e
            if os.path.exists(f"{q}/masks.safetensors"): dare(md, q, mj); continue
            pm.add_weighted_adapter(names, w, "m_" + os.path.basename(q).replace("-", "_"), **k); pm.set_adapter("m_" + os.path.basename(q).replace("-", "_")); ok(f"{q} merged again", rel(out(pm, x), e)); a, got = pm.active_adapter, products(q)
            for n, l in pm.named_modules():
                if isinstance(l, BaseTunerLayer) and a in l.lora_A: A, B, s = got[n + "."]; ok(f"{q} {n}", rel({0: l.get_delta_weight(a)}, {0: s * B @ A}), kind="merged weights")
        if PINS:
            for a in seen:
                for b in seen:
                    if a < b and {a, b} != {"dare_linear-density-1", "linear"}: pin(f"{md}: {a} against {b}", rel(seen[a], seen[b]))
class Adam:
    """AdamW as PyTorch defines it. rule: None, or one deliberate mistake."""
    def __init__(s, groups, t, rule): s.groups, s.t, s.rule, s.state = groups, t, rule, {}
    @torch.no_grad()
    def step(s, factor):
        b1, b2 = s.t["betas"]; s.n = getattr(s, "n", 0) + 1
        for lr, wd, ps in s.groups:
            for p in ps:
                g = p.grad
                if g is None:
                    if s.rule == "decay while off": p.mul_(1 - lr * factor * wd)
                    if s.rule != "zero gradient while off": continue
                    g = torch.zeros_like(p)
                m, v, n = s.state.get(p, (torch.zeros_like(p), torch.zeros_like(p), 0)); n += 1; p.mul_(1 - lr * factor * wd); m = b1 * m + (1 - b1) * g; v = b2 * v + (1 - b2) * g * g; s.state[p] = (m, v, n); k = s.n if s.rule == "one step count for all" else n
                p.sub_(lr * factor / (1 - b1 ** k) * m / ((v / (1 - b2 ** k)).sqrt() + s.t["eps"]))
class LoraFA:
    def __init__(s, pm, t): s.t, s.state = t, {}; P = dict(pm.named_parameters()); s.pairs = [(P[n], P[n.replace("lora_A", "lora_B")]) for n in P if "lora_A" in n]; [a.requires_grad_(False) for a, _ in s.pairs]
    @torch.no_grad()
    def step(s, factor):
        b1, b2 = s.t["betas"]; lr = s.t["learning_rate"] * factor; k = s.t["lora_alpha"] / s.t["r"]
        for A, B in s.pairs:
            g = B.grad @ torch.linalg.inv(A @ A.T + 1e-8 * torch.eye(len(A))) / k ** 2; m, v, n = s.state.get(B, (torch.zeros_like(B), torch.zeros_like(B), 0)); n += 1; m = b1 * m + (1 - b1) * g; v = b2 * v + (1 - b2) * g * g; s.state[B] = (m, v, n)
            B.sub_(lr * math.sqrt(1 - b2 ** n) / (1 - b1 ** n) * m / (v.sqrt() + s.t["eps"])); B.mul_(1 - lr * s.t["weight_decay"])
def trajectory(d, td, x, rule=None):
    t = J(f"{td}/trajectory.json"); vn = os.path.basename(td); pm = PeftModel.from_pretrained(base(d), f"{td}/start", is_trainable=True); raw = load_file(f"{d}/train/batches.safetensors"); pm.train(); wd, lr = t["weight_decay"], t["learning_rate"]
    layers = [(int(re.search(r"\.(?:layers|layer|h)\.(\d+)\.", n)[1]), l) for n, l in pm.named_modules() if isinstance(l, BaseTunerLayer)]; named = [(n, p) for n, p in pm.named_parameters() if p.requires_grad]
    if vn == "loraplus": hi = lambda n, p: "lora_B" in n or p.ndim == 1; opt = Adam([(lr * t["loraplus_lr_ratio"], 0.0 if "bias" in n else wd, [p]) if hi(n, p) else (lr, wd, [p]) for n, p in named], t, rule)
    elif vn == "lorafa": opt = LoraFA(pm, t); named = [(n, p) for n, p in named if p.requires_grad]
    else: opt = Adam([(lr, wd, [p for _, p in named])], t, rule)
    N, U, losses, norms, rates = t["steps"], t["warmup_steps"], [], [], []; plain = {l: l.forward for _, l in layers}
    for s in range(N):
        for i, l in layers: l.forward = plain[l] if not t["active_layers"] or t["active_layers"][s][i] else l.base_layer.forward   # off: the plain base layer
        for _, p in named: p.grad = None
        loss = pm(**{k.split(".")[1]: v for k, v in raw.items() if k.split(".")[0] == str(s)}).loss; loss.backward(); gs = [p.grad for _, p in named if p.grad is not None]; norm = torch.cat([g.flatten() for g in gs]).norm().item(); c = min(1.0, t["max_grad_norm"] / (norm + 1e-6))
        if rule != "no clipping": [g.mul_(c) for g in gs]
        k = s + 1 if rule == "scheduler before optimizer" else s; f = k / U if k < U else max(0.0, 0.5 * (1 + math.cos(math.pi * (k - U) / (N - U)))); opt.step(f); rates.append(lr * f); losses.append(loss.item()); norms.append(norm)
        if vn == "adalora": pm.base_model.update_and_allocate(s)
    for _, l in layers: l.forward = plain[l]
    pm.eval(); return t, pm, losses, norms, rates, named
def training(d, x):
    for td in sorted(glob.glob(f"{d}/train/*/")):
        td = td.rstrip("/"); t, pm, losses, norms, rates, named = trajectory(d, td, x); far = lambda a, b: max(abs(p - q) / max(abs(q), 1e-12) for p, q in zip(a, b)); e = load_file(f"{td}/end/expected.safetensors")
        ok(f"{td} losses", far(losses, t["loss"]), kind="losses"); ok(f"{td} gradient norms", far(norms, t["grad_norm_before_clipping"]), 1e-4, "gradient norms"); ok(f"{td} learning rates", max(abs(a - b) for a, b in zip(rates, t["learning_rates"])), 1e-9, "learning rates"); ok(f"{td} end", rel(out(pm, x), e), 5e-5, "outputs after training")
        w = load_file(f"{td}/end/adapter_model.safetensors"); sd = {re.sub(r"\.default(?=\.|$)", "", k).replace("modules_to_save.", "").replace("lora_magnitude_vector.weight", "lora_magnitude_vector"): v for k, v in pm.state_dict().items()}
        if not td.endswith("adalora"): ok(f"{td} trained tensors", max((sd[k] - v).abs().max().item() / max(1.0, v.abs().max().item()) for k, v in w.items()), 1e-4, "trained tensors")
        adapter(d, f"{td}/end", x, e, f"{td}/end")
        if PINS and not td.endswith(("adalora", "lorafa")):
            for rule in ("scheduler before optimizer", "no clipping") + (("zero gradient while off", "decay while off", "one step count for all") if t["active_layers"] else ()):
                _, q, l, *_ = trajectory(d, td, x, rule); pin(f"{td}: {rule}", max(far(l, losses), rel(out(q, x), e)), 1e-4)
for d in sorted(glob.glob(f"{ROOT}/*/")):
    d = d.rstrip("/"); f = os.path.basename(d)
    if not os.path.exists(f"{d}/family.json") or (ONLY and f not in ONLY): continue
    if V4 and "rope_parameters" in J(f"{d}/base/config.json"): continue
    m = base(d); x = load_file(f"{d}/inputs.safetensors"); b = load_file(f"{d}/base-outputs.safetensors"); o = out(m, x); ok(f"{d} base", rel(o, b)); generations(m, d)
    if PINS and (F := J(f"{d}/family.json"))["kind"] != "img" and not F.get("same_weights_as"):   # the attention mask and the order of the tokens matter
        at = x["attention_mask"].bool(); z = {k: v[at] if v.shape[:2] == at.shape else v for k, v in o.items()}; y = out(m, {**x, "attention_mask": torch.ones_like(at).long()}); pin(f"{d}: attention mask", rel({k: v[at] if v.shape[:2] == at.shape else v for k, v in y.items()}, z)) if F["kind"] == "cls" else None
        r = x["input_ids"].clone(); r[:, 1], r[:, 2] = x["input_ids"][:, 2], x["input_ids"][:, 1]; y = out(m, {**x, "input_ids": r}); cut = (lambda v: v[:, 3:] if v.dim() == 3 else v); pin(f"{d}: token order", rel({k: cut(v) for k, v in y.items()}, {k: cut(v) for k, v in o.items()}))
    if os.path.exists(f"{d}/pair-inputs.safetensors"):
        p = load_file(f"{d}/pair-inputs.safetensors"); ok(f"{d} pair", rel(out(m, p), e := load_file(f"{d}/pair-base-outputs.safetensors")))
        if PINS: pin(f"{d}: token types", rel(out(m, {**p, "token_type_ids": torch.zeros_like(p["token_type_ids"])}), e))
    for p in sorted(glob.glob(f"{d}/adapters{'-transformers4' if V4 and f.startswith('vit') else ''}/*")):
        if V4 and J(f"{p}/adapter_config.json")["peft_type"] == "HIRA": continue
        adapter(d, p, x, load_file(f"{d}/adapters/{os.path.basename(p)}/expected.safetensors"), p)
    if V4: continue
    for p in glob.glob(f"{d}/adapters-transformers4/*"): assert os.path.exists(f"{d}/adapters/{os.path.basename(p)}/expected.safetensors")
    merges(d, x); training(d, x); print(f, "checked", flush=True)
print(f"transformers {T.__version__}, peft {peft.__version__}: {count} checks, {len(failed)} failed; worst:", {k: float(f"{v:.2g}") for k, v in worst.items()}); sys.exit(bool(failed))
