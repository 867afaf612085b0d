"""Makes test/golden/misc/base-divergence.json: torch's KL(softmax(reference) || softmax(logits)) and its gradient, in float64.

usage: python test/golden/make/make-base-divergence-golden.py
needs: pip install torch==2.13.0
"""

import json

import torch

from folders import OUTPUT

ROWS, CLASSES = 7, 11


def case(seed, spread, distance):
    """Logits at `distance` from a reference; both are spread, so that some probabilities are small."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda: torch.randn(ROWS, CLASSES, generator=generator, dtype=torch.float64)
    reference = draw() * spread
    logits = (reference + draw() * distance).requires_grad_()
    value = torch.nn.functional.kl_div(
        logits.log_softmax(-1), reference.log_softmax(-1), log_target=True, reduction="batchmean"
    )
    value.backward()
    return {
        "logits": logits.tolist(),
        "reference": reference.tolist(),
        "divergence": value.item(),
        "gradient": logits.grad.tolist(),
    }


def main():
    cases = [case(0, 1, 0.1), case(1, 2, 1), case(2, 6, 4)]
    (OUTPUT / "misc" / "base-divergence.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
