"""Makes test/golden/misc/mergekit-more.{json,safetensors} with mergekit: NuSLERP, Karcher mean and SCE on the inputs of misc.

usage: python test/golden/make/make-mergekit-golden.py
needs: pip install mergekit==0.1.5
"""
import json

import torch
from mergekit.merge_methods.base import PerInputValues, TensorGroup
from mergekit.merge_methods.karcher import karcher_merge_tensors
from mergekit.merge_methods.registry import get
from safetensors.torch import load_file, save_file

from folders import GOLDEN, OUTPUT

folder = OUTPUT / 'misc'
folder.mkdir(parents=True, exist_ok=True)
tensors = {name: value.double() for name, value in load_file(GOLDEN / 'misc' / 'mergekit-inputs.safetensors').items()}
names = ['t0', 't1', 't2']
merges, expected = {}, {}


def add(case, method, inputs, weights, **parameters):
    """Inputs are task vectors beside a base of zeros, as ΔW is here."""
    base = tensors['base']
    deltas = [tensors[name] - base for name in inputs]
    if method == 'karcher' and weights is not None:
        total = sum(weights)
        merged = karcher_merge_tensors(deltas, [weight / total for weight in weights], **parameters)
    elif method == 'karcher':
        merged = karcher_merge_tensors(deltas, [1 / len(deltas)] * len(deltas), **parameters)
    else:
        group = TensorGroup.from_tensors([torch.zeros_like(base), *deltas], ids=['base', *inputs], base_index=0)
        own = {} if weights is None else {'weight': PerInputValues(list(zip(inputs, weights)))}
        merged = get(method).merge_group(group, **own, **parameters)
    merges[case] = {'method': method, 'inputs': inputs, 'weights': weights, 'parameters': parameters}
    expected[case] = merged.float().contiguous()


add('nuslerp', 'nuslerp', names[:2], [0.7, 0.2], nuslerp_flatten=True, nuslerp_row_wise=False)
add('nuslerp-rows', 'nuslerp', names[:2], [0.7, 0.2], nuslerp_flatten=False, nuslerp_row_wise=False)
add('nuslerp-columns', 'nuslerp', names[1:], [0.4, 0.9], nuslerp_flatten=False, nuslerp_row_wise=True)
add('nuslerp-no-total', 'nuslerp', names[:2], [0.5, -0.5], nuslerp_flatten=True, nuslerp_row_wise=False)
add('karcher', 'karcher', names, None, max_iter=10, tol=1e-5)
add('karcher-one-step', 'karcher', names, None, max_iter=1, tol=1e-5)
add('karcher-weighted', 'karcher', names, [0.7, 0.2, 0.4], max_iter=50, tol=1e-9)
add('sce', 'sce', names, None, select_topk=1.0)
add('sce-topk', 'sce', names, None, select_topk=0.4)

save_file(expected, folder / 'mergekit-more.safetensors')
(folder / 'mergekit-more.json').write_text(json.dumps({'version': '0.1.5', 'merges': merges}, indent=1) + '\n')
