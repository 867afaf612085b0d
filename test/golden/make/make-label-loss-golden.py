"""Makes test/golden/misc/label-losses.json: losses of labels and their gradients by Transformers' and TRL's own code, in float64.

usage: python test/golden/make/make-label-loss-golden.py
needs: pip install torch==2.13.0 transformers==5.24.0 trl==1.16.0
"""

import json
import types
from collections import defaultdict

import torch
from transformers.trainer_pt_utils import LabelSmoother
from trl import SFTTrainer

from folders import OUTPUT

ROWS, CLASSES, IGNORED = 9, 13, -100


def smoothed(logits, labels, smoothing):
    return LabelSmoother(epsilon=smoothing)({"logits": logits}, labels)


def dft(logits, labels, _):
    """`SFTTrainer.compute_loss` on a stand-in for the trainer, whose model returns the log-likelihoods of these logits."""
    mask = labels != IGNORED
    log_probs = logits.log_softmax(-1).gather(-1, labels.clamp(min=0)[:, None])[:, 0]
    zeros = torch.zeros(ROWS)
    outputs = types.SimpleNamespace(log_probs=log_probs * mask, label_mask=mask, entropy=zeros, is_top1=zeros.bool())
    trainer = types.SimpleNamespace(
        model=types.SimpleNamespace(training=True),
        args=types.SimpleNamespace(loss_type="dft", average_tokens_across_devices=False),
        accelerator=types.SimpleNamespace(parallelism_config=None, gather_for_metrics=lambda values: values),
        aux_loss_enabled=False,
        compute_loss_func=None,
        label_smoother=None,
        _metrics=defaultdict(lambda: defaultdict(list)),
        _total_train_tokens=0,
        _tp_size=1,
    )
    inputs = {"attention_mask": torch.ones(1, ROWS), "labels": labels}
    return SFTTrainer.compute_loss(trainer, lambda **_: outputs, inputs)


def case(form, loss, smoothing, seed, spread):
    generator = torch.Generator().manual_seed(seed)
    logits = (torch.randn(ROWS, CLASSES, generator=generator, dtype=torch.float64) * spread).requires_grad_()
    labels = torch.randint(CLASSES, (ROWS,), generator=generator)
    labels[seed % ROWS :: 4] = IGNORED
    value = loss(logits, labels, smoothing)
    value.backward()
    return {
        "form": form,
        "smoothing": smoothing,
        "logits": logits.tolist(),
        "labels": labels.tolist(),
        "loss": value.item(),
        "gradient": logits.grad.tolist(),
    }


def main():
    cases = [case("smoothed", smoothed, smoothing, seed, 2) for seed, smoothing in enumerate([0.1, 0.3, 0.9])]
    cases += [case("dft", dft, 0, seed, spread) for seed, spread in [(3, 1), (4, 4), (5, 10)]]
    (OUTPUT / "misc" / "label-losses.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
