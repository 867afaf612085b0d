"""Golden values for methods beyond PEFT's merges: LoRA-Pro, LoRA-LEGO, KnOTS, LoraHub, ZipLoRA, Shapley values, schedules, data-driven initialisations, pruning, mode connectivity.
usage: make-method-golden.py [SEED] [--repos DIR] [--only a,b]
DIR holds checkouts named LoRA-Pro, KnOTS, lorahub, ziplora-pytorch, coto (and ng, a folder with the Python packages cmaes and attrs): each value is then computed by that code too and must agree with the
implementation here. Without DIR the same values come out, checked against scipy, scikit-learn, torch or finite differences only. SEED 1 gives the canonical sizes, others other ones."""
import sys, os, json, math, ast, itertools, argparse, random, re, types
import numpy as np, torch, scipy.linalg
from safetensors.torch import save_file
from folders import OUTPUT
ap = argparse.ArgumentParser(); ap.add_argument("seed", type=int, nargs="?", default=1); ap.add_argument("--repos"); ap.add_argument("--only"); o = ap.parse_args(); o.out = str(OUTPUT / "methods")
R = random.Random(f"methods{o.seed}"); d = lambda canonical, *others: canonical if o.seed == 1 else R.choice(others); report = {}; torch.manual_seed(o.seed); np.seterr(all="raise", under="ignore")
rng = lambda tag: np.random.default_rng([o.seed, *tag.encode()])
f32 = lambda a: np.asarray(a, np.float64).astype(np.float32).astype(np.float64)      # inputs are exact in float32, sums run in float64
rel = lambda a, b: float(np.abs(np.asarray(a, float) - np.asarray(b, float)).max() / max(1e-300, np.abs(np.asarray(b, float)).max()))
def repo(n): p = f"{o.repos}/{n}" if o.repos else None; return p if p and os.path.exists(p) else None
def agree(case, what, a, b, tol=1e-9):
    e = rel(a, b); report.setdefault(case, {})[what] = e; assert e <= tol, (case, what, e)
def save(path, t): p = f"{o.out}/{path}"; os.makedirs(os.path.dirname(p), exist_ok=True); save_file({k: torch.tensor(np.ascontiguousarray(v), dtype=torch.float32) for k, v in t.items()}, p); os.chmod(p, 0o644)
def dump(path, v): p = f"{o.out}/{path}"; os.makedirs(os.path.dirname(p), exist_ok=True); json.dump(v, open(p, "w"), indent=0, default=lambda x: x.tolist())
def grab(path, names, env, patch=None):                                              # functions of a file by name, without importing what the file imports
    tree = ast.parse(open(path).read())
    for n in ast.walk(tree):
        if isinstance(n, ast.FunctionDef) and n.name in names:
            n.decorator_list = []; patch and patch(n); exec(compile(ast.fix_missing_locations(ast.Module([n], [])), path, "exec"), env)
    return env
if repo("ng"): sys.path.append(repo("ng"))
T = lambda a: torch.tensor(np.asarray(a), dtype=torch.float64)
def adapters(g, n, out, inn, ranks): return [(f32(g.normal(size=(r, inn)) / inn ** .5), f32(g.normal(size=(out, r)) / r ** .5)) for r in (ranks if isinstance(ranks, list) else [ranks] * n)]

# 1 LoRA-Pro
def sylvester(P, Q, C): p, U = np.linalg.eigh(P); q, V = np.linalg.eigh(Q); return U @ ((U.T @ C @ V) / (p[:, None] + q[None])) @ V.T
def pro(A, B, gA, gB, s, delta):
    I = np.eye(len(A), dtype=A.dtype); iA = np.linalg.inv(A @ A.T + delta * I); iB = np.linalg.inv(B.T @ B + delta * I); a = iB @ gA / s ** 2; b = (gB - B @ (iB @ (B.T @ gB))) @ iA / s ** 2
    X = sylvester(B.T @ B, A @ A.T, -a @ A.T); return dict(gA0=a, gB0=b, X=X, gA=a + X @ A, gB=b - B @ X, equivalent=s * (B @ a + b @ A))
def bf16(a): u = np.asarray(a, np.float32).view(np.uint32); return (((u + 0x7fff + ((u >> 16) & 1)) >> 16) << 16).astype(np.uint32).view(np.float32).astype(np.float64)
def pro_run(kind, W, A, B, X, Y, s, lr, steps, delta=1e-8, b1=.9, b2=.999, eps=1e-8, step=None, dt=np.float64):
    A, B, m, v, rows = A.astype(dt), B.astype(dt), 0., 0., []
    for t in range(steps):
        E = X @ (W + s * B @ A).T - Y; G = (E.T @ X / len(X)).astype(dt); gA, gB = s * B.T @ G, s * G @ A.T; row = dict(loss=float((E ** 2).sum() / (2 * len(X))), A=A, B=B)
        if step: nA, nB = step(t, A, B, gA, gB)
        elif kind == "sgd": p = pro(A, B, gA, gB, s, delta); nA, nB = p["gA"], p["gB"]
        else:
            e = pro(A, B, gA, gB, s, delta)["equivalent"]; q = bf16(e) if kind == "adamw-released" and t else e; m = b1 * m + (1 - b1) * e; v = b2 * v + (1 - b2) * q * q; n = t + (2 if kind == "adamw-released" else 1)
            g = m / (1 - b1 ** n) / (np.sqrt(v) / math.sqrt(1 - b2 ** n) + eps); p = pro(A, B, s * B.T @ g, s * g @ A.T, s, delta); nA, nB = p["gA"], p["gB"]
        rows.append({**row, "gA": nA, "gB": nB}); A, B = (A - lr * nA).astype(dt), (B - lr * nB).astype(dt)
    E = X @ (W + s * B @ A).T - Y; return rows, A, B, float((E ** 2).sum() / (2 * len(X)))
def lorapro():
    g = rng("pro"); out, inn, r, s, n = d(10, 9, 12), d(8, 11, 7), d(3, 2, 4), d(2.0, 1.5, 4.0), d(16, 13, 20)
    def authors(scale):
        if not repo("LoRA-Pro"): return None
        def patch(f):                                                                # the scaling is a constant in the released function
            for x in ast.walk(f):
                if isinstance(x, ast.Assign) and getattr(x.targets[0], "id", "") == "scaling_factor": x.value = ast.Constant(scale)
        return grab(f"{repo('LoRA-Pro')}/DeepSpeed-0.15.1/deepspeed/runtime/zero/stage_1_and_2.py", ["lorapro_full_adjustment", "solve_sylvester"], dict(torch=torch), patch)
    def authors_step(env):
        me = types.SimpleNamespace(exp_avg={}, exp_avg_sq={}, global_step=0)
        def step(t, A, B, gA, gB):
            dt = torch.float64 if A.dtype == np.float64 else torch.float32; a, b, ga, gb = (torch.tensor(x, dtype=dt) for x in (A, B, gA, gB)); me.params_in_partition = [[a, b]]; me.averaged_gradients = [[ga, gb]]; me.global_step += 1
            import warnings; warnings.simplefilter("ignore"); env["lorapro_full_adjustment"](me, 0); return ga.numpy(), gb.numpy()
        return step
    S = []
    for name, zero, delta in (("adjust", False, 0.), ("adjust-damped", False, 1e-8), ("adjust-b-zero", True, 1e-8)):
        A, B, G = f32(g.normal(size=(r, inn)) / inn ** .5), f32(g.normal(size=(out, r)) * (0 if zero else .3 if not delta else 1e-3)), f32(g.normal(size=(out, inn))); gA, gB = s * B.T @ G, s * G @ A.T; p = pro(A, B, gA, gB, s, delta); c = f"lora-pro/{name}"
        if not zero:
            PB, PA = B @ np.linalg.pinv(B), np.linalg.pinv(A) @ A; agree(c, "equivalent gradient = P_B G + (1 - P_B) G P_A", p["equivalent"], PB @ G + G @ PA - PB @ G @ PA, 1e-9 if not delta else .05)
            agree(c, "the same from the adjusted pair", s * (B @ p["gA"] + p["gB"] @ A), p["equivalent"]); agree(c, "X by scipy", p["X"], scipy.linalg.solve_sylvester(B.T @ B, A @ A.T, -p["gA0"] @ A.T), 1e-7)
            if not delta:                                                            # X is the one that keeps the pair nearest to the raw gradients
                K = np.concatenate([np.kron(np.eye(r), A.T), -np.kron(B, np.eye(r))]); y = np.concatenate([(gA - p["gA0"]).ravel(), (gB - p["gB0"]).ravel()]); agree(c, "X by least squares", p["X"].ravel(), np.linalg.lstsq(K, y, rcond=None)[0], 1e-8)
        else: assert not p["gA"].any() and not p["X"].any()
        save(f"{c}.safetensors", dict(A=A, B=B, weight_gradient=G, grad_A=gA, grad_B=gB, X=p["X"], adjusted_A=p["gA"], adjusted_B=p["gB"], equivalent_gradient=p["equivalent"])); S.append(dict(case=name, scaling=s, delta=delta))
    A0, W0, W1 = f32(g.normal(size=(r, inn)) / inn ** .5), f32(g.normal(size=(out, inn)) / inn ** .5), g.normal(size=(out, inn)) / inn ** .5; X = f32(g.normal(size=(n, inn))); Y = f32(X @ W1.T)
    for kind, lr in (("sgd", d(.3, .2, .25)), ("adamw", d(.02, .03, .025)), ("adamw-released", d(.02, .03, .025))):
        a = (kind, W0, A0, np.zeros((out, r)), X, Y, s, lr, 10); rows, A, B, last = pro_run(*a); c = f"lora-pro/train-{kind}"; low, *_, l32 = pro_run(*a, dt=np.float32); report.setdefault(c, {})["float32 r x r algebra, loss"] = rel([x["loss"] for x in low] + [l32], [x["loss"] for x in rows] + [last])
        if kind == "adamw-released" and authors(s):
            ar, aA, aB, al = pro_run(*a, step=authors_step(authors(s))); agree(c, "authors' code: A, B after 10 steps", np.concatenate([aA.ravel(), aB.ravel()]), np.concatenate([A.ravel(), B.ravel()]), 1e-6); agree(c, "authors' code: losses", [x["loss"] for x in ar], [x["loss"] for x in rows], 1e-7)
        save(f"{c}.safetensors", dict(W=W0, A=A0, B=np.zeros((out, r)), X=X, Y=Y, A_end=A, B_end=B, **{f"{i}.{k}": x[k] for i, x in enumerate(rows) for k in ("A", "B", "gA", "gB")})); S.append(dict(case=f"train-{kind}", scaling=s, delta=1e-8, learning_rate=lr, betas=[.9, .999], eps=1e-8, weight_decay=0, losses=[x["loss"] for x in rows] + [last]))
    dump("lora-pro/settings.json", S)

# 2 LoRA-LEGO
def lego():
    from sklearn.cluster import KMeans
    g = rng("lego"); out, inn, r = d(7, 9, 6), d(6, 5, 8), 4; S = []; core = [f * np.ones(inn + out) + .5 * g.normal(size=inn + out) for f in (-1.5, -.8, 0., .8, 1.5)]; ad = []
    for i in range(3): u = [core[j] * g.uniform(.5, 1.6) + .7 * g.normal(size=inn + out) for j in g.permutation(5)[:r]]; ad.append((f32([x[:inn] for x in u]), f32(np.stack([x[inn:] for x in u], 1))))
    units = np.concatenate([np.concatenate([A, B.T], 1) for A, B in ad]); owner = [[i, j] for i in range(3) for j in range(r)]; save("lora-lego/inputs.safetensors", {f"{i}.{k}": v for i, (A, B) in enumerate(ad) for k, v in (("A", A), ("B", B))})
    for k, feats, norm in ((4, "raw", "2"), (4, "raw", "inf"), (d(3, 5), "raw", "2"), (d(6, 3), "halves-normalised", "2"), (12, "raw", "2")):
        F = units if feats == "raw" else np.concatenate([units[:, :inn] / np.linalg.norm(units[:, :inn], axis=1, keepdims=True), units[:, inn:] / np.linalg.norm(units[:, inn:], axis=1, keepdims=True)], 1)
        def lloyd(start):                                                            # labels of every round until they stay, or None where a cluster empties or an assignment is close
            C, hist = F[start].copy(), []
            while True:
                D = ((F[:, None] - C[None]) ** 2).sum(2); lab = D.argmin(1); D.sort(1)
                if len(set(lab)) < k or (D[:, 1] - D[:, 0]).min() < 1e-2: return None
                if hist and (lab == hist[-1]).all(): return C, lab, hist
                hist.append(lab.copy()); C = np.stack([F[lab == j].mean(0) for j in range(k)])
        tries = [(st, got) for st in ([list(range(12))] if k == 12 else [sorted(g.permutation(12)[:k].tolist()) for _ in range(600)]) if (got := lloyd(st))]; start, (C, lab, hist) = max(tries, key=lambda t: len(t[1][2])); assert k == 12 or len(hist) > 1
        sk = KMeans(k, init=F[start], n_init=1, algorithm="lloyd", tol=0, max_iter=100).fit(F); c = f"lora-lego/k{k}-{feats}-{norm}"; assert (sk.labels_ == lab).all(); agree(c, "centroids by scikit-learn", C, sk.cluster_centers_)
        M = np.stack([units[lab == j].mean(0) for j in range(k)]); N = (lambda v: np.linalg.norm(v, axis=1)) if norm == "2" else (lambda v: np.abs(v).max(1)); f = np.array([N(units[lab == j]).mean() for j in range(k)]) / N(M); M2 = M * f[:, None]; q = math.sqrt(r / k); A, B = M2[:, :inn], M2[:, inn:].T
        if k == 12: agree(c, "k = all units: (r / k)^1/2 times the sum", q * B @ A, q * sum(b @ a for a, b in ad))
        save(f"{c}.safetensors", dict(centroids=M, parameter_factors=f, A=A, B=B, delta=q * B @ A)); S.append(dict(case=c[10:], k=k, r=r, features=feats, norm=norm, initial_centroids=start, units=owner, labels=lab.tolist(), labels_by_iteration=[x.tolist() for x in hist], output_factor=q))
    dump("lora-lego/settings.json", S)

# 3 KnOTS
def knots_numpy(mods, top, kind, scale, masks=None):
    basis, vecs = [], []
    for D in mods: U, s, V = np.linalg.svd(np.concatenate(D, 1), full_matrices=False); keep = s > 1e-5; basis.append(U[:, keep]); vecs.append(np.split(s[keep, None] * V[keep], len(D), 1))
    shapes = [v[0].shape for v in vecs]; flat = np.stack([np.concatenate([v[i].ravel() for v in vecs]) for i in range(len(mods[0]))])
    if masks is not None: flat = flat * masks
    n = flat.shape[1]; P = flat
    if top < 100: kth = np.sort(np.abs(flat), 1)[:, n - int(n * top / 100) - 1]; P = flat * (np.abs(flat) >= kth[:, None])
    if kind == "ties": t = P.sum(0); sign = np.sign(t); sign[sign == 0] = np.sign(sign.sum()); P = np.where(np.where(sign > 0, P > 0, P < 0), P, 0); m = scale * P.sum(0) / np.maximum(1, (P != 0).sum(0))
    else: m = scale * P.sum(0)
    i, o2 = 0, []
    for U, sh in zip(basis, shapes): o2.append(U @ m[i:i + sh[0] * sh[1]].reshape(sh)); i += sh[0] * sh[1]
    return o2, basis, vecs
def knots():
    g = rng("knots"); names = ["a.q.weight", "b.v.weight"]; dims = [(d(9, 8, 10), d(6, 7, 5)), (d(7, 9, 6), d(8, 6, 9))]; ranks = d([2, 3, 2], [3, 2, 2], [2, 2, 3]); L = [adapters(g, 3, *x, ranks) for x in dims]; D = [[B @ A for A, B in l] for l in L]; S = []
    save("knots/inputs.safetensors", {f"{n[:3]}.{i}.{k}": v for n, l in zip(names, L) for i, (A, B) in enumerate(l) for k, v in (("A", A), ("B", B))})
    def authors(cfg):
        if not repo("KnOTS"): return None, None
        import contextlib, io; sys.path.insert(0, repo("KnOTS")); import masking_ops, merging_functions; u = types.ModuleType("utils"); u.get_mask_fn = lambda n: getattr(masking_ops, n + "_masking"); u.get_merging_fn = lambda n: getattr(merging_functions, n + "_merging"); sys.modules["utils"] = u; import task_merger
        class Net(torch.nn.Module):
            def __init__(s, t): super().__init__(); s.a, s.b = torch.nn.Module(), torch.nn.Module(); s.a.q, s.b.v = torch.nn.Linear(dims[0][1], dims[0][0], bias=False), torch.nn.Linear(dims[1][1], dims[1][0], bias=False); s.a.q.weight.data, s.b.v.weight.data = (torch.tensor(x, dtype=torch.float32) for x in t)
        H = lambda net: types.SimpleNamespace(get_ft_parameters=lambda: {k: v.clone() for k, v in net.state_dict().items()}); z = [np.zeros(x) for x in dims]; M = task_merger.SVDMerger([Net([D[0][i], D[1][i]]) for i in range(3)], Net(z), H, device="cpu"); seen = []; old = M.randbin
        def spy(*a): m = old(*a); seen.append(m.numpy().copy()); return m
        M.randbin = spy
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()): M.transform(cfg); M.set_scaling_coeffs(cfg["scaling_coeffs"]); sd = M.merge(cfg).state_dict()
        return [sd[n].double().numpy() for n in names], seen
    for case, kind, top, scale, dare in (("ties", "ties", d(30, 40), d(.6, .8), 0), ("ties-all", "ties", 100, 1., 0), ("task-arithmetic", "tv", 100, d(.4, .3), 0), ("task-arithmetic-trimmed", "tv", d(40, 30), d(.5, .6), 0), ("dare-ties", "ties", 100, d(.7, .9), d(.2, .3))):
        cfg = dict(merge_method=kind, merging_type="mean" if kind == "ties" else "sum", topK=top, scaling_coeffs=scale, sign_resolve_mode="sum_of_values", concat_across_output=True, dare=bool(dare), dare_pruning_coeffs=dare, dare_seed=o.seed); c = f"knots/{case}"; want, seen = authors(cfg); masks = None
        if dare:
            if seen: per = [np.concatenate([seen[2 * i].ravel(), seen[2 * i + 1].ravel()]) for i in range(3)]
            else: torch.manual_seed(o.seed); k = [min(x[0], sum(ranks)) for x in dims]; per = [np.concatenate([torch.randint(2, size=(a, x[1]), dtype=torch.float32).bernoulli(1 - dare).numpy().ravel() for a, x in zip(k, dims)]) for _ in range(3)]
            masks = np.stack(per) / (1 - dare)
        got, basis, vecs = knots_numpy(D, top, kind, scale, masks)
        if want: [agree(c, f"authors' code, {n} (it works in float32)", w, x, 3e-6) for n, x, w in zip(names, got, want)]
        if case == "task-arithmetic": [agree(c, "equals scale times the sum", x, scale * sum(y)) for x, y in zip(got, D)]
        save(f"{c}.safetensors", {**{f"{n[:3]}.delta": x for n, x in zip(names, got)}, **({f"{n[:3]}.{i}.mask": m for i in range(3) for n, m in zip(names, [masks[i][:vecs[0][0].size].reshape(vecs[0][0].shape) > 0, masks[i][vecs[0][0].size:].reshape(vecs[1][0].shape) > 0])} if dare else {})}); S.append(dict(case=case, ranks=ranks, **cfg))
        if dare: S[-1]["note"] = "masks belong to rows of the aligned vectors in the order of the singular values; kept entries are divided by 1 - dare_pruning_coeffs"
    dump("knots/settings.json", S); save("knots/alignment.safetensors", {f"{n[:3]}.{k}": v for n, b, l in zip(names, basis, vecs) for k, v in [("singular_values", np.linalg.norm(np.concatenate(l, 1), axis=1))] + [(f"{i}.gram", x.T @ x) for i, x in enumerate(l)]})

# 4 LoraHub and CMA-ES
class Cma:                                                                            # Hansen's tutorial (arXiv 1604.00772), equations 40 to 58
    def __init__(s, mean, sigma, lam):
        n = len(mean); mu = lam // 2; w = np.array([math.log((lam + 1) / 2) - math.log(i + 1) for i in range(lam)]); me = w[:mu].sum() ** 2 / (w[:mu] ** 2).sum(); mm = w[mu:].sum() ** 2 / (w[mu:] ** 2).sum(); c1 = 2 / ((n + 1.3) ** 2 + me); cm = min(1 - c1 - 1e-8, 2 * (me - 2 + 1 / me) / ((n + 2) ** 2 + me)); am = min(1 + c1 / cm, 1 + 2 * mm / (me + 2), (1 - c1 - cm) / (n * cm))
        s.w = np.where(w >= 0, w / w[w > 0].sum(), am * w / -w[w < 0].sum()); s.n, s.mu, s.me, s.c1, s.cm = n, mu, me, c1, cm; s.cs = (me + 2) / (n + me + 5); s.ds = 1 + 2 * max(0, math.sqrt((me - 1) / (n + 1)) - 1) + s.cs; s.cc = (4 + me / n) / (n + 4 + 2 * me / n); s.chi = math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)); s.m, s.sig, s.C, s.ps, s.pc, s.g = np.array(mean, float), sigma, np.eye(n), np.zeros(n), np.zeros(n), 0
    def tell(s, x, f):
        s.g += 1; D, B = np.linalg.eigh(s.C); D = np.sqrt(D); inv = B @ np.diag(1 / D) @ B.T; y = (x[np.argsort(f, kind="stable")] - s.m) / s.sig; yw = s.w[:s.mu] @ y[:s.mu]; s.m = s.m + s.sig * yw; s.ps = (1 - s.cs) * s.ps + math.sqrt(s.cs * (2 - s.cs) * s.me) * inv @ yw; q = np.linalg.norm(s.ps)
        h = float(q / math.sqrt(1 - (1 - s.cs) ** (2 * (s.g + 1))) < (1.4 + 2 / (s.n + 1)) * s.chi); s.pc = (1 - s.cc) * s.pc + h * math.sqrt(s.cc * (2 - s.cc) * s.me) * yw; wo = s.w * np.where(s.w >= 0, 1, s.n / ((y @ inv) ** 2).sum(1)); s.C = (1 + s.c1 * (1 - h) * s.cc * (2 - s.cc) - s.c1 - s.cm * s.w.sum()) * s.C + s.c1 * np.outer(s.pc, s.pc) + s.cm * (y.T * wo) @ y; s.sig *= math.exp(s.cs / s.ds * (q / s.chi - 1))
def lorahub():
    g = rng("hub"); k, out, inn, r, s = d(4, 3, 5), d(5, 6, 7), d(6, 5, 8), d(2, 3), d(2., 1.); ad = adapters(g, k, out, inn, r); n = d(5, 6, 4); X, w_true = f32(g.normal(size=(n, inn))), g.uniform(-1, 1, k); comp = lambda w: (sum(a * x for x, (a, _) in zip(w, ad)), sum(b * x for x, (_, b) in zip(w, ad))); A, B = comp(w_true); Y = f32(X @ (s * B @ A).T + .1 * g.normal(size=(n, out)))
    def loss(w): A, B = comp(w); return float((((X @ (s * B @ A).T) - Y) ** 2).mean())
    obj = lambda w: loss(w) + .05 * float(np.abs(w).mean()); W = f32(g.uniform(-1.5, 1.5, (6, k))); W[0] = 0; rows = []
    for w in W:
        A, B = comp(w)
        if repo("lorahub"):
            got = {}; env = dict(set_peft_model_state_dict=lambda m, sd: got.update(sd), Dataset=None, List=list, Optional=None, Union=None); grab(f"{repo('lorahub')}/lorahub/algorithm.py", ["get_final_weights", "get_score", "default_l1_regularization"], env); cache = {str(i): dict(A=T(a), B=T(b)) for i, (a, b) in enumerate(ad)}
            v = env["get_score"](list(w), None, cache, None, None, lambda *_: float((((X @ (s * got["B"].numpy() @ got["A"].numpy()).T) - Y) ** 2).mean()), env["default_l1_regularization"]); f = env["get_final_weights"](list(w), list(cache), cache); agree("lorahub", "authors' code: objective", v, obj(w)); W.any() and agree("lorahub", "authors' code: factors", np.concatenate([f["A"].numpy().ravel(), f["B"].numpy().ravel(), [1]]), np.concatenate([A.ravel(), B.ravel(), [1]]))
        rows.append(dict(weights=w, loss=loss(w), l1=.05 * float(np.abs(w).mean()), objective=obj(w)))
    save("lorahub/inputs.safetensors", {**{f"{i}.{q}": v for i, l in enumerate(ad) for q, v in zip("AB", l)}, "X": X, "Y": Y}); A, B = comp(W[1]); save("lorahub/composed.safetensors", dict(A=A, B=B, delta=s * B @ A))
    lam = 4 + int(3 * math.log(k)); mine = Cma(np.zeros(k), .3, lam); gens = []; lib = None
    if repo("ng"):
        from cmaes import CMA; lib = CMA(np.zeros(k), .3, population_size=lam)
    for _ in range(8):
        D, Bm = np.linalg.eigh(mine.C); z = g.normal(size=(lam, k)); x = f32(np.clip(mine.m + mine.sig * (z * np.sqrt(D)) @ Bm.T, -1.5, 1.5)); f = [obj(v) for v in x]; mine.tell(x, np.array(f))
        if lib: lib.tell([(v, q) for v, q in zip(x, f)]); agree("lorahub", "CMA-ES state by cmaes", np.concatenate([lib._mean, [lib._sigma], lib._C.ravel(), lib._p_sigma, lib._pc]), np.concatenate([mine.m, [mine.sig], mine.C.ravel(), mine.ps, mine.pc]), 1e-7)
        gens.append(dict(solutions=x, values=f, mean=mine.m, sigma=mine.sig, covariance=mine.C, p_sigma=mine.ps, p_c=mine.pc))
    dump("lorahub/settings.json", dict(scaling=s, bounds=[-1.5, 1.5], start=[0] * k, objectives=rows, composed_uses_objective=1, cma=dict(dimension=k, population=lam, sigma0=.3, weights=mine.w, mu_eff=mine.me, c1=mine.c1, c_mu=mine.cm, c_sigma=mine.cs, d_sigma=mine.ds, c_c=mine.cc, generations=gens)))

# 5 ZipLoRA
def ziplora():
    g = rng("zip"); dims = [(d(6, 7, 5), d(5, 4, 6))]; dims.append((d(4, 3, 5), dims[0][0])); L = [adapters(g, 2, *x, 2) for x in dims]; W = [[1.5 * B @ A for A, B in l] for l in L]; W = [[f32(y) for y in x] for x in W]; W0 = [f32(g.normal(size=x) / x[1] ** .5) for x in dims]; n = d(8, 6, 9); Xs = [f32(g.normal(size=(n, dims[0][1]))) for _ in range(2)]; lam, lr = d(.01, .05), d(.01, .02)
    ms = [f32(np.abs(g.normal(1, .4, x[1]))) * g.choice([1, -1], x[1], p=[.8, .2]) for x in dims for _ in range(2)]
    net = lambda X, D: np.tanh(X @ (W0[0] + D[0]).T) @ (W0[1] + D[1]).T
    def loss(m): D = [m[2 * i] * W[i][0] + m[2 * i + 1] * W[i][1] for i in range(2)]; return sum(((net(X, D) - net(X, [W[0][j], W[1][j]])) ** 2).mean() for j, X in enumerate(Xs)) + lam * sum(np.abs(m[2 * i] * m[2 * i + 1]).mean() for i in range(2))
    def grads(m):
        D = [m[2 * i] * W[i][0] + m[2 * i + 1] * W[i][1] for i in range(2)]; G = [np.zeros_like(x) for x in W0]
        for j, X in enumerate(Xs): h = np.tanh(X @ (W0[0] + D[0]).T); e = h @ (W0[1] + D[1]).T - net(X, [W[0][j], W[1][j]]); e = 2 * e / e.size; G[1] += e.T @ h; G[0] += ((e @ (W0[1] + D[1])) * (1 - h * h)).T @ X
        return [(G[i] * W[i][j]).sum(0) + lam * np.sign(m[2 * i + j]) * np.abs(m[2 * i + 1 - j]) / len(m[2 * i]) for i in range(2) for j in range(2)]
    for tag, m in (("ones", [np.ones(x[1]) for x in dims for _ in range(2)]), ("given", ms)):
        gr = grads(m); fd = [np.array([(loss([a + (1e-6 * (np.arange(len(a)) == j) if i == q else 0) for q, a in enumerate(m)]) - loss([a - (1e-6 * (np.arange(len(a)) == j) if i == q else 0) for q, a in enumerate(m)])) / 2e-6 for j in range(len(m[i]))]) for i in range(4)]; agree(f"ziplora/{tag}", "gradient by finite differences", np.concatenate(gr), np.concatenate(fd), 1e-6); cur, mo, ve, ls = [a.copy() for a in m], [0.] * 4, [0.] * 4, []
        for t in range(1, 21):
            ls.append(float(loss(cur))); q = grads(cur)
            for i in range(4): mo[i] = .9 * mo[i] + .1 * q[i]; ve[i] = .999 * ve[i] + .001 * q[i] ** 2; cur[i] = cur[i] - lr * mo[i] / (1 - .9 ** t) / (np.sqrt(ve[i] / (1 - .999 ** t)) + 1e-8)
        ls.append(float(loss(cur)))
        if repo("ziplora-pytorch"):
            env = {}; src = open(f"{repo('ziplora-pytorch')}/ziplora_pytorch/ziplora.py").read(); exec(src, env); ly = [env["ZipLoRALinearLayer"](x[1], x[0], dtype=torch.float64) for x in dims]
            for i, l in enumerate(ly): l.weight_1.data, l.weight_2.data, l.merger_1.data, l.merger_2.data = T(W[i][0]), T(W[i][1]), T(m[2 * i]), T(m[2 * i + 1])
            fwd = lambda X, k: ([l.set_forward_type(k) for l in ly], (lambda h: h @ T(W0[1]).T + ly[1](h))(torch.tanh(T(X) @ T(W0[0]).T + ly[0](T(X)))))[1]; ps = [p for l in ly for p in (l.merger_1, l.merger_2)]; opt = torch.optim.Adam(ps, lr=lr); al = []
            for t in range(20):
                tot = lam * sum(l.compute_mergers_similarity() for l in ly) + sum(torch.nn.functional.mse_loss(fwd(X, "merge"), fwd(X, k).detach()) for X, k in zip(Xs, ("weight_1", "weight_2"))); al.append(tot.item()); opt.zero_grad(); tot.backward(); t or agree(f"ziplora/{tag}", "ziplora-pytorch: gradient", np.concatenate([p.grad.numpy() for p in ps]), np.concatenate(gr)); opt.step()
            agree(f"ziplora/{tag}", "ziplora-pytorch: losses", al, ls[:20], 1e-8); agree(f"ziplora/{tag}", "ziplora-pytorch: coefficients after 20 steps", np.concatenate([p.detach().numpy() for p in ps]), np.concatenate(cur), 1e-7)
        key = lambda l, p="": {f"{i}.merger_{j + 1}{p}": l[2 * i + j] for i in range(2) for j in range(2)}; save(f"ziplora/{tag}.safetensors", {**key(m), **key(gr, ".grad"), **key(cur, ".end")}); dump(f"ziplora/{tag}.json", dict(similarity_lambda=lam, learning_rate=lr, betas=[.9, .999], eps=1e-8, weight_decay=0, losses=ls))
    save("ziplora/inputs.safetensors", {**{f"{i}.{k}": v for i in range(2) for k, v in (("weight", W0[i]), ("delta_1", W[i][0]), ("delta_2", W[i][1]))}, "X_1": Xs[0], "X_2": Xs[1]})

# 6 Shapley values
def shapley():
    g = rng("shapley"); n = d(6, 5, 7); v = np.round(g.normal(size=1 << n).cumsum() * .05 + g.uniform(0, 1, 1 << n) + np.array([bin(m).count("1") for m in range(1 << n)]) * .2, 6); full = (1 << n) - 1; pop = lambda m: bin(m).count("1")
    phi = [sum(math.factorial(pop(m)) * math.factorial(n - pop(m) - 1) / math.factorial(n) * (v[m | 1 << i] - v[m]) for m in range(1 << n) if not m >> i & 1) for i in range(n)]
    allp = np.zeros(n)
    for p in itertools.permutations(range(n)):
        m = 0
        for i in p: allp[i] += v[m | 1 << i] - v[m]; m |= 1 << i
    agree("shapley", "all orders", phi, allp / math.factorial(n)); e = lambda i, p: sum(p ** pop(m) * (1 - p) ** (n - 1 - pop(m)) * (v[m | 1 << i] - v[m]) for m in range(1 << n) if not m >> i & 1); x, w = np.polynomial.legendre.leggauss(n); agree("shapley", "integral over p by Gauss-Legendre", [sum(w * [e(i, (1 + t) / 2) for t in x]) / 2 for i in range(n)], phi); agree("shapley", "efficiency", sum(phi), v[full] - v[0])
    grid = [k / 10 for k in range(11)]; P = [g.permutation(n).tolist() for _ in range(d(20, 16, 24))]; M, used = [], {}
    for p in P:
        row = []
        for q in (p, p[::-1]):
            m, c = 0, np.zeros(n)
            for i in q: c[i] = v[m | 1 << i] - v[m]; used[m] = used[m | 1 << i] = 1; m |= 1 << i
            row.append(c)
        M.append(row)
    M = np.array(M); est = lambda Y: dict(mean=Y.mean(0), standard_error=Y.std(0, ddof=1) / math.sqrt(len(Y)), low=Y.mean(0) - 1.96 * Y.std(0, ddof=1) / math.sqrt(len(Y)), high=Y.mean(0) + 1.96 * Y.std(0, ddof=1) / math.sqrt(len(Y)))
    dump("shapley/game.json", dict(players=n, values=v, shapley=phi, multilinear=dict(p=grid, marginal=[[e(i, p) for p in grid] for i in range(n)], trapezoid_over_grid=[float(np.trapezoid([e(i, p) for p in grid], grid)) for i in range(n)]), permutations=P, plain=est(M[:, 0]), antithetic=est(M.mean(1)), masks_evaluated_by_antithetic=len(used)))

# 7 schedules
def schedules():
    Tn = d(20, 24, 30); rows = []; lin = lambda t, a, b, r: min(b, a + (b - a) * t / math.ceil(r * Tn))
    for a, b, r in ((.1, 1., .75), (0., 1., .75), (.1, 1., .5), (.1, 1., 1.), (.2, .9, .6)):
        vals = [lin(t, a, b, r) for t in range(Tn)]
        if repo("coto"):
            code = "\n".join(re.findall(r"```python\n(.*?)```", open(f"{repo('coto')}/README.md").read(), re.S)[1:2]); env = dict(torch=torch, math=math, TrainerCallback=object); sys.modules.setdefault("x", types.ModuleType("x")); exec(code.replace("from transformers import TrainerCallback", ""), env); seen = []; C = env["CoToSchedulerCallback"]([], a, b, r); C.update_dropout_rate = seen.append; st = types.SimpleNamespace(max_steps=Tn, global_step=0); C.on_train_begin(None, st, None)
            for t in range(1, Tn): st.global_step = t; C.on_step_end(None, st, None)
            agree("schedules", "README's callback", seen, vals)
        rows.append(dict(curve="linear", initial_p=a, final_p=b, stage1_ratio=r, steps=Tn, p=vals, mean_p=float(np.mean(vals))))
    agree("schedules", "paper form 4t / 3T", [min(1, 4 * t / (3 * Tn)) for t in range(Tn)], rows[1]["p"], 1e-9 if Tn * .75 == math.ceil(Tn * .75) else .05); L = d(12, 8, 6); pl = d(.5, .6, .8); r = d(8, 6)
    dump("schedules/tables.json", dict(linear=rows, stochastic_depth=dict(layers=L, constant=[pl] * L, linear_decay=dict(last=pl, survival=[1 - l / L * (1 - pl) for l in range(1, L + 1)])), nested_uniform=dict(r=r, keep_probability=[(r - i) / r for i in range(r)])))

# 8 initialisations of PEFT that need data or gradients
def inits():
    import peft, warnings; from peft import LoraConfig, get_peft_model, LoraGAConfig, EvaConfig; from peft.tuners.lora.config import CordaConfig; warnings.simplefilter("ignore"); g = rng("init"); out, inn, r, alpha = d(10, 9, 12), d(8, 10, 9), d(2, 3), d(6, 3, 8); s = alpha / r
    class Net(torch.nn.Module):
        def __init__(m, W): super().__init__(); m.fc = torch.nn.Linear(W.shape[1], W.shape[0], bias=False); m.fc.weight.data = torch.tensor(W, dtype=torch.float32)
        def forward(m, x): return m.fc(x)
    U0, _, V0 = np.linalg.svd(g.normal(size=(out, inn)), full_matrices=False); G = f32(U0 @ np.diag(np.geomspace(4, .3, min(out, inn))) @ V0); W = f32(g.normal(size=(out, inn)) / inn ** .5); U, Sv, V = np.linalg.svd(G, full_matrices=False); S = []; save("initialisations/inputs.safetensors", dict(W=W, gradient=G))
    def put(case, **t): save(f"initialisations/{case}.safetensors", t); S.append(dict(case=case, r=r, lora_alpha=alpha))
    for dr, ia, ib in (("ArBr", range(1, 2 * r, 2), range(0, 2 * r, 2)), ("A2rBr", range(r, 2 * r), range(r)), ("ArB2r", range(r), range(r, 2 * r))):
        for sc in ("stable", "weight_svd", "gd_scale", "unit"):
            m = Net(W); cfg = LoraConfig(r=r, lora_alpha=alpha, target_modules=["fc"], init_lora_weights="lora_ga", lora_ga_config=LoraGAConfig(direction=dr, scale=sc)); m.fc._peft_loraga_grad = torch.tensor(G, dtype=torch.float32); l = get_peft_model(m, cfg).base_model.model.fc; A, B = (x["default"].weight.detach().double().numpy() for x in (l.lora_A, l.lora_B)); base = l.base_layer.weight.detach().double().numpy()
            a, b = V[list(ia)], U[:, list(ib)] * Sv[list(ib)]; b = b * dict(stable=out ** .25 / 4, weight_svd=np.linalg.svd(W)[1][0] / Sv[list(ib)][0], gd_scale=1 / s, unit=1)[sc]; a = a / s if sc == "gd_scale" else a; c = f"lora-ga-{dr}-{sc}"; agree(f"initialisations/{c}", "PEFT against exact SVD, up to signs", np.abs(np.concatenate([A.ravel(), B.ravel()])), np.abs(np.concatenate([a.ravel(), b.ravel()])), .05 if sc == "weight_svd" else 2e-5); agree(f"initialisations/{c}", "PEFT: residual", base, W - s * B @ A, 2e-6); put(c, A=a, B=b)
            if sc == "stable": q = out ** .25 / 4; put(f"lora-ga-authors-{dr}-stable", A=V[list(ia)] * q, B=U[:, list(ib)] * q)
    X = f32(g.normal(size=(40, inn)) @ np.diag(np.geomspace(2, .4, inn)) @ np.linalg.qr(g.normal(size=(inn, inn)))[0]); save("initialisations/data.safetensors", dict(X=X))
    for method in ("ipm", "kpm"):
        try: from peft.tuners.lora import corda; m = Net(W)
        except ImportError: m = None                                                 # PEFT's CorDA needs the package attrs
        if m: cfg = LoraConfig(r=r, lora_alpha=alpha, target_modules=["fc"], init_lora_weights="corda", corda_config=CordaConfig(corda_method=method)); corda.preprocess_corda(m, cfg, run_model=lambda: m(torch.tensor(X, dtype=torch.float32)[None])); l = get_peft_model(m, cfg).base_model.model.fc; A, B = (x["default"].weight.detach().double().numpy() for x in (l.lora_A, l.lora_B)); base = l.base_layer.weight.detach().double().numpy()
        x = X / X.max(); C = x.T @ x; C = C + np.eye(inn) * np.diag(C).mean() * .01; u, q, v = np.linalg.svd(W @ C, full_matrices=False); ix = list(range(r)) if method == "ipm" else list(range(len(q) - r, len(q))); b = u[:, ix] * np.sqrt(q[ix] / s); a = np.sqrt(q[ix] / s)[:, None] * (v[ix] @ np.linalg.inv(C)); m and agree(f"initialisations/corda-{method}", "PEFT against own", np.concatenate([(B @ A).ravel(), base.ravel()]), np.concatenate([(b @ a).ravel(), (W - s * b @ a).ravel()]), 2e-4); put(f"corda-{method}", scaled_product=s * b @ a, residual=W - s * b @ a)
    m = Net(W); cfg = LoraConfig(r=r, lora_alpha=alpha, target_modules=["fc"], init_lora_weights="eva", eva_config=EvaConfig(rho=1.0)); pm = get_peft_model(m, cfg); peft.initialize_lora_eva_weights(pm, [torch.tensor(X, dtype=torch.float32)], forward_fn=lambda mod, i: mod(i), prepare_model_inputs_fn=None, prepare_layer_inputs_fn=None, show_progress_bar=False); l = pm.base_model.model.fc; A = l.lora_A["default"].weight.detach().double().numpy()
    v = np.linalg.svd(X - X.mean(0), full_matrices=False)[2][:r]; v = v * np.sign(v[np.arange(r), np.abs(v).argmax(1)])[:, None]; report["initialisations/eva"] = {"PEFT against exact SVD of the centred inputs": rel(A, v)}; assert rel(A, v) < 1e-3 and not l.lora_B["default"].weight.any(); save("initialisations/eva.safetensors", dict(A=v)); S.append(dict(case="eva", r=r, lora_alpha=alpha, rho=1.0)); dump("initialisations/settings.json", S)

# 9 pruning
def pruning():
    from torch.nn.utils import prune; g = rng("prune"); out, inn, r, s = d(8, 9, 7), d(7, 6, 10), d(5, 4, 6), d(1.5, 2.); L = adapters(g, 2, out, inn, r); X = f32(g.normal(size=(d(12, 10), inn)) * np.geomspace(2, .3, inn)); rows = []; save("pruning/inputs.safetensors", {**{f"{i}.{k}": v for i, l in enumerate(L) for k, v in zip("AB", l)}, "X": X})
    for i, (A, B) in enumerate(L):
        U, q, V = np.linalg.svd(s * B @ A, full_matrices=False); q = q[:r]; Qb, Rb = np.linalg.qr(B); Qa, Ra = np.linalg.qr(A.T); agree("pruning", "singular values by QR of the factors", s * np.linalg.svd(Rb @ Ra.T)[1], q)
        for k in (1, r // 2, r): save(f"pruning/svd-{i}-rank{k}.safetensors", dict(delta=(U[:, :k] * q[:k]) @ V[:k], singular_values=q))
        rows.append(dict(case=f"svd-{i}", energy={str(e): int(np.searchsorted(np.cumsum(q ** 2) / (q ** 2).sum(), e - 1e-12) + 1) for e in (.5, .9, .99, 1.)}))
    def top(x, keep): m = np.zeros(x.size); m[np.argsort(-np.abs(x).ravel(), kind="stable")[:keep]] = 1; return m.reshape(x.shape)
    for dens in (.5, d(.3, .25), 1.):
        for tag, ts in (("factors", {f"{i}.{k}": v for i, l in enumerate(L) for k, v in zip("AB", l)}), ("delta", {f"{i}.delta": s * B @ A for i, (A, B) in enumerate(L)})):
            per = {k: v * top(v, int(dens * v.size)) for k, v in ts.items()}; flat = np.concatenate([v.ravel() for v in ts.values()]); m = top(flat, int(dens * flat.size)); at, glob = 0, {}
            for k, v in ts.items(): glob[k] = v * m[at:at + v.size].reshape(v.shape); at += v.size
            mods = {k: torch.nn.ParameterDict({"w": torch.nn.Parameter(T(v))}) for k, v in ts.items()}
            class H(torch.nn.Module):
                def __init__(z, v): super().__init__(); z.w = torch.nn.Parameter(T(v))
            hs = {k: H(v) for k, v in ts.items()}; prune.global_unstructured([(h, "w") for h in hs.values()], prune.L1Unstructured, amount=flat.size - int(dens * flat.size)); agree("pruning", "global magnitude by torch", np.concatenate([h.w.detach().numpy().ravel() for h in hs.values()]), np.concatenate([v.ravel() for v in glob.values()]))
            hs = {k: H(v) for k, v in ts.items()}; [prune.l1_unstructured(h, "w", amount=v.size - int(dens * v.size)) for h, v in zip(hs.values(), ts.values())]; agree("pruning", "per-tensor magnitude by torch", np.concatenate([h.w.detach().numpy().ravel() for h in hs.values()]), np.concatenate([v.ravel() for v in per.values()]))
            c = f"magnitude-{tag}-{dens}"; save(f"pruning/{c}.safetensors", {**{f"tensor.{k}": v for k, v in per.items()}, **{f"global.{k}": v for k, v in glob.items()}}); rows.append(dict(case=c, density=dens, kept_per_tensor={k: int(dens * v.size) for k, v in ts.items()}, kept_global=int(dens * flat.size)))
        wanda = {}
        for i, (A, B) in enumerate(L):
            for k, w, x in (("A", A, X), ("B", B, X @ A.T)): sc = np.abs(w) * np.linalg.norm(x, axis=0); keep = w.shape[1] - int(w.shape[1] * (1 - dens)); m = np.zeros_like(w); np.put_along_axis(m, np.argsort(-sc, 1, kind="stable")[:, :keep], 1, 1); wanda[f"{i}.{k}"] = w * m; wanda[f"{i}.{k}.score"] = sc
        save(f"pruning/wanda-{dens}.safetensors", wanda); rows.append(dict(case=f"wanda-{dens}", density=dens))
    dump("pruning/settings.json", dict(scaling=s, r=r, cases=rows))

# 10 mode connectivity, alignment
def lmc():
    g = rng("lmc"); out, inn, r, s = d(6, 7), d(8, 6), d(3, 2), 2.; A0, B0 = adapters(g, 1, out, inn, r)[0]; O = np.linalg.qr(g.normal(size=(r, r)))[0]; A1, B1 = f32(O.T @ A0 + .1 * g.normal(size=A0.shape)), f32(B0 @ O + .1 * g.normal(size=B0.shape)); X = f32(g.normal(size=(15, inn))); W = f32(g.normal(size=(out, inn))); Y = f32(X @ (W + s * (B0 @ A0 + B1 @ A1) / 2).T + .1 * g.normal(size=(15, out))); lam = [k / 10 for k in range(11)]
    ce = lambda D: float((((X @ (W + s * D).T) - Y) ** 2).mean()); fac = [ce(((1 - t) * B0 + t * B1) @ ((1 - t) * A0 + t * A1)) for t in lam]; dw = [ce((1 - t) * B0 @ A0 + t * B1 @ A1) for t in lam]; bar = lambda y: dict(values=y, barrier=max(v - ((1 - t) * y[0] + t * y[-1]) for v, t in zip(y, lam)), barrier_from_mean=max(y) - (y[0] + y[-1]) / 2, at=lam[int(np.argmax([v - ((1 - t) * y[0] + t * y[-1]) for v, t in zip(y, lam)]))])
    acc = np.round(np.sort(g.uniform(.5, .95, 11)), 4); acc = acc[[8, 6, 3, 1, 0, 2, 4, 5, 7, 9, 10]]; Q0 = scipy.linalg.orthogonal_procrustes(np.concatenate([B1, A1.T]), np.concatenate([B0, A0.T]))[0]; u, _, v = np.linalg.svd(B1.T @ B0 + A1 @ A0.T); Q = u @ v; agree("mode-connectivity", "rotation by scipy", Q, Q0); B2, A2 = B1 @ Q, Q.T @ A1; agree("mode-connectivity", "product kept", B2 @ A2, B1 @ A1); al = [ce(((1 - t) * B0 + t * B2) @ ((1 - t) * A0 + t * A2)) for t in lam]
    save("mode-connectivity/inputs.safetensors", dict(A0=A0, B0=B0, A1=A1, B1=B1, W=W, X=X, Y=Y)); save("mode-connectivity/aligned.safetensors", dict(Q=Q, A1=A2, B1=B2, average_delta=s * ((B0 + B2) / 2) @ ((A0 + A2) / 2), plain_factor_average_delta=s * ((B0 + B1) / 2) @ ((A0 + A1) / 2), delta_average=s * (B0 @ A0 + B1 @ A1) / 2)); b = bar((-acc).tolist())
    dump("mode-connectivity/curves.json", dict(scaling=s, lam=lam, loss_factors=bar(fac), loss_delta=bar(dw), loss_aligned_factors=bar(al), accuracy=dict(values=acc, barrier=b["barrier"], barrier_from_mean=b["barrier_from_mean"], at=b["at"])))
for name, fn in (("lora-pro", lorapro), ("lora-lego", lego), ("knots", knots), ("lorahub", lorahub), ("ziplora", ziplora), ("shapley", shapley), ("schedules", schedules), ("initialisations", inits), ("pruning", pruning), ("mode-connectivity", lmc)):
    if not o.only or name in o.only.split(","): fn(); print(name, {k: max(v.values()) for k, v in report.items() if k.split("/")[0] == name})
if not o.only: dump("report.json", dict(with_public_code=bool(o.repos), largest_relative_difference=report))
