"""Reads and writes the files of experiment trackers with the programs that they come from.

Reads one JSON request from standard input and prints one JSON answer:
  {"read": FOLDER} -> what TensorBoard's own reader finds there: {"scalars": {tag: [[step, value], …]}, "texts": {tag: text}}
  {"write": FOLDER} -> writes with PyTorch's SummaryWriter, and trains a few steps with Transformers' Trainer, which logs to
  TensorBoard and to trainer_state.json; {"written": {tag: [[step, value], …]}, "log": log_history}
"""

import json
import sys

import numpy
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def read(folder):
    events = EventAccumulator(folder, size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    tags = events.Tags()
    scalars = {tag: [[event.step, event.value] for event in events.Scalars(tag)] for tag in tags["scalars"]}
    texts = {tag: events.Tensors(tag)[-1].tensor_proto.string_val[0].decode() for tag in tags["tensors"]}
    return {"scalars": scalars, "texts": texts}


def write(folder):
    import torch
    from torch.utils.tensorboard import SummaryWriter
    from transformers import Trainer, TrainingArguments

    written = {}
    with SummaryWriter(f"{folder}/torch") as writer:
        for step in range(5):
            for tag, value in (("train/loss", 1 / (step + 1)), ("eval/accuracy", step / 4), ("own metric", -step * 1e-9)):
                # As a tensor: what TensorFlow 2 writes.
                writer.add_scalar(tag, value, step * 10, new_style=tag == "eval/accuracy")
                written.setdefault(tag, []).append([step * 10, float(numpy.float32(value))])
        writer.add_histogram("weights", torch.arange(10.0), 0)
        writer.add_text("args", json.dumps({"learning_rate": 0.25, "seed": 11}))

    class Line(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, x, labels):
            return {"loss": ((x * self.weight - labels) ** 2).mean()}

    data = [{"x": float(one), "labels": 2.0 * one} for one in range(16)]
    settings = TrainingArguments(
        output_dir=f"{folder}/trainer",
        max_steps=8,
        logging_steps=2,
        eval_strategy="steps",
        eval_steps=4,
        save_strategy="no",
        learning_rate=0.05,
        report_to=["tensorboard"],
        use_cpu=True,
        disable_tqdm=True,
    )
    trainer = Trainer(model=Line(), args=settings, train_dataset=data, eval_dataset=data)
    trainer.train()
    trainer.save_state()
    return {"written": written, "log": trainer.state.log_history}


request = json.load(sys.stdin)
answer = read(request["read"]) if "read" in request else write(request["write"])
print(json.dumps(answer))
