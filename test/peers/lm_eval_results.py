"""What lm-eval itself makes of the tasks in a folder with a model, with each of some adapters (null: alone): its results as JSON."""

import json
import sys

import lm_eval
import torch
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

import squad_metrics

squad_metrics.register()
# Threads that wait for each other take a hundred times as long where other programs run.
torch.set_num_threads(1)
given = json.load(sys.stdin)
columns = []
for adapter in given["adapters"]:
    model = HFLM(pretrained=given["model"], peft=adapter, device="cpu", dtype="float32", batch_size=4)
    results = lm_eval.simple_evaluate(
        model=model,
        tasks=given["tasks"],
        task_manager=TaskManager(include_path=given["folder"], include_defaults=False),
        bootstrap_iters=0,
        log_samples=False,
        **given.get("chat", {}),
    )
    columns.append({key: results[key] for key in ["results", "n-shot", "higher_is_better", "n-samples", "versions"]})
print(json.dumps(columns))
