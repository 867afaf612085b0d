"""Makes test/golden/linalg/expected.json: matrices in float64 and what numpy's QR, SVD and eigh make of them.

usage: python test/golden/make/make-linalg-golden.py
needs: pip install numpy==2.4.6
Signs are free in all three; here they are turned to what src-main/engine/linalg promises: R's diagonal is not negative, and in
each u and each eigenvector the first entry of greatest magnitude is positive.
"""
import json

import numpy

from folders import OUTPUT

output = OUTPUT / "linalg"
random = numpy.random.default_rng(20261126)


def normal(*shape):
    return random.standard_normal(shape)


def orthogonal(size):
    return numpy.linalg.qr(normal(size, size))[0]


def with_values(values, rows, columns):
    k = len(values)
    return orthogonal(rows)[:, :k] @ numpy.diag(values) @ orthogonal(columns)[:, :k].T


def plain(array):
    return {"shape": list(array.shape), "data": [float(value) for value in array.ravel()]}


def signs(columns):
    size = numpy.abs(columns)
    places = [numpy.argmax(size[:, k] >= size[:, k].max() * (1 - 1e-8)) for k in range(columns.shape[1])]
    return numpy.array([-1.0 if columns[place, k] < 0 else 1.0 for k, place in enumerate(places)])


def svd_of(matrix, unique):
    u, s, vt = numpy.linalg.svd(matrix, full_matrices=False)
    turn = signs(u)
    vectors = {"u": plain(u * turn), "vt": plain(vt * turn[:, None])} if unique else {}
    return {"s": s.tolist(), **vectors}


def qr_of(matrix, unique):
    q, r = numpy.linalg.qr(matrix)
    turn = numpy.where(numpy.diag(r) < 0, -1.0, 1.0)
    return {"q": plain(q * turn), "r": plain(r * turn[:, None])} if unique else {}


def eigen_of(matrix, unique):
    values, vectors = numpy.linalg.eigh(matrix)
    return {"values": values.tolist(), **({"vectors": plain(vectors * signs(vectors))} if unique else {})}


# name: the matrix, and whether its singular vectors and its QR are determined to many digits, up to signs: those of a singular value
# that rounding can change by much are not.
matrices = {
    "tall": (normal(12, 5), True),
    "wide": (normal(4, 9), True),
    "square": (normal(8, 8), True),
    "row": (normal(1, 7), True),
    "column": (normal(7, 1), True),
    "one": (numpy.array([[-3.0]]), True),
    "zero": (numpy.zeros((4, 3)), False),
    "rank 3": (normal(8, 3) @ normal(3, 6), False),
    "repeated": (with_values([3, 3, 3, 1, 1, 0.5], 9, 6), False),
    "zero column": (normal(6, 4) * [1, 0, 1, 1], False),
    "tiny": (normal(6, 4) * 1e-300, True),
    "huge": (normal(6, 4) * 1e300, True),
    "graded": (with_values([1e6, 1e3, 1, 1e-3, 1e-6], 7, 5), False),
    "Hilbert": (1.0 / (numpy.arange(8)[:, None] + numpy.arange(8) + 1), False),
}

# name: B [out, r] and A [r, in].
products = {
    "thin": (normal(24, 4), normal(4, 20)),
    "rank above a side": (normal(3, 5), normal(5, 10)),
    "fresh adapter": (numpy.zeros((10, 4)), normal(4, 8)),
    "dependent": (normal(12, 2) @ normal(2, 4), normal(4, 9)),
}

half = normal(9, 9)
gram = normal(7, 4)
symmetric = {
    "indefinite": (half + half.T, True),
    "Gram of rank 4": (gram @ gram.T, False),
    "repeated": ((lambda q: q @ numpy.diag([2.0, 2, 2, -1, -1, 5]) @ q.T)(orthogonal(6)), False),
    "diagonal": (numpy.diag([3.0, -1, 2]), True),
    "one": (numpy.array([[-2.0]]), True),
    "zero": (numpy.zeros((3, 3)), False),
    "huge": ((half + half.T) * 1e300, True),
    "tiny": ((half + half.T) * 1e-300, True),
    "Hilbert": (1.0 / (numpy.arange(8)[:, None] + numpy.arange(8) + 1), False),
}



def truncation(a_scale, scaling):
    """Factors in float32, of which the product's singular values fall as A's rows do, and what of it is best kept."""
    b = normal(9, 4).astype(numpy.float32).astype(numpy.float64)
    a = (normal(4, 7) * numpy.array(a_scale)[:, None]).astype(numpy.float32).astype(numpy.float64)
    u, s, vt = numpy.linalg.svd(scaling * b @ a, full_matrices=False)
    shares = numpy.cumsum(s**2) / numpy.sum(s**2)
    return {
        "b": plain(b),
        "a": plain(a),
        "scaling": scaling,
        "s": s.tolist(),
        "best": [plain((u[:, :k] * s[:k]) @ vt[:k]) for k in (1, 2, 3)],
        "ranks": {str(share): int(numpy.argmax(shares >= share)) + 1 for share in (0.5, 0.9, 0.99, 0.999)},
    }


expected = {
    "numpy": numpy.__version__,
    "matrices": [
        {"name": name, "matrix": plain(m), "svd": svd_of(m, unique), "qr": qr_of(m, unique)}
        for name, (m, unique) in matrices.items()
    ],
    "products": [
        {"name": name, "b": plain(b), "a": plain(a), "s": numpy.linalg.svd(b @ a, compute_uv=False).tolist()}
        for name, (b, a) in products.items()
    ],
    "symmetric": [{"name": name, "matrix": plain(m), **eigen_of(m, unique)} for name, (m, unique) in symmetric.items()],
    # The best approximation of each rank, as numpy makes it, of a matrix whose singular values fall slowly.
    "low rank": (lambda m: {
        "matrix": plain(m),
        "best": [plain((u[:, :k] * s[:k]) @ vt[:k]) for u, s, vt in [numpy.linalg.svd(m, full_matrices=False)] for k in (1, 2, 5)],
    })(normal(10, 7)),
    # Two modules of an adapter, one flat and one with a strong first direction, cut to rank 1, 2 and 3 and to shares of their energy.
    "truncation": [truncation([1, 1, 1, 1], 2.0), truncation([5, 1, 0.5, 0.1], 0.5)],
}
output.mkdir(parents=True, exist_ok=True)
(output / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
