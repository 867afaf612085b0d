"""Reward modeling as CoTo Studio does it: the loss of TRL's RewardTrainer on pairs of a chosen and a rejected answer."""

import inspect

import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

from examples import IGNORED, Rows


class RewardPairs(Dataset):
    def __init__(self, tensors, split):
        self.chosen, self.rejected = (Rows(tensors, f"{split}.{name}", "token_type_ids") for name in ("chosen", "rejected"))

    def __len__(self):
        return len(self.chosen)

    def __getitem__(self, index):
        return self.chosen[index], self.rejected[index]

    def length(self, index):
        return max(self.chosen.length(index), self.rejected.length(index))


class RewardCollator:
    """The rows of the chosen answers, then those of the rejected ones, filled up on the right."""

    def __init__(self, model, pad_token_id):
        self.taken = inspect.signature(model.forward).parameters
        self.pad_token_id = pad_token_id

    def __call__(self, examples):
        rows = [pair[answer] for answer in (0, 1) for pair in examples]
        inputs = {
            "input_ids": pad_sequence([ids for ids, _ in rows], batch_first=True, padding_value=self.pad_token_id),
            "attention_mask": pad_sequence([torch.ones_like(ids) for ids, _ in rows], batch_first=True),
            "token_type_ids": pad_sequence([types for _, types in rows], batch_first=True),
        }
        # Trainer counts examples by their labels, without the first one of each, as of texts.
        labels = torch.tensor([[IGNORED, 1]] * len(examples))
        return {**{name: values for name, values in inputs.items() if name in self.taken}, "labels": labels}


def load(tensors, settings, model, base):
    """The examples to learn from, those to score the model on, and what makes batches of them."""
    collate = RewardCollator(base, settings["pad_token_id"])
    return RewardPairs(tensors, "train"), RewardPairs(tensors, "test"), collate


def rewards_of(model, batch):
    """Rewards of the chosen and of the rejected answers, [pairs] each."""
    inputs = {name: values for name, values in batch.items() if name != "labels"}
    return model(**inputs).logits[:, 0].float().chunk(2)


def losses_of(chosen, rejected, settings):
    losses = -functional.logsigmoid(chosen - rejected)
    coefficient = settings["center_rewards_coefficient"]
    return losses if coefficient is None else losses + coefficient * (chosen + rejected) ** 2


def batch_loss(model, batch, settings):
    """The mean over the pairs of a batch."""
    return losses_of(*rewards_of(model, batch), settings).mean()


def scores(model, examples, order, collate, settings, bf16=False):
    """Loss, accuracy and rewards on all pairs, under the names that they have in the studio."""
    device = next(model.parameters()).device
    parts = []
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for batch in DataLoader(examples, settings["per_device_eval_batch_size"], sampler=order, collate_fn=collate):
            batch = {key: values.to(device) for key, values in batch.items()}
            parts.append([part.cpu() for part in rewards_of(model, batch)])
    chosen, rejected = (torch.cat(part) for part in zip(*parts))
    return {
        "eval_loss": float(losses_of(chosen, rejected, settings).mean()),
        "eval_accuracy": float((chosen > rejected).float().mean()),
        "eval_rewards_chosen": float(chosen.mean()),
        "eval_rewards_rejected": float(rejected.mean()),
        "eval_rewards_margins": float((chosen - rejected).mean()),
    }
