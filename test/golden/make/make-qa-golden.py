"""Makes test/golden/misc/qa.json: SQuAD's scores, answers chosen from logits, and the loss of Transformers' models.

usage: python test/golden/make/make-qa-golden.py <squad_metrics.py>
needs: pip install transformers==5.24.0 torch numpy; squad_metrics.py is transformers/data/metrics of transformers==4.57.1
(pip download --no-deps), the formulas of SQuAD 2's official script, which version 5 no longer has.
"""
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from transformers import BertConfig, BertForQuestionAnswering

from folders import OUTPUT

source = Path(sys.argv[1]).read_text()
squad = {"__name__": "squad_metrics"}
source = re.sub(r"from \.\.\..*\n", "", source).replace("logging.get_logger(__name__)", "None")
exec(compile(source, sys.argv[1], "exec"), squad)

random = np.random.default_rng(18)

TEXTS = [
    ("the Heron", "a heron!"), ("4,100 loaves", "4100"), ("Jón Ås", "jón ås"), ("", ""), ("", "x"), ("x", ""), ("the", "an"), ("éa b", "é b"),
    ("by an electric motor", "electric motor, an old one motor"), ("U.S.", "us"), ("a\u00a0b\u3000c", "b c"), ("İstanbul", "i̇stanbul"), ("—dash", "dash"),
    ("word_a", "word_"), ("a-b", "ab"), ("the the cat", "cat"), ("cat cat dog", "cat dog dog"), ("中文 字", "中文字"), ("x\x1cy", "x y"), ("O'Neill", "oneill"),
]
pairs = [{"gold": gold, "text": text, "exact": squad["compute_exact"](gold, text), "f1": float(squad["compute_f1"](gold, text))} for gold, text in TEXTS]


def evaluation(golds, predictions):
    """What squad_evaluate says of such questions, in [0, 1]."""
    examples = [SimpleNamespace(qas_id=str(index), answers=[{"text": text} for text in own]) for index, own in enumerate(golds)]
    found = squad["squad_evaluate"](examples, {str(index): text for index, text in enumerate(predictions)})
    names = {"exact": "exact_match", "f1": "answer_f1", "HasAns_f1": "answerable_f1", "NoAns_exact": "unanswerable_accuracy"}
    isMixed = any(golds) and not all(golds)
    kept = {name: key for key, name in names.items() if isMixed or not key.startswith(("Has", "No"))}
    return {"golds": golds, "predictions": predictions, "metrics": {name: found[key] / 100 for name, key in kept.items()}}


answers = [["Anna Brekke"], ["her grandson Tor", "Tor"], [], ["Mill Square"], []]
evaluations = [
    evaluation(answers, ["anna brekke", "grandson", "", "on Mill Square", "1902"]),
    evaluation([own for own in answers if own], ["Brekke", "the Tor", ""]),
    evaluation([["the"], ["x"]], ["", "x"]),
]


def chosen(windows, texts, n_best_size, max_answer_length, threshold, version_2):
    """postprocess_qa_predictions of examples/pytorch/question-answering/utils_qa.py, for one question."""
    min_null, prelim = None, []
    for starts, ends, offsets in windows:
        null = starts[0] + ends[0]
        if min_null is None or min_null["score"] > null:
            min_null = {"offsets": (0, 0), "score": null, "start_logit": starts[0], "end_logit": ends[0]}
        for start in np.argsort(starts)[-1 : -n_best_size - 1 : -1].tolist():
            for end in np.argsort(ends)[-1 : -n_best_size - 1 : -1].tolist():
                if offsets[start] is None or offsets[end] is None:
                    continue
                if end < start or end - start + 1 > max_answer_length:
                    continue
                prelim.append({"offsets": (offsets[start][0], offsets[end][1]), "score": starts[start] + ends[end], "start_logit": starts[start], "end_logit": ends[end]})
    if version_2:
        prelim.append(min_null)
        null_score = min_null["score"]
    predictions = sorted(prelim, key=lambda x: x["score"], reverse=True)[:n_best_size]
    if version_2 and not any(p["offsets"] == (0, 0) for p in predictions):
        predictions.append(min_null)
    for pred in predictions:
        pred["text"] = texts[pred["offsets"][0] : pred["offsets"][1]]
    if not version_2:
        return {"text": predictions[0]["text"] if predictions else "", "difference": None}
    best = next((pred for pred in predictions if pred["text"] != ""), None)
    if best is None:
        return {"text": "", "difference": None}
    difference = null_score - best["start_logit"] - best["end_logit"]
    return {"text": "" if difference > threshold else best["text"], "difference": float(difference)}


decoded = []
for seed in range(12):
    words = [f"w{seed}{index}" for index in range(int(random.integers(9, 30)))]
    text = " ".join(words)
    spans, at = [], 0
    for word in words:
        spans.append((at, at + len(word)))
        at += len(word) + 1
    size, asked = 10, 3
    windows, given = [], []
    for first in range(0, max(1, len(words) - 4), size - 4):
        own = spans[first : first + size]
        offsets = [None] * asked + own + [None]
        starts, ends = (random.normal(0, 2, len(offsets)).astype(np.float32) for _ in range(2))
        windows.append((starts, ends, offsets))
        given.append({"offset": asked, "first": first, "end": first + len(own), "starts": starts.tolist(), "ends": ends.tolist()})
    for version_2, n_best, longest, threshold in ((False, 20, 30, 0), (True, 20, 30, 0), (True, 5, 3, -4.5), (True, 20, 2, 5.0), (False, 2, 4, 0)):
        best = chosen(windows, text, n_best, longest, threshold, version_2)
        options = {"n_best_size": n_best, "max_answer_length": longest, "null_score_diff_threshold": threshold, "hasUnanswerable": version_2}
        decoded.append({"text": text, "spans": spans, "windows": given, "options": options, "expected": best})

torch.manual_seed(18)
config = BertConfig(vocab_size=30, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, attn_implementation="eager")
model = BertForQuestionAnswering(config).double().eval()
losses = []
for rows, tokens in ((1, 5), (3, 7), (2, 1)):
    ids = torch.randint(0, 30, (rows, tokens))
    places = torch.randint(0, tokens, (rows, 2))
    with torch.no_grad():
        out = model(input_ids=ids, start_positions=places[:, 0], end_positions=places[:, 1])
    logits = torch.stack([out.start_logits, out.end_logits], dim=-1)
    leaf = logits.clone().requires_grad_()
    loss = sum(torch.nn.functional.cross_entropy(leaf[..., part], places[:, part]) for part in (0, 1)) / 2
    assert torch.allclose(loss, out.loss)
    loss.backward()
    losses.append({"shape": [rows, tokens], "logits": logits.flatten().tolist(), "places": places.flatten().tolist(), "loss": out.loss.item(), "gradient": leaf.grad.flatten().tolist()})

golden = {"pairs": pairs, "evaluations": evaluations, "decoded": decoded, "losses": losses}
(OUTPUT / "misc").mkdir(parents=True, exist_ok=True)
(OUTPUT / "misc" / "qa.json").write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n")
