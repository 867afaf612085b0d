"""Times PyTorch's products x·Wᵀ for bench/step-products.mjs: JSON of milliseconds of processor time each.

usage: python products.py '[[m, k, n], …]' float32|bfloat16 threads
"""
import json
import sys
import time

import torch

sizes, precision, threads = json.loads(sys.argv[1]), getattr(torch, sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)


def milliseconds(m, k, n):
    x, weight = torch.randn(m, k, dtype=precision), torch.randn(n, k, dtype=precision)
    repeats = max(2, min(100, -(-10_000_000_000 // (2 * m * k * n))))
    torch.nn.functional.linear(x, weight)
    started = time.process_time()
    for _ in range(repeats):
        torch.nn.functional.linear(x, weight)
    return 1000 * (time.process_time() - started) / repeats


with torch.no_grad():
    print(json.dumps([milliseconds(*size) for size in sizes]))
