"""Preference training as CoTo Studio does it: the losses of TRL's DPOTrainer, ORPOTrainer, KTOTrainer and, for SimPO, CPOTrainer.

An example is a prompt with two answers: the chosen and the rejected one, or (KTO) its own, which is wanted or not, and one to
another prompt, from which the divergence from the base is estimated. Log-likelihoods are in nats.
"""

from collections import namedtuple

import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

from examples import IGNORED, Rows

REFERENCED = ("dpo", "kto", "ipo", "hinge", "bco_pair")  # losses that compare with the base


class Preferences(Dataset):
    def __init__(self, tensors, split):
        self.rows = [Rows(tensors, f"{split}.{name}", "answers") for name in ("first", "second")]
        self.wanted = tensors[f"{split}.wanted"].long()
        self.references = torch.zeros(len(self), 2)

    def __len__(self):
        return len(self.wanted)

    def __getitem__(self, index):
        first, second = (rows[index] for rows in self.rows)
        # Trainer counts examples by their labels, without the first one of each, as of texts.
        labels = torch.stack([torch.tensor(IGNORED), self.wanted[index]])
        return {"first": first, "second": second, "labels": labels, "references": self.references[index]}

    def length(self, index):
        return max(rows.length(index) for rows in self.rows)


class PreferenceCollator:
    """The rows of the first answers, then those of the second, filled up on the right."""

    def __init__(self, pad_token_id):
        self.pad_token_id = pad_token_id

    def __call__(self, examples):
        rows = [example["first"] for example in examples] + [example["second"] for example in examples]
        return {
            "input_ids": pad_sequence([ids for ids, _ in rows], batch_first=True, padding_value=self.pad_token_id),
            "attention_mask": pad_sequence([torch.ones_like(ids) for ids, _ in rows], batch_first=True),
            "answers": pad_sequence([answers for _, answers in rows], batch_first=True),
            "labels": torch.stack([example["labels"] for example in examples]),
            "references": torch.stack([example["references"] for example in examples]),
        }


def load(tensors, settings, model, base):
    """The examples to learn from, those to score the model on, and what makes batches of them."""
    examples = [Preferences(tensors, split) for split in ("train", "test")]
    collate = PreferenceCollator(settings["pad_token_id"])
    # Of the base as it is, before an initialization changes it.
    compute_references(model, examples, collate, settings)
    return *examples, collate


def token_likelihoods(model, batch, rows=slice(None)):
    """Log-likelihood of every token but a row's first, [rows, tokens - 1]; 0 where a row is filled up."""
    ids, mask = batch["input_ids"][rows], batch["attention_mask"][rows]
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()
    return -functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none") * mask[:, 1:]


def likelihoods(model, batch, loss_type):
    """Of each row the log-likelihoods of its tokens, and which of these are of its answer."""
    count = len(batch["labels"])
    if loss_type == "kto":
        # Those of answers to other prompts are constants of the loss.
        with torch.no_grad():
            others = token_likelihoods(model, batch, slice(count, None))
        tokens = torch.cat([token_likelihoods(model, batch, slice(count)), others])
    else:
        tokens = token_likelihoods(model, batch)
    return tokens, batch["answers"][:, 1:] > 0


def compute_references(model, parts, collate, settings):
    """Log-likelihoods of the answers under the base, once, with adapters off."""
    if settings["loss_type"] not in REFERENCED:
        return
    device = next(model.parameters()).device
    model.eval()
    with torch.no_grad(), model.disable_adapter():
        for examples in parts:
            for index in range(len(examples)):
                batch = {key: values.to(device) for key, values in collate([examples[index]]).items()}
                examples.references[index] = (token_likelihoods(model, batch) * (batch["answers"][:, 1:] > 0)).sum(-1).cpu()


Scores = namedtuple("Scores", ["first", "second"])


def scores_of(settings, tokens, answers, references):
    """Scores of the answers of examples [examples]: log-likelihoods less those under the base, or means over tokens."""
    sums = (tokens * answers).sum(-1)
    if settings["loss_type"] not in REFERENCED:
        sums = sums / answers.sum(-1)
    return Scores(*(sums.view(2, -1) - references.T.to(sums)))


def lengths_of(answers):
    return Scores(*answers.sum(-1).view(2, -1))


def preference_losses(settings, scores, wanted, lengths):
    """The loss of each example, without what is learned of the chosen answer as text; `lengths`: tokens of the two answers."""
    loss_type, beta = settings["loss_type"], settings["beta"]
    margins = scores.first - scores.second
    if loss_type == "dpo":
        return smoothed(beta * margins, settings["label_smoothing"])
    if loss_type == "simpo":
        return smoothed(beta * margins - settings["simpo_gamma"], settings["label_smoothing"])
    if loss_type == "ipo":
        return (scores.first / lengths.first - scores.second / lengths.second - 1 / (2 * beta)) ** 2
    if loss_type == "hinge":
        return torch.relu(1 - beta * margins)
    if loss_type == "bco_pair":
        return -functional.logsigmoid(beta * scores.first) - functional.logsigmoid(-beta * scores.second)
    if loss_type == "orpo":
        odds = margins - (torch.log1p(-scores.first.exp()) - torch.log1p(-scores.second.exp()))
        return -beta * functional.logsigmoid(odds)
    divergence = scores.second.mean().clamp(min=0).detach()
    gains = (scores.first - divergence) * torch.where(wanted > 0, beta, -beta)
    weights = torch.where(wanted > 0, settings["desirable_weight"], settings["undesirable_weight"])
    return weights * torch.sigmoid(-gains)


def smoothed(margins, share):
    return -(1 - share) * functional.logsigmoid(margins) - share * functional.logsigmoid(-margins)


def learned_text(settings, batch):
    """Which tokens of the chosen answers' rows are learned as text, without a row's first one, and their weight in the loss."""
    count = len(batch["labels"])
    if settings["loss_type"] == "orpo":
        return batch["attention_mask"][:count, 1:], 1.0
    return batch["answers"][:count, 1:], settings["cpo_alpha"] if settings["loss_type"] == "simpo" else 0.0


def batch_loss(model, batch, settings):
    """The mean over the examples of a batch."""
    tokens, answers = likelihoods(model, batch, settings["loss_type"])
    scores = scores_of(settings, tokens, answers, batch["references"])
    loss = preference_losses(settings, scores, batch["labels"][:, 1], lengths_of(answers)).mean()
    counts, weight = learned_text(settings, batch)
    return loss if weight == 0 else loss - weight * (tokens[: len(counts)] * counts).sum() / counts.sum()


def scores(model, examples, order, collate, settings, bf16=False):
    """Loss, accuracy and rewards on all examples, under the names that they have in the studio."""
    device = next(model.parameters()).device
    parts = []
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for batch in DataLoader(examples, settings["per_device_train_batch_size"], sampler=order, collate_fn=collate):
            batch = {key: values.to(device) for key, values in batch.items()}
            tokens, answers = likelihoods(model, batch, settings["loss_type"])
            found = scores_of(settings, tokens, answers, batch["references"])
            counts, weight = learned_text(settings, batch)
            learned = -weight * (tokens[: len(counts)] * counts).sum(-1) / counts.sum(-1)
            parts.append([part.cpu() for part in (*found, batch["labels"][:, 1], learned, *lengths_of(answers))])
    first, second, wanted, learned, *lengths = (torch.cat(part) for part in zip(*parts))
    losses = preference_losses(settings, Scores(first, second), wanted, Scores(*lengths)) + learned
    rewards = settings["beta"] * first
    if settings["loss_type"] == "kto":
        chosen, rejected = rewards[wanted > 0], rewards[wanted == 0]
        right = torch.where(wanted > 0, rewards > 0, rewards < 0)
    else:
        chosen, rejected = rewards, settings["beta"] * second
        right = chosen > rejected
    means = {"chosen": chosen.mean(), "rejected": rejected.mean(), "margins": chosen.mean() - rejected.mean()}
    found = {f"eval_rewards_{name}": float(value) for name, value in means.items() if not value.isnan()}
    return {"eval_loss": float(losses.mean()), "eval_accuracy": float(right.float().mean()), **found}
