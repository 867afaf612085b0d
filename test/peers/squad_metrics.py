"""Exact match and F1 of SQuAD's official script, under the name by which lm-eval's tasks import them: Transformers 5 has them no more."""

import collections
import re
import string
import sys


def normalize_answer(text):
    text = "".join(character for character in text.lower() if character not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def get_tokens(text):
    return normalize_answer(text).split() if text else []


def compute_exact(gold, predicted):
    return int(normalize_answer(gold) == normalize_answer(predicted))


def compute_f1(gold, predicted):
    gold_tokens, predicted_tokens = get_tokens(gold), get_tokens(predicted)
    same = sum((collections.Counter(gold_tokens) & collections.Counter(predicted_tokens)).values())
    if not gold_tokens or not predicted_tokens:
        return int(gold_tokens == predicted_tokens)
    if same == 0:
        return 0
    precision, recall = same / len(predicted_tokens), same / len(gold_tokens)
    return 2 * precision * recall / (precision + recall)


def register():
    """Makes `import transformers.data.metrics.squad_metrics` work."""
    import types

    import transformers.data

    metrics = types.ModuleType("transformers.data.metrics")
    metrics.squad_metrics = sys.modules[__name__]
    transformers.data.metrics = metrics
    sys.modules["transformers.data.metrics"] = metrics
    sys.modules["transformers.data.metrics.squad_metrics"] = metrics.squad_metrics
