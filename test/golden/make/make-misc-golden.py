"""Golden values that need no model: learning-rate schedules, tokenizers, chat templates, metrics, matrix-level merges.
usage: make-misc-golden.py [SEED] [--text FILE] [PART ...]     parts: schedules tokenizers templates metrics mergekit (default: all)
SEED 1, the default, gives the canonical sizes, any other seed others (same layout). FILE (gzip) has the sentences that the tokenizers are trained on;
without it the tokenizers of test/golden stay, and only their expected ids and texts are computed, for the same texts. mergekit may live in an interpreter of its own: run that part with it."""
import sys, os, json, random, gzip, math
import torch
from folders import GOLDEN, OUTPUT
ARGS = sys.argv[1:]; OUT = str(OUTPUT / "misc"); SEED = int(ARGS.pop(0)) if ARGS and ARGS[0].isdigit() else 1; TEXT = ARGS[1] if ARGS[:1] == ["--text"] else None; PARTS = ARGS[2 if TEXT else 0:] or ["schedules", "tokenizers", "templates", "metrics", "mergekit"]; os.makedirs(OUT, exist_ok=True)
R = random.Random(f"misc{SEED}"); d = lambda canonical, *others: canonical if SEED == 1 else R.choice(others)
def dump(path, o): os.makedirs(os.path.dirname(f"{OUT}/{path}"), exist_ok=True); json.dump(o, open(f"{OUT}/{path}", "w"), ensure_ascii=False, indent=0)
def save(path, t): from safetensors.torch import save_file; save_file({k: v.detach().contiguous() for k, v in t.items()}, f"{OUT}/{path}"); os.chmod(f"{OUT}/{path}", 0o644)
lines = [l for l in gzip.open(TEXT, "rt").read().split("\n") if l] if TEXT else None
# 1 learning-rate schedules: value i is the rate that step i (from 0) uses
def schedules():
    from transformers import get_scheduler; S = []; lr = d(1e-3, 3e-4, 2e-3)
    for name, kw in (("linear", {}), ("cosine", {}), ("cosine", dict(num_cycles=d(1.5, 0.75))), ("cosine_with_restarts", {}), ("cosine_with_restarts", dict(num_cycles=d(3, 2, 4))), ("polynomial", {}), ("polynomial", dict(lr_end=d(1e-5, 2e-5), power=d(2.0, 0.5, 3.0))), ("constant", {}), ("constant_with_warmup", {}), ("inverse_sqrt", {}), ("inverse_sqrt", dict(timescale=d(20, 15))), ("cosine_with_min_lr", dict(min_lr_rate=d(0.1, 0.05))), ("cosine_with_min_lr", dict(min_lr=lr * d(0.2, 0.15))), ("warmup_stable_decay", dict(num_decay_steps=d(12, 9), min_lr_ratio=d(0.1, 0.05)))):
        for warm, total in ((0, d(40, 33, 37)), (d(5, 4, 7), d(40, 33, 37)), (d(10, 12, 9), d(100, 90, 77))):
            o = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr); s = get_scheduler(name, o, num_warmup_steps=warm, num_training_steps=total, **(dict(scheduler_specific_kwargs=dict(kw)) if kw else {})); v = []
            for _ in range(total): v.append(s.get_last_lr()[0]); o.step(); s.step()
            S.append(dict(lr_scheduler_type=name, lr_scheduler_kwargs=kw, warmup_steps=warm, max_steps=total, learning_rate=lr, values=v))
    dump("lr-schedules.json", S); print("schedules", len(S))
# 2 tokenizers, trained here on plain sentences; each in the make of a common model family
def tokenizers():
    from tokenizers import Tokenizer, Regex, AddedToken, models, trainers, pre_tokenizers as P, decoders as D, normalizers as N, processors; from transformers import AutoTokenizer
    if not TEXT: return expected_of_present()
    text = lines[:6000] if SEED == 1 else R.sample(lines, 5000); size = d(1000, 900, 1100); r = random.Random(SEED); BL = P.ByteLevel.alphabet()
    probe = [r.choice(lines) for _ in range(20)] + ["", " ", "héllo wörld — naïve café", "emoji 😀👍🏽 and 漢字 かな", "  leading and   multiple   spaces\n\ttabs", "1234567890 3.14159 -42", "don't can't I'll we've DON'T", "a" * d(300, 270, 310), "<s> </s> [CLS] [SEP] <|im_start|>user\nx<|im_end|> <|endoftext|>", "Ünïcödé\u00a0nbsp\u200bzwsp ｆｕｌｌ", "ALL CAPS AND camelCase snake_case", "https://example.org/path?x=1&y=2", "line\r\nbreaks\n\n\nand  trailing   ", "e\u0301 combining, \u0e44\u0e17\u0e22, \u0627\u0644\u0639\u0631\u0628\u064a\u0629"]
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    def gpt2(): t = Tokenizer(models.BPE()); t.pre_tokenizer = P.ByteLevel(add_prefix_space=False); t.decoder = D.ByteLevel(); t.train_from_iterator(text, trainers.BpeTrainer(vocab_size=size, special_tokens=special, initial_alphabet=BL, show_progress=False)); return t, dict(bos_token="<|endoftext|>", eos_token="<|endoftext|>")
    def llama3():
        t = Tokenizer(models.BPE(ignore_merges=True)); t.pre_tokenizer = P.Sequence([P.Split(Regex(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)]); t.decoder = D.ByteLevel()
        t.train_from_iterator(text, trainers.BpeTrainer(vocab_size=size, special_tokens=special, initial_alphabet=BL, show_progress=False)); t.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(single="<|endoftext|> $A", pair="<|endoftext|> $A <|endoftext|> $B:1", special_tokens=[("<|endoftext|>", 0)])]); return t, dict(bos_token="<|endoftext|>", eos_token="<|im_end|>")
    def llama2():
        t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True)); t.normalizer = N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")]); t.decoder = D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)])
        t.pre_tokenizer = P.Metaspace(prepend_scheme="never", split=True); t.train_from_iterator(text, trainers.BpeTrainer(vocab_size=size, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)], show_progress=False)); t.pre_tokenizer = None; s = json.loads(t.to_str()); s["added_tokens"] = [a for a in s["added_tokens"] if a["id"] < 3]; t = Tokenizer.from_str(json.dumps(s))
        t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)]); return t, dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    def wordpiece():
        t = Tokenizer(models.WordPiece(unk_token="[UNK]")); t.normalizer = N.BertNormalizer(lowercase=True); t.pre_tokenizer = P.BertPreTokenizer(); t.decoder = D.WordPiece(); t.train_from_iterator(text, trainers.WordPieceTrainer(vocab_size=size, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
        t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]); return t, dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
    def unigram():
        t = Tokenizer(models.Unigram()); t.normalizer = N.Sequence([N.NFKC(), N.Replace(Regex(" {2,}"), " ")]); t.pre_tokenizer = P.Metaspace(); t.decoder = D.Metaspace(); t.train_from_iterator(text, trainers.UnigramTrainer(vocab_size=size, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
        t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]); return t, dict(bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>")
    for name, mk in (("byte-level-bpe", gpt2), ("split-regex-bpe", llama3), ("byte-fallback-bpe", llama2), ("wordpiece", wordpiece), ("unigram", unigram)):
        t, names = mk(); o = f"{OUT}/tokenizers/{name}"; os.makedirs(o, exist_ok=True); t.save(f"{o}/tokenizer.json", pretty=False); dump(f"tokenizers/{name}/tokenizer_config.json", dict(tokenizer_class="PreTrainedTokenizerFast", model_max_length=512, clean_up_tokenization_spaces=False, **names)); a = AutoTokenizer.from_pretrained(o); rows = []
        for p in probe:
            e = t.encode(p); assert a(p)["input_ids"] == e.ids and a.decode(e.ids, skip_special_tokens=True) == t.decode(e.ids), (name, p, a.decode(e.ids, skip_special_tokens=True), t.decode(e.ids))
            rows.append(dict(text=p, ids=e.ids, ids_without_special_tokens=t.encode(p, add_special_tokens=False).ids, decoded=t.decode(e.ids), decoded_with_special_tokens=t.decode(e.ids, skip_special_tokens=False)))
        pairs = [dict(text=x, pair=y, ids=e.ids, type_ids=e.type_ids) for x, y in zip(probe[:4], probe[4:8]) for e in [t.encode(x, y)]]; b = a(probe[:6], truncation=True, max_length=d(12, 10, 9)); cut = [dict(text=x, max_length=len(max(b["input_ids"], key=len)), ids=i) for x, i in zip(probe[:6], b["input_ids"])]
        dump(f"tokenizers/{name}/expected.json", dict(vocab_size=t.get_vocab_size(), single=rows, pairs=pairs, truncated=cut)); print(name, t.get_vocab_size())
def expected_of_present():
    """Computes expected.json of the tokenizers in test/golden, for the texts that it has."""
    from tokenizers import Tokenizer; from transformers import AutoTokenizer; import shutil
    for name in ("byte-level-bpe", "split-regex-bpe", "byte-fallback-bpe", "wordpiece", "unigram"):
        source = f"{GOLDEN}/misc/tokenizers/{name}"; o = f"{OUT}/tokenizers/{name}"; os.makedirs(o, exist_ok=True); known = json.load(open(f"{source}/expected.json")); t = Tokenizer.from_file(f"{source}/tokenizer.json"); a = AutoTokenizer.from_pretrained(source); rows = []
        if not os.path.samefile(source, o): [shutil.copy(f"{source}/{f}", o) for f in ("tokenizer.json", "tokenizer_config.json")]
        for p in (row["text"] for row in known["single"]):
            e = t.encode(p); assert a(p)["input_ids"] == e.ids and a.decode(e.ids, skip_special_tokens=True) == t.decode(e.ids), (name, p)
            rows.append(dict(text=p, ids=e.ids, ids_without_special_tokens=t.encode(p, add_special_tokens=False).ids, decoded=t.decode(e.ids), decoded_with_special_tokens=t.decode(e.ids, skip_special_tokens=False)))
        pairs = [dict(text=x["text"], pair=x["pair"], ids=e.ids, type_ids=e.type_ids) for x in known["pairs"] for e in [t.encode(x["text"], x["pair"])]]
        cut = [dict(text=x["text"], max_length=x["max_length"], ids=a(x["text"], truncation=True, max_length=x["max_length"])["input_ids"]) for x in known["truncated"]]
        dump(f"tokenizers/{name}/expected.json", dict(vocab_size=t.get_vocab_size(), single=rows, pairs=pairs, truncated=cut)); print(name, t.get_vocab_size())
# 3 chat templates (written for this test, in the shapes that common models use)
def templates():
    from transformers import AutoTokenizer
    T = {
     "chatml": "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
     "chatml-default-system": "{% if messages[0]['role'] == 'system' %}{{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}{% else %}{{- '<|im_start|>system\nYou are a helper.<|im_end|>\n' }}{% endif %}{% for m in messages %}{% if (m.role == 'user') or (m.role == 'system' and not loop.first) or (m.role == 'assistant') %}{{- '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>' + '\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{% endif %}",
     "instruct": "{% if messages[0]['role'] == 'system' %}{% set sys = messages[0]['content'] %}{% set rest = messages[1:] %}{% else %}{% set sys = '' %}{% set rest = messages %}{% endif %}{{ bos_token }}{% for m in rest %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate user/assistant') }}{% endif %}{% if m['role'] == 'user' %}{{ '[INST] ' }}{% if loop.first and sys %}{{ sys + '\n\n' }}{% endif %}{{ m['content'] | trim + ' [/INST]' }}{% else %}{{ ' ' + m['content'] | trim + eos_token }}{% endif %}{% endfor %}",
     "headers": "{{ bos_token }}{% for m in messages %}{{ '<|start_header_id|>' + m['role'] + '<|end_header_id|>\n\n' + m['content'] | trim + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
     "alpaca": "{% for m in messages %}{% if m.role == 'user' %}### Instruction:\n{{ m.content }}\n\n{% elif m.role == 'assistant' %}### Response:\n{{ m.content }}{{ eos_token }}\n\n{% else %}{{ m.content }}\n\n{% endif %}{% endfor %}{% if add_generation_prompt %}### Response:\n{% endif %}",
     "multi-line": "{# line breaks and indents around blocks vanish (trim_blocks, lstrip_blocks) #}\n{%- set ns = namespace(last='', turns=0) -%}\n{% for m in messages %}\n    {% if m.role == 'system' %}\n<<SYS>>{{ m.content }}<</SYS>>\n    {% else %}\n        {% set ns.turns = ns.turns + 1 %}\n        {% set ns.last = m.role %}\n{{ loop.index }}/{{ messages | length }} {{ m.role | upper }}: {{ m.content | replace('\\n', ' ') }}\n    {% endif %}\n{% endfor %}\n{%- if add_generation_prompt and ns.last != 'assistant' %}\n{{ ns.turns + 1 }} ASSISTANT:\n{%- endif %}",
     "json": "{% for m in messages %}{{ {'from': m.role, 'value': m.content} | tojson }}{% if not loop.last %},{% endif %}{% endfor %}{% if add_generation_prompt is defined and add_generation_prompt %}{{ bos_token }}{% endif %}"}
    L = lambda: R.choice(lines) if lines else ""
    C = [[dict(role="user", content=d("  Hello there ", "  " + L() + " "))], [dict(role="system", content=d("Be brief.", L())), dict(role="user", content=d("2+2?", L())), dict(role="assistant", content=d("4", L() + " ")), dict(role="user", content=d("And \"3+3\"?\nPlease. é <b>&amp;</b>", "\"" + L() + "\"\n<i>ö</i> & " + L()))], [dict(role="assistant", content="wrong order"), dict(role="user", content="x")], [dict(role="user", content="a"), dict(role="assistant", content="b")], [dict(role="user", content="")]]
    tok = AutoTokenizer.from_pretrained(f"{OUT if os.path.exists(f'{OUT}/tokenizers/byte-fallback-bpe') else GOLDEN / 'misc'}/tokenizers/byte-fallback-bpe")
    rows = []
    for n, t in T.items():
        for c in C:
            for g in (False, True):
                try: r = dict(text=tok.apply_chat_template(c, chat_template=t, tokenize=False, add_generation_prompt=g))
                except Exception as e: r = dict(error=str(e))
                rows.append(dict(template=n, messages=c, add_generation_prompt=g, **r))
    dump("chat-templates.json", dict(bos_token="<s>", eos_token="</s>", templates=T, cases=rows)); print("templates", len(rows), sum("error" in r for r in rows), sorted({r["error"] for r in rows if "error" in r}))
# 4 metrics
def metrics():
    import numpy as np, sklearn, scipy; from sklearn import metrics as M; from scipy import stats
    g = np.random.default_rng(SEED); rows = []; n = d(60, 47, 53)
    def row(k, y, p, note=None):
        f = lambda a: float(M.f1_score(y, p, average=a, zero_division=0)); return dict(classes=k, note=note, labels=y.tolist(), predictions=p.tolist(), accuracy=float(M.accuracy_score(y, p)), f1_macro=f("macro"), f1_micro=f("micro"), f1_weighted=f("weighted"), f1_binary=float(M.f1_score(y, p, zero_division=0)) if k == 2 else None, matthews=float(M.matthews_corrcoef(y, p)), confusion=M.confusion_matrix(y, p, labels=list(range(k))).tolist())
    for k in (2, 3, d(5, 6, 7)): y = g.integers(0, k, n); rows.append(row(k, y, np.where(g.random(n) < .7, y, g.integers(0, k, n))))
    y = g.integers(0, 3, n); rows.append(row(3, y, np.where(y == 2, 1, y), "one class is never predicted")); y = g.integers(0, 2, n) * 2; rows.append(row(3, y, np.where(g.random(n) < .6, y, 2 - y), "class 1 occurs nowhere: the macro mean runs over the classes that occur")); rows.append(row(2, g.integers(0, 2, n), np.ones(n, int), "constant prediction: Matthews is 0")); rows.append(row(2, np.zeros(9, int), np.zeros(9, int), "one class only"))
    a = g.normal(size=n); b = a + g.normal(size=n); b[:5] = b[5]; a[7:9] = a[9]
    Y = g.integers(0, 2, (n, 4)); Q = np.where(g.random((n, 4)) < .75, Y, 1 - Y); ml = dict(labels=Y.tolist(), predictions=Q.tolist(), subset_accuracy=float(M.accuracy_score(Y, Q)), **{f"f1_{s}": float(M.f1_score(Y, Q, average=s, zero_division=0)) for s in ("macro", "micro", "samples")})
    dump("metrics.json", dict(versions=dict(scikit_learn=sklearn.__version__, scipy=scipy.__version__), classification=rows, multi_label=ml, regression=dict(labels=a.tolist(), predictions=b.tolist(), pearson=float(stats.pearsonr(a, b)[0]), spearman=float(stats.spearmanr(a, b)[0]), mse=float(((a - b) ** 2).mean()), mae=float(abs(a - b).mean())))); print("metrics", len(rows))
# 5 matrix-level merges by mergekit: base and three fine-tuned matrices in, one merged matrix out
def mergekit():
    import importlib.metadata as im; from mergekit.merge_methods.api import merge_tensors; from mergekit.sparsify import sparsify, SparsificationMethod, RescaleNorm
    torch.manual_seed(SEED); shape = d((12, 20), (9, 14), (15, 11)); base = torch.randn(shape); common = .2 * torch.randn(shape); ts = [base + common + .3 * torch.randn(shape) for _ in range(3)]; save("mergekit-inputs.safetensors", {"base": base, **{f"t{i}": t for i, t in enumerate(ts)}})
    W, D, G, E = d([0.7, 0.2, 0.4], [0.5, 0.9, 0.3]), d([0.5, 0.3, 0.8], [0.4, 0.6, 0.25]), d([0.1, 0.05, 0.02], [0.08, 0.15, 0.04]), d([0.1, 0.15, 0.05], [0.12, 0.08, 0.2]); lam = d(1.3, 0.8); out, spec, masks = {}, {}, {}
    def do(name, method, inputs, base_index, p, mask=False):
        calls, orig = [], torch.bernoulli
        def rec(x, *a, **k): m = orig(x, *a, **k); calls.append((m.to(torch.uint8), x.clone())); return m
        torch.bernoulli = rec
        try: out[name] = merge_tensors([dict(base=base, t0=ts[0], t1=ts[1], t2=ts[2])[i] for i in inputs], method, ids=inputs, base_index=base_index, parameters=p).float()
        finally: torch.bernoulli = orig
        for i, (m, prob) in enumerate(calls):
            masks[f"{name}.{[x for x in inputs if x != 'base'][i]}"] = m
            if "della" in method: masks[f"{name}.probabilities.{[x for x in inputs if x != 'base'][i]}"] = prob.float()
        spec[name] = dict(method=method, inputs=inputs, base=inputs[base_index] if base_index is not None else None, parameters=p)
    A = ["base", "t0", "t1", "t2"]; P = lambda v: dict(zip(A[1:], v)); N = A[1:]
    for nz in (True, False): do(f"linear-{'normalize' if nz else 'sum'}", "linear", N, None, dict(weight=P(W), normalize=nz))
    for t in (0., d(.3, .2, .4), .5, 1.): do(f"slerp-{t}", "slerp", ["t0", "t1"], 0, dict(t=t))
    do("task_arithmetic", "task_arithmetic", A, 0, dict(weight=P(W))); do("task_arithmetic-negative-lambda", "task_arithmetic", A, 0, dict(weight=P([W[0], -W[1], W[2]]), **{"lambda": lam})); do("task_arithmetic-normalize", "task_arithmetic", A, 0, dict(weight=P(W), normalize=True))
    for nz in (True, False): do(f"ties-{'normalize' if nz else 'sum'}", "ties", A, 0, dict(weight=P(W), density=P(D), normalize=nz))
    do("ties-rescale-lambda", "ties", A, 0, dict(weight=P(W), density=P(D), rescale=True, **{"lambda": lam}))
    do("breadcrumbs", "breadcrumbs", A, 0, dict(weight=P(W), density=P(D), gamma=P(G))); do("breadcrumbs_ties", "breadcrumbs_ties", A, 0, dict(weight=P(W), density=P(D), gamma=P(G)))
    for m in ("dare_linear", "dare_ties"): do(m, m, A, 0, dict(weight=P(W), density=P(D))); do(m + "-no-rescale", m, A, 0, dict(weight=P(W), density=P(D), rescale=False))
    for m in ("della_linear", "della"): do(m, m, A, 0, dict(weight=P(W), density=P(D), epsilon=P(E)))
    do("model_stock", "model_stock", A, 0, {}); do("model_stock-filter-wise", "model_stock", A, 0, dict(filter_wise=True))
    save("mergekit-expected.safetensors", out); save("mergekit-masks.safetensors", masks); dump("mergekit.json", dict(version=im.version("mergekit"), merges=spec))
    # the papers' formulas, written out again, for what the app is compared with
    def agree(name, mine): e = (out[name] - mine).abs().max().item() / mine.abs().max().item(); assert e < 1e-5, (name, e)
    dl = [t - base for t in ts]; agree("task_arithmetic", base + sum(w * x for w, x in zip(W, dl))); agree("linear-normalize", sum(w * t for w, t in zip(W, ts)) / sum(W))
    u, v = ts[0] / ts[0].norm(), ts[1] / ts[1].norm(); th = torch.acos((u * v).sum()); agree("slerp-0.5", (torch.sin(.5 * th) * (ts[0] + ts[1])) / torch.sin(th))
    def top(x, k, skip=0): o = x.abs().flatten().argsort(descending=True)[skip:skip + k]; z = torch.zeros(x.numel()); z[o] = 1; return x * z.view_as(x)
    n = base.numel(); w3 = torch.tensor(W)[:, None, None]; sp = torch.stack([top(x, max(1, int(D[i] * n))) for i, x in enumerate(dl)]) * w3; keep = sp.sign() == torch.where(sp.sum(0) >= 0, 1., -1.); den = (w3 * keep).sum(0); den[den == 0] = 1; agree("ties-normalize", base + (sp * keep).sum(0) / den); agree("ties-sum", base + (sp * keep).sum(0))
    agree("breadcrumbs", base + sum(W[i] * top(x, int(D[i] * n), min(int(G[i] * n), n - int(D[i] * n))) for i, x in enumerate(dl)))
    def l1(x, z): y = x * z; return y * (x.abs().sum() / y.abs().sum())
    agree("dare_linear", base + sum(W[i] * l1(x, masks[f"dare_linear.t{i}"]) for i, x in enumerate(dl))); agree("dare_linear-no-rescale", base + sum(W[i] * x * masks[f"dare_linear-no-rescale.t{i}"] for i, x in enumerate(dl))); agree("della_linear", base + sum(W[i] * l1(x, masks[f"della_linear.t{i}"]) for i, x in enumerate(dl)))
    for i, x in enumerate(dl): rk = x.abs().argsort(1).argsort(1).float() / (x.shape[1] - 1); assert (masks[f"della_linear.probabilities.t{i}"] - (D[i] - E[i] + 2 * E[i] * rk)).abs().max() < 1e-6
    cs = torch.stack([(p * q).sum() / p.norm() / q.norm() for i, p in enumerate(dl) for q in dl[i + 1:]]).mean(); t = 3 * cs / (1 + 2 * cs); agree("model_stock", t * sum(ts) / 3 + (1 - t) * base); print("mergekit", im.version("mergekit"), len(out))
for p in PARTS:
    try: globals()[p]()
    except ImportError as e: print(f"{p} not made: {e}")
