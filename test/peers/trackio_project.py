"""Writes a project with Trackio itself.

Reads one JSON request from standard input, {"write": FOLDER}, and prints one JSON answer on the last line:
{"version": version, "runs": {name: {"config": {…}, "logged": {metric: [[step, value], …]}}}}
"""

import json
import os
import sys

folder = json.load(sys.stdin)["write"]
# Read where the module is loaded. Nothing is sent anywhere: a project without a Space stays in this folder.
os.environ["TRACKIO_DIR"] = folder

import trackio  # noqa: E402

runs = {}
for name, rate, steps in (("first", 0.25, 6), ("second", 0.5, 3)):
    config = {"learning_rate": rate, "seed": 11, "optim": "adamw", "tags": ["a", "b"]}
    trackio.init(project="digits", name=name, config=config, embed=False, auto_log_gpu=False, auto_log_cpu=False)
    logged = {}
    for step in range(steps):
        values = {"loss": rate / (step + 1), "eval/accuracy": step / 4, "train/grad_norm": 1e-9 * step}
        trackio.log({**values, "note": "no number", "sample": {"nested": step}}, step=10 * step)
        for metric, value in values.items():
            logged.setdefault(metric, []).append([10 * step, value])
    # An own count of the steps, and a number that is none.
    trackio.log({"loss": float("nan"), "train/epoch": 1.5}, step=10 * steps)
    logged["train/epoch"] = [[10 * steps, 1.5]]
    trackio.finish()
    runs[name] = {"config": config, "logged": logged}
print(json.dumps({"version": trackio.__version__, "runs": runs}))
