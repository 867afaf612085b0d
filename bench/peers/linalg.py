"""Times one of numpy's decompositions for bench/linalg.mjs: milliseconds of processor time, mean of its rounds.

usage: python linalg.py '[name, rows, columns, rounds]'
"""
import json
import sys
import time

import numpy

random = numpy.random.default_rng(1)


def prepared(name, rows, columns):
    if name == "qr":
        a = random.standard_normal((rows, columns))
        return lambda: numpy.linalg.qr(a)
    if name == "svd":
        a = random.standard_normal((rows, columns))
        return lambda: numpy.linalg.svd(a, full_matrices=False)
    if name == "svd of B·A":
        b, a = random.standard_normal((rows, columns)), random.standard_normal((columns, rows))
        # Through the factors as well: the whole product would take numpy minutes.
        return lambda: through_factors(b, a)
    if name == "randomized svd":
        a = random.standard_normal((rows, rows))
        return lambda: randomized(a, columns)
    if name == "product":
        a, b = random.standard_normal((rows, rows)), random.standard_normal((rows, rows))
        return lambda: a @ b
    half = random.standard_normal((rows, rows))
    gram = half @ half.T
    if name == "solve":
        # By LU: numpy alone does not solve by Cholesky's factors.
        return lambda: numpy.linalg.solve(gram, half)
    return lambda: numpy.linalg.eigh(gram)


def through_factors(b, a):
    q, r = numpy.linalg.qr(b)
    p, l = numpy.linalg.qr(a.T)
    u, s, vt = numpy.linalg.svd(r @ l.T)
    return q @ u, s, vt @ p.T


def randomized(a, rank):
    basis = numpy.linalg.qr(a @ random.standard_normal((a.shape[1], rank + 10)))[0]
    for _ in range(4):
        basis = numpy.linalg.qr(a @ numpy.linalg.qr(a.T @ basis)[0])[0]
    u, s, vt = numpy.linalg.svd(basis.T @ a, full_matrices=False)
    return basis @ u[:, :rank], s[:rank], vt[:rank]


name, rows, columns, rounds = json.loads(sys.argv[1])
run = prepared(name, rows, columns)
for _ in range(rounds // 2):
    run()
start = time.process_time()
for _ in range(rounds):
    run()
print((time.process_time() - start) * 1000 / rounds)
