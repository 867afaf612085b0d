"""Makes test/golden/methods/{core-space,tsv-m,iso-c,iso-cts,wudi,robustmerge,regmean,adamerging}: tiny adapters and their merges.

usage: python test/golden/make/make-merge-golden.py <unpacked fusion_bench 0.2.33 wheel>
needs: pip install torch numpy safetensors; pip download --no-deps fusion-bench==0.2.33, then unzip the wheel
TSV-M, Iso-C, Iso-CTS, WUDI and RegMean are FusionBench's own functions on the full updates (of full rank here, so that no
direction is arbitrary), in double precision. Core Space, RobustMerge and AdaMerging are written out after the released code
(apanariello4/core-space-merging at e66f357, AuroraZengfh/RobustMerge at 68bee10) and FusionBench's LayerWiseAdaMerging.
Inputs are exact in float32; results are stored as float32.
"""
import importlib.util
import json
import sys
import types
from contextlib import nullcontext
from pathlib import Path

import numpy
import torch
import torch._dynamo  # before the stubs, which it would ask for their files
from safetensors.numpy import save_file

from folders import OUTPUT

wheel, output = Path(sys.argv[1]), OUTPUT / "methods"
random = numpy.random.default_rng(20261126)
torch.manual_seed(0)


def missing(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (), {})


def stub(name, **members):
    module = types.ModuleType(name)
    module.__path__ = []
    module.__getattr__ = missing
    for key, value in members.items():
        setattr(module, key, value)
    sys.modules[name] = module


def load(path):
    """A file of FusionBench by itself: its functions need none of the package's many requirements."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, wheel / "fusion_bench" / path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Bar(list):
    write = staticmethod(lambda _: None)

    def __init__(self, values, **_):
        super().__init__(values)


stub("tqdm", tqdm=Bar)
stub("tqdm.autonotebook", tqdm=Bar)
stub("fusion_bench", auto_register_config=lambda cls: cls)
for name in ["method", "mixins", "modelpool", "utils", "utils.type", "utils.state_dict_arithmetic"]:
    stub(f"fusion_bench.{name}")
sys.modules["fusion_bench.utils"].timeit_context = lambda *_: nullcontext()
sys.modules["fusion_bench.utils.type"].StateDictType = dict
sys.modules["fusion_bench.mixins"].auto_register_config = lambda cls: cls
iso = load("method/isotropic_merging/iso_utils.py")
tsv = load("method/task_singular_vector/utils/TSVM_utils.py")
wudi = load("method/wudi/wudi.py")
regmean_source = (wheel / "fusion_bench/method/regmean/regmean.py").read_text().replace("from .utils import", "from fusion_bench.utils import")
regmean = types.ModuleType("regmean")
exec(compile(regmean_source, "regmean.py", "exec"), regmean.__dict__)

OUT, IN, RANKS, SCALING = 7, 6, [2, 2, 2], 1.5


def draw(*shape):
    return random.standard_normal(shape).astype(numpy.float32)


adapters = [{"A": draw(r, IN), "B": draw(OUT, r)} for r in RANKS]
deltas = [SCALING * one["B"].astype(float) @ one["A"].astype(float) for one in adapters]
inputs = {f"{i}.{part}": one[part] for i, one in enumerate(adapters) for part in ("A", "B")}
report = {}


def write(name, tensors, settings=None):
    folder = output / name
    folder.mkdir(parents=True, exist_ok=True)
    save_file({key: numpy.ascontiguousarray(value, dtype=numpy.float32) for key, value in tensors.items()}, folder / "values.safetensors")
    if settings is not None:
        (folder / "settings.json").write_text(json.dumps(settings, indent=1) + "\n")


def note(name, one, other):
    report[name] = float(numpy.abs(one - other).max() / numpy.abs(other).max())


def states(matrices):
    return [{"w": torch.tensor(matrix)} for matrix in matrices]


def polar(matrix):
    u, _, vt = numpy.linalg.svd(matrix, full_matrices=False)
    return u @ vt


def iso_c(matrix):
    u, s, vt = numpy.linalg.svd(matrix, full_matrices=False)
    return s.mean() * u @ vt


def tsv_m(matrices):
    keep = min(matrices[0].shape) // len(matrices)
    parts = [numpy.linalg.svd(matrix, full_matrices=False) for matrix in matrices]
    u = polar(numpy.hstack([u[:, :keep] for u, _, _ in parts]))
    vt = polar(numpy.vstack([vt[:keep] for _, _, vt in parts]))
    return u @ numpy.diag(numpy.concatenate([s[:keep] for _, s, _ in parts])) @ vt


# TSV-M, Iso-C, Iso-CTS
expected = tsv.compute_and_sum_svd_mem_reduction(states(deltas), accelerator="cpu")["w"].numpy()
note("tsv-m", tsv_m(deltas), expected)
write("tsv-m", {**inputs, "delta": expected}, {"scaling": SCALING, "ranks": RANKS})
expected = iso.iso_c(states(deltas), accelerator="cpu")["w"].numpy()
note("iso-c", iso_c(sum(deltas)), expected)
write("iso-c", {**inputs, "delta": expected}, {"scaling": SCALING, "ranks": RANKS})
expected = iso.iso_cts(states(deltas), common_space_fraction=0.5, accelerator="cpu")["w"].numpy()
write("iso-cts", {**inputs, "delta": expected}, {"scaling": SCALING, "ranks": RANKS, "parameters": {"common_space_fraction": 0.5}})

# Core Space
root = SCALING**0.5
left = numpy.linalg.svd(root * numpy.hstack([one["B"].astype(float) for one in adapters]), full_matrices=False)[0]
right = numpy.linalg.svd(root * numpy.vstack([one["A"].astype(float) for one in adapters]), full_matrices=False)[2]
cores = [left.T @ delta @ right.T for delta in deltas]


def lift(core):
    return left @ core @ right


def ties(matrices, density):
    """PEFT's: the largest int(density · n) of each, the sign of their sum, the mean of those that agree."""
    kept = []
    for matrix in matrices:
        order = numpy.argsort(-numpy.abs(matrix).ravel(), kind="stable")[: int(density * matrix.size)]
        values = numpy.zeros(matrix.size)
        values[order] = matrix.ravel()[order]
        kept.append(values.reshape(matrix.shape))
    signs = numpy.where(sum(kept) >= 0, 1, -1)
    agree = [numpy.where(numpy.sign(values) == signs, values, 0) for values in kept]
    counts = sum((values != 0).astype(int) for values in agree)
    return sum(agree) / numpy.maximum(counts, 1)


# Another basis of U and V gives the same matrices up to the signs of rows and columns.
write(
    "core-space",
    {**inputs, "sum": lift(sum(cores)), "ties": lift(ties(cores, 0.4)), "tsv-m": lift(tsv_m(cores)), "iso-c": lift(iso_c(sum(cores)))}
    | {f"{i}.core": numpy.abs(core) for i, core in enumerate(cores)},
    {"scaling": SCALING, "ranks": RANKS, "density": 0.4},
)
note("core-space", lift(sum(cores)), sum(deltas))


# WUDI, on the core matrices; Adam's steps depend on the axes
def wudi_adam(matrices, steps, rate):
    def adam(parameters, **_):
        return original(parameters, lr=rate)

    original, torch.optim.Adam = torch.optim.Adam, adam
    try:
        return wudi.wudi_merging(states(matrices), accelerator="cpu", iter_num=steps)["w"].detach().numpy()
    finally:
        torch.optim.Adam = original


def wudi_minimum(matrices):
    grams = [matrix.T @ matrix / (matrix**2).sum() for matrix in matrices]
    return sum(matrix @ gram for matrix, gram in zip(matrices, grams)) @ numpy.linalg.pinv(sum(grams), hermitian=True)


def wudi_objective(merged, matrices):
    return sum((((merged - matrix) @ matrix.T) ** 2).sum() / (matrix**2).sum() for matrix in matrices)


STEPS, RATE = 40, 0.02
adam, minimum = wudi_adam(cores, STEPS, RATE), wudi_minimum(cores)
note("wudi closed form in core space", lift(minimum), wudi_minimum(deltas))
write(
    "wudi",
    {**inputs, "adam": lift(adam), "closed_form": lift(minimum)},
    {
        "scaling": SCALING,
        "ranks": RANKS,
        "parameters": {"iter_num": STEPS, "learning_rate": RATE},
        "objectives": {"sum": wudi_objective(sum(cores), cores), "adam": wudi_objective(adam, cores), "closed_form": wudi_objective(minimum, cores)},
    },
)


# RobustMerge, as released: kthvalue counts from 1
def robustmerge(mask_ratio, att_ratio, fuse):
    merged = {}
    scale = None
    for part in ("A", "B"):
        stacked = torch.tensor(numpy.stack([one[part] for one in adapters]).astype(float))
        tasks, rows, columns = stacked.shape
        flat = stacked.reshape(tasks, -1).abs()
        threshold = flat.kthvalue(int(rows * columns * (1 - mask_ratio)), dim=1, keepdim=True).values
        kept = stacked * (flat >= threshold).reshape(stacked.shape)
        if part == "A":
            ratios = stacked.abs().sum(-1) / kept.abs().sum(-1)
            ordered = ratios.sort(dim=1).values
            least = ordered[:, int(ratios.shape[1] * (1 - att_ratio))].unsqueeze(1)
            scale = torch.maximum(ratios, least)
            merged["A"] = (fuse * kept).sum(0)
        else:
            merged["B"] = (fuse * scale.unsqueeze(1) * kept).sum(0) / scale.unsqueeze(1).sum(0)
    return SCALING * (merged["B"] @ merged["A"]).numpy()


settings = {"mask_ratio": 0.6, "att_ratio": 0.5, "fuse_weight": 2.0}
expected = robustmerge(*settings.values())
write("robustmerge", {**inputs, "delta": expected}, {"scaling": SCALING, "ranks": RANKS, "parameters": settings})

# RegMean
base = draw(OUT, IN)
rows = [draw(9, IN), draw(9, IN), draw(5, IN)]
grams = [{"w": torch.tensor(x.astype(float).T @ x.astype(float) / len(x))} for x in rows]
weights = {"w.weight": [torch.tensor(base.astype(float) + delta) for delta in deltas]}
RATIO = 0.9
merged = regmean.merging_with_regmean_weights(weights, grams, reduce_non_diagonal_ratio=RATIO)["w.weight"].numpy() - base


def shrink(gram):
    return RATIO * gram + (1 - RATIO) * numpy.diag(numpy.diag(gram))


own = [shrink(gram["w"].numpy()) for gram in grams]
note("regmean", sum(delta @ gram for delta, gram in zip(deltas, own)) @ numpy.linalg.inv(sum(own)), merged)
write(
    "regmean",
    {**inputs, **{f"{i}.X": x for i, x in enumerate(rows)}, "delta": merged},
    {"scaling": SCALING, "ranks": RANKS, "parameters": {"reduce_non_diagonal_ratio": RATIO}},
)

# AdaMerging: one linear layer of 7 classes; its own examples for each adapter, two batches that take turns
examples = [[draw(4, IN), draw(4, IN)] for _ in RANKS]
coefficients = torch.full((len(RANKS),), 0.3, dtype=torch.float64, requires_grad=True)
tensors = [torch.tensor(delta) for delta in deltas]
optimizer = torch.optim.Adam([coefficients], lr=0.05)
entropies, first = [], None
for step in range(12):
    weight = torch.tensor(base.astype(float)) + sum(c * delta for c, delta in zip(coefficients, tensors))
    total = 0
    for own in examples:
        logits = torch.tensor(own[step % 2].astype(float)) @ weight.T
        log = torch.log_softmax(logits, -1)
        total = total - (log.exp() * log).sum(-1).mean()
    optimizer.zero_grad()
    total.backward()
    if first is None:
        first = coefficients.grad.tolist()
    entropies.append(float(total) / len(RANKS))
    optimizer.step()
write(
    "adamerging",
    {**inputs, "weight": base, **{f"{i}.X{j}": x for i, own in enumerate(examples) for j, x in enumerate(own)}},
    {
        "scaling": SCALING,
        "ranks": RANKS,
        "parameters": {"init_values": 0.3, "lr": 0.05, "max_steps": 12},
        "gradient": first,
        "entropies": entropies,
        "coefficients": coefficients.tolist(),
    },
)
(output / "merging-report.json").write_text(json.dumps(report, indent=1) + "\n")
print(json.dumps(report, indent=1))
