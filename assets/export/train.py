"""Trains the adapter of one CoTo Studio run with Hugging Face Transformers and PEFT, e.g. on a GPU cluster.

    pip install -r requirements.txt
    python train.py [--model FOLDER_OR_HUB_ID] [--output adapter] [--bf16] [--resample-masks]

`settings.json` holds the run's settings under the names of Transformers and PEFT, `adapter-start/` the adapter as the run
begins, `data.safetensors` its examples (read by `examples.py`), and `plan.json` the order of the examples and the layers that
CoTo switched on in every step. With these, one process in float32 repeats the studio's own losses; only `lora_dropout` draws
anew.

CoTo (ICML 2025, arXiv 2506.05713): every group of adapters is on with a probability that rises linearly over the first part
of the training; a group that is off contributes nothing and is not updated.
"""

import argparse
import json
import random
from pathlib import Path

import torch
import transformers
from peft import PeftModel
from safetensors.torch import load_file
from torch.utils.data import DataLoader

from examples import Collator, load_examples
from scoring import evaluate, training_loss

FOLDER = Path(__file__).resolve().parent


class PlannedBatches:
    """The batches of every epoch, in the order in which the studio took them."""

    def __init__(self, epochs):
        self.epochs = epochs
        self.epoch = 0

    def __iter__(self):
        planned = self.epochs[self.epoch % len(self.epochs)]
        self.epoch += 1
        return iter(planned)

    def __len__(self):
        return len(self.epochs[0])


class CoTo(transformers.TrainerCallback):
    """Switches groups of adapters before every optimizer step; outside training all are on."""

    def __init__(self, model, settings, groups, masks):
        modules = dict(model.named_modules())
        self.groups = [[modules[f"base_model.model.{name}"] for name in group["modules"]] for group in groups]
        self.settings = settings
        self.masks = masks
        self.random = random.Random(0)

    def on_step_begin(self, args, state, control, **_):
        self.switch(self.masks[state.global_step] if self.masks else self.draw(state.global_step, state.max_steps))

    def on_train_end(self, args, state, control, **_):
        self.switch("1" * len(self.groups))

    def probability(self, step, steps):
        initial, final = self.settings["initial_p"], self.settings["final_p"]
        rising = -(-self.settings["stage1_ratio"] * steps // 1)
        if rising == 0:
            return final
        rate = initial + (final - initial) * step / rising
        return min(final, rate) if final >= initial else max(final, rate)

    def draw(self, step, steps):
        p = self.probability(step, steps)
        if p <= 0:
            chosen = self.random.randrange(len(self.groups))
            return "".join("1" if index == chosen else "0" for index in range(len(self.groups)))
        while True:
            mask = "".join("0" if self.random.random() > p else "1" for _ in self.groups)
            if "1" in mask:
                return mask

    def switch(self, mask):
        for group, on in zip(self.groups, mask):
            for module in group:
                module.enable_adapters(on == "1")


class Trainer(transformers.Trainer):
    """Takes the planned batches."""

    def __init__(self, *args, batches, **kwargs):
        super().__init__(*args, **kwargs)
        self.batches = batches

    def get_train_dataloader(self):
        loader = DataLoader(self.train_dataset, batch_sampler=self.batches, collate_fn=self.data_collator)
        return self.accelerator.prepare(loader)


def load_base(settings, path):
    """The base as the run had it: in float32, with a head for its labels, and without dropout but the adapter's own."""
    head = {}
    if settings["problem_type"] is not None:
        labels = settings["labels"]
        head = {
            "problem_type": settings["problem_type"],
            "num_labels": len(labels),
            "id2label": dict(enumerate(labels)),
            "label2id": {label: index for index, label in enumerate(labels)},
        }
    config = transformers.AutoConfig.from_pretrained(path, **head)
    for name, value in config.to_dict().items():
        if isinstance(value, float) and ("dropout" in name or name.endswith("_pdrop")):
            setattr(config, name, 0.0)
    auto_class = getattr(transformers, settings["auto_class"])
    return auto_class.from_pretrained(path, config=config, ignore_mismatched_sizes=True, dtype=torch.float32)


def main():
    parser = argparse.ArgumentParser(description="Repeat a run of CoTo Studio with Transformers and PEFT.")
    parser.add_argument("--model", help="the base model: a folder or the name of a repository (default: where the run had it)")
    parser.add_argument("--output", default="adapter", help="where the trained adapter goes")
    parser.add_argument("--bf16", action="store_true", help="mixed precision, for GPUs that have it")
    parser.add_argument("--resample-masks", action="store_true", help="draw CoTo's masks anew instead of replaying them")
    options = parser.parse_args()

    settings = json.loads((FOLDER / "settings.json").read_text())
    plan = json.loads((FOLDER / "plan.json").read_text())
    tensors = load_file(FOLDER / "data.safetensors")
    transformers.set_seed(settings["seed"])

    base = load_base(settings, options.model or settings["model"])
    model = PeftModel.from_pretrained(base, FOLDER / "adapter-start", is_trainable=True)

    train_examples, test_examples = load_examples(tensors, settings)
    collate = Collator(base, settings.get("pad_token_id"))

    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        trained,
        lr=settings["learning_rate"],
        betas=(settings["adam_beta1"], settings["adam_beta2"]),
        eps=settings["adam_epsilon"],
        weight_decay=settings["weight_decay"],
    )
    schedule = transformers.get_scheduler(
        settings["lr_scheduler_type"], optimizer, num_warmup_steps=settings["warmup_steps"], num_training_steps=settings["max_steps"]
    )
    coto = settings["coto"] and CoTo(model, settings["coto"], plan["groups"], None if options.resample_masks else plan["active"])

    trainer = Trainer(
        model=model,
        args=transformers.TrainingArguments(
            output_dir=f"{options.output}-checkpoints",
            max_steps=settings["max_steps"],
            gradient_accumulation_steps=settings["gradient_accumulation_steps"],
            gradient_checkpointing=settings["gradient_checkpointing"],
            max_grad_norm=settings["max_grad_norm"],
            logging_steps=settings["logging_steps"],
            save_strategy="no",
            seed=settings["seed"],
            bf16=options.bf16,
            report_to="none",
            remove_unused_columns=False,
            label_names=["labels"],
        ),
        train_dataset=train_examples,
        data_collator=collate,
        compute_loss_func=training_loss(settings["problem_type"]),
        optimizers=(optimizer, schedule),
        callbacks=[coto] if coto else [],
        batches=PlannedBatches(plan["epochs"]),
    )
    trainer.train()
    if not trainer.is_world_process_zero():
        return
    scores = evaluate(model, test_examples, collate, settings, options.bf16)
    model.save_pretrained(options.output)
    history = [entry for entry in trainer.state.log_history if "loss" in entry]
    Path(options.output, "history.json").write_text(json.dumps({"steps": history, "evaluation": scores}, indent=1))
    print(f"{options.output}: " + ", ".join(f"{name.removeprefix('eval_')} {value:.4f}" for name, value in scores.items()))


if __name__ == "__main__":
    main()
