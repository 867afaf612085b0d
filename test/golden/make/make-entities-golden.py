"""Makes test/golden/misc/entities.json: what seqeval makes of random IOB2 tags, for test/engine/metrics.

usage: python test/golden/make/make-entities-golden.py
needs: pip install seqeval==1.2.2 numpy==2.4.6
"""
import json
import warnings

import numpy as np
import seqeval.metrics as metrics

from folders import OUTPUT

warnings.simplefilter("ignore")
random = np.random.default_rng(18)
TAGS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-two-part", "I-two-part"]


def sentences(count):
    """As a model predicts them: I- may begin an entity, or go on with another type."""
    return [random.choice(TAGS, size=random.integers(1, 12), p=[0.4, 0.1, 0.15, 0.1, 0.1, 0.1, 0.05]).tolist() for _ in range(count)]


def changed(labels, share):
    return [[str(random.choice(TAGS)) if random.random() < share else tag for tag in tags] for tags in labels]


def case(labels, predictions):
    report = metrics.classification_report(labels, predictions, output_dict=True, zero_division=0)
    types = {name: {key: float(value) for key, value in row.items()} for name, row in report.items() if not name.endswith("avg")}
    return {
        "labels": labels,
        "predictions": predictions,
        "accuracy": float(metrics.accuracy_score(labels, predictions)),
        "entity_f1": float(metrics.f1_score(labels, predictions, zero_division=0)),
        "entity_precision": float(metrics.precision_score(labels, predictions, zero_division=0)),
        "entity_recall": float(metrics.recall_score(labels, predictions, zero_division=0)),
        "types": types,
    }


cases = []
for share in (0.05, 0.3, 1.0):
    labels = sentences(12)
    cases.append(case(labels, changed(labels, share)))
cases.append(case([["O", "B-PER"]], [["O", "O"]]))
cases.append(case([["O", "O"]], [["I-PER", "B-PER"]]))
cases.append(case([["I-PER", "I-LOC", "I-LOC"]], [["B-PER", "B-LOC", "I-LOC"]]))
(OUTPUT / "misc").mkdir(parents=True, exist_ok=True)
(OUTPUT / "misc" / "entities.json").write_text(json.dumps({"seqeval": "1.2.2", "cases": cases}) + "\n")
