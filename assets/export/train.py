"""Trains the adapter of one CoTo Studio run with Hugging Face Transformers and PEFT, e.g. on a GPU cluster.

    pip install -r requirements.txt
    python train.py [--model FOLDER_OR_HUB_ID] [--output adapter] [--bf16] [--resample-masks]

`settings.json` holds the run's settings under the names of Transformers and PEFT, `adapter-start/` the adapter as the run
begins, `data.safetensors` its examples (read by `examples.py`), and `plan.json` the order of the examples and the layers that
its schedule switched on in every step. With these, one process in float32 repeats the studio's own losses; only dropout draws
other numbers.

CoTo (ICML 2025, arXiv 2506.05713): every group of adapters is on with a probability that rises over the first part of the
training; a group that is off contributes nothing and is not updated.
"""

import argparse
import importlib
import json
import random
import shutil
from pathlib import Path

import torch
import transformers
from peft import PeftModel
from safetensors.torch import load_file
from torch.utils.data import DataLoader

from allocation import Allocation
from choosing import Choosing
from examples import Collator, load_examples
from optimizer import make_optimizer
from residual import save_joined, switch_base, take_out_start
from scoring import evaluate, training_loss
from zero_shot import ZeroShot

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


class Schedule(transformers.TrainerCallback):
    """Switches what the schedule draws before every optimizer step; outside training everything is on."""

    def __init__(self, model, plan, resample):
        modules = dict(model.named_modules())
        self.groups = [[modules[f"base_model.model.{name}"] for name in group["modules"]] for group in plan["groups"]]
        self.adapters = [module for module in modules.values() if hasattr(module, "lora_B")]
        self.frozen = [parameter for parameter in model.parameters() if not parameter.requires_grad]
        self.unit = plan["unit"]
        self.masks = plan["active"]
        self.probabilities = plan["probabilities"]
        self.random = random.Random(0) if resample else None
        self.mask = None
        self.full = []
        if self.unit == "rank":
            for module in self.adapters:
                module.lora_B["default"].weight.register_hook(lambda gradient: gradient * self.mask.to(gradient))

    def on_step_begin(self, args, state, control, **_):
        step = state.global_step
        if self.unit == "input":
            for module in self.adapters:
                module.lora_dropout["default"] = torch.nn.Dropout(1 - self.probabilities[step]).train()
        else:
            self.switch(self.masks[step] if self.random is None else self.draw(self.probabilities[step], len(self.masks[step])))

    def on_pre_optimizer_step(self, args, state, control, **_):
        self.restore()

    def on_train_end(self, args, state, control, **_):
        self.everything_on()

    def everything_on(self):
        self.switch("1" * len(self.masks[-1]))
        self.restore()

    def draw(self, p, count):
        if p <= 0:
            chosen = self.random.randrange(count)
            return "".join("1" if index == chosen else "0" for index in range(count))
        while True:
            mask = "".join("0" if self.random.random() > p else "1" for _ in range(count))
            if "1" in mask:
                return mask

    def switch(self, mask):
        if self.unit == "rank":
            self.switch_ranks(mask)
        if self.unit in ("group", "update"):
            for group, on in zip(self.groups, mask):
                for module in group:
                    self.switch_module(module, on == "1")
        # PEFT lets everything in an adapter that is switched on be trained, LoRA-FA's A too.
        for parameter in self.frozen:
            parameter.requires_grad_(False)

    def switch_module(self, module, on):
        if self.unit == "group":
            module.enable_adapters(on)
            switch_base(module, on)
            return
        for name, parameter in module.named_parameters():
            if "base_layer" not in name:
                parameter.requires_grad_(on)

    def switch_ranks(self, mask):
        """Zeroes the columns of B of the ranks that are off until the gradients are there."""
        self.mask = torch.tensor([float(on) for on in mask])
        self.full = [(module.lora_B["default"].weight, module.lora_B["default"].weight.detach().clone()) for module in self.adapters]
        with torch.no_grad():
            for weight, full in self.full:
                weight.copy_(full * self.mask.to(full))

    def restore(self):
        with torch.no_grad():
            for weight, full in self.full:
                weight.copy_(full)
        self.full = []


class Trainer(transformers.Trainer):
    """Takes the planned batches."""

    def __init__(self, *args, batches, **kwargs):
        super().__init__(*args, **kwargs)
        self.batches = batches

    def get_train_dataloader(self):
        loader = DataLoader(self.train_dataset, batch_sampler=self.batches, collate_fn=self.data_collator)
        return self.accelerator.prepare(loader)


class BatchTrainer(Trainer):
    """Takes a loss that is a mean over the examples of a batch."""

    def __init__(self, *args, batch_loss, settings, penalty, **kwargs):
        super().__init__(*args, **kwargs)
        self.batch_loss = batch_loss
        self.settings = settings
        self.penalty = penalty

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        loss = self.batch_loss(model, inputs, self.settings)
        if self.penalty is not None:
            loss = loss + self.penalty()
        # Batches of a step count by their examples.
        return loss * (len(inputs["labels"]) / num_items_in_batch)


def load_base(settings, path):
    """The base as the run had it: in float32, with a head for its labels, and without dropout but the adapter's own."""
    head = {}
    labels = settings["labels"]
    if labels is not None:
        head = {
            "problem_type": settings["problem_type"],
            "num_labels": len(labels),
            "id2label": dict(enumerate(labels)),
            "label2id": {label: index for index, label in enumerate(labels)},
        }
    config = transformers.AutoConfig.from_pretrained(path, **head)
    if labels is not None and getattr(config, "pad_token_id", None) is None:
        # A language model finds the last token of a text by its padding.
        config.pad_token_id = settings.get("pad_token_id")
    take_out_dropout(config)
    auto_class = getattr(transformers, settings["auto_class"])
    return auto_class.from_pretrained(path, config=config, ignore_mismatched_sizes=True, dtype=torch.float32)


def take_out_dropout(config):
    for name, value in vars(config).items():
        if isinstance(value, transformers.PreTrainedConfig):
            take_out_dropout(value)  # of a tower of CLIP
        elif isinstance(value, float) and ("dropout" in name or name.endswith("_pdrop")):
            setattr(config, name, 0.0)


def main():
    parser = argparse.ArgumentParser(description="Repeat a run of CoTo Studio with Transformers and PEFT.")
    parser.add_argument("--model", help="the base model: a folder or the name of a repository (default: where the run had it)")
    parser.add_argument("--output", default="adapter", help="where the trained adapter goes")
    parser.add_argument("--bf16", action="store_true", help="mixed precision, for GPUs that have it")
    parser.add_argument("--resample-masks", action="store_true", help="draw new masks instead of replaying those of the plan")
    options = parser.parse_args()

    settings = json.loads((FOLDER / "settings.json").read_text())
    plan = json.loads((FOLDER / "plan.json").read_text())
    tensors = load_file(FOLDER / "data.safetensors")
    transformers.set_seed(settings["seed"])

    base = load_base(settings, options.model or settings["model"])
    model = PeftModel.from_pretrained(base, FOLDER / "adapter-start", is_trainable=True)

    if settings["task"] == "qa":
        # PEFT's wrapper for answers leaves token_type_ids out, which tell the question from its text.
        model.forward = model.base_model.forward

    # A task whose loss is a mean over the examples of a batch has a module of its own.
    script = importlib.import_module(settings["script"]) if "script" in settings else None
    own_loss = script and script.batch_loss
    if script:
        train_examples, test_examples, collate = script.load(tensors, settings, model, base)
    else:
        train_examples, test_examples = load_examples(tensors, settings)
        collate = Collator(base, settings.get("pad_token_id"))
    if "class_texts" in tensors:
        model.forward = ZeroShot(model, tensors["class_texts"])

    if plan["residual"]:
        take_out_start(model)

    optimizer = make_optimizer(model, settings)
    rates = transformers.get_scheduler(
        settings["lr_scheduler_type"], optimizer, num_warmup_steps=settings["warmup_steps"], num_training_steps=settings["max_steps"]
    )
    if options.resample_masks and not plan["resamples"]:
        parser.error("--resample-masks: the draws of this schedule can only be replayed")
    allocation = Allocation(model) if settings["adapter"]["variant"] == "adalora" else None
    schedule_callback = settings["coto"] and Schedule(model, plan, options.resample_masks)

    # With the schedule's first switch, parameters are frozen that are trained.
    chooses = settings["load_best_model_at_end"] or settings["early_stopping_patience"] > 0
    score = lambda: evaluate(model, test_examples, collate, settings, options.bf16)
    choosing = Choosing(model, score, settings, schedule_callback) if chooses else None

    penalty = allocation and allocation.penalty
    own = {"batch_loss": own_loss, "settings": settings, "penalty": penalty} if own_loss else {}
    trainer = (BatchTrainer if own_loss else Trainer)(
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
            neftune_noise_alpha=settings["neftune_noise_alpha"] or None,
            bf16=options.bf16,
            report_to="none",
            remove_unused_columns=False,
            label_names=["labels"],
        ),
        train_dataset=train_examples,
        data_collator=collate,
        compute_loss_func=training_loss(settings["problem_type"], penalty),
        optimizers=(optimizer, rates),
        callbacks=[callback for callback in (schedule_callback, allocation, choosing) if callback],
        batches=PlannedBatches(plan["epochs"]),
        **own,
    )
    trainer.train()
    if not trainer.is_world_process_zero():
        return
    scores = score()
    if choosing and settings["load_best_model_at_end"]:
        choosing.take(scores, trainer.state.global_step)
        choosing.load_best()
    if plan["residual"]:
        save_joined(model, options.output, FOLDER / "adapter-start")
    else:
        model.save_pretrained(options.output)
    if (FOLDER / "tokenizer").is_dir():
        shutil.copytree(FOLDER / "tokenizer", options.output, dirs_exist_ok=True)
    history = [entry for entry in trainer.state.log_history if "loss" in entry]
    Path(options.output, "history.json").write_text(json.dumps({"steps": history, "evaluation": scores}, indent=1))
    print(f"{options.output}: " + ", ".join(f"{name.removeprefix('eval_')} {value:.4f}" for name, value in scores.items()))


if __name__ == "__main__":
    main()
