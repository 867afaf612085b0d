"""Training of embeddings as CoTo Studio does it: the losses of sentence-transformers on the cosine similarities of a batch.

An example is an anchor with its positive, and with wrong candidates if there are some; or two texts with a target in [-1, 1]. A text
of several examples is one row of tokens.
"""

import inspect

import torch
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from examples import IGNORED, Rows
from ranking import scores_of_labels, scores_of_values, search_scores

LOSS_BATCH = 32  # examples whose loss is computed together in an evaluation


class Pairs(Dataset):
    def __init__(self, tensors, split):
        self.rows = Rows(tensors, f"{split}.texts", "token_type_ids")
        self.pairs = tensors[f"{split}.pairs"].tolist()
        self.negatives = tensors[f"{split}.negatives"].tolist()
        self.offsets = tensors[f"{split}.negative_offsets"].tolist()
        self.targets = tensors[f"{split}.targets"]

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        anchor, other = self.pairs[index]
        negatives = [self.rows[row] for row in self.negatives_of(index)]
        target = self.targets[index] if len(self.targets) else torch.tensor(0.0)
        return {"anchor": self.rows[anchor], "other": self.rows[other], "negatives": negatives, "target": target}

    def negatives_of(self, index):
        return self.negatives[self.offsets[index] : self.offsets[index + 1]]

    def length(self, index):
        return max(self.rows.length(row) for row in [*self.pairs[index], *self.negatives_of(index)])


class PairCollator:
    """The rows of the anchors, then those of the other texts, then all wrong candidates, filled up on the right."""

    def __init__(self, model, pad_token_id):
        self.taken = inspect.signature(model.forward).parameters
        self.pad_token_id = pad_token_id

    def __call__(self, examples):
        rows = [example[name] for name in ("anchor", "other") for example in examples]
        rows += [row for example in examples for row in example["negatives"]]
        # Trainer counts examples by their labels, without the first one of each, as of texts.
        labels = torch.tensor([[IGNORED, 1]] * len(examples))
        return {**self.texts(rows), "labels": labels, "targets": torch.stack([example["target"] for example in examples])}

    def texts(self, rows):
        inputs = {
            "input_ids": pad_sequence([ids for ids, _ in rows], batch_first=True, padding_value=self.pad_token_id),
            "attention_mask": pad_sequence([torch.ones_like(ids) for ids, _ in rows], batch_first=True),
            "token_type_ids": pad_sequence([types for _, types in rows], batch_first=True),
        }
        return {name: values for name, values in inputs.items() if name in self.taken}


def load(tensors, settings, model, base):
    """The examples to learn from, those to score the model on, and what makes batches of them."""
    return Pairs(tensors, "train"), Pairs(tensors, "test"), PairCollator(base, settings["pad_token_id"])


def vectors_of(model, inputs, pooling_mode):
    """A vector of length 1 for each row [rows, width]."""
    states = model(**inputs).last_hidden_state.float()
    mask = inputs["attention_mask"].float()
    weights = {
        "mean": lambda: mask / mask.sum(1, keepdim=True),
        "cls": lambda: functional.one_hot(torch.zeros_like(mask[:, 0]).long(), mask.shape[1]).float(),
        "lasttoken": lambda: functional.one_hot(mask.sum(1).long() - 1, mask.shape[1]).float(),
        "weightedmean": lambda: by_place(mask) / by_place(mask).sum(1, keepdim=True),
        "mean_sqrt_len_tokens": lambda: mask / mask.sum(1, keepdim=True).sqrt(),
    }[pooling_mode]()
    return functional.normalize((states * weights[..., None]).sum(1), dim=-1)


def by_place(mask):
    return mask * torch.arange(1, mask.shape[1] + 1, device=mask.device)


def ranking_losses(settings, cosines):
    """The loss of each anchor [anchors] of its similarities to the candidates [anchors, candidates], its own at its place."""
    own = torch.arange(len(cosines), device=cosines.device)
    return functional.cross_entropy(settings["similarity_scale"] * cosines, own, reduction="none")


def pair_losses(settings, cosines, targets):
    """The loss of each pair, or that of a batch as a whole."""
    if settings["embedding_loss"] == "cosine_similarity":
        return (cosines - targets) ** 2
    if settings["embedding_loss"] == "contrastive":
        apart = functional.relu(settings["contrastive_margin"] - (1 - cosines))
        return 0.5 * torch.where(targets > 0.5, (1 - cosines) ** 2, apart**2)
    # CoSENT
    differences = settings["similarity_scale"] * (cosines[:, None] - cosines[None, :])
    wrong = differences[targets[:, None] < targets[None, :]]
    return torch.logsumexp(torch.cat([wrong.new_zeros(1), wrong]), dim=0)


def batch_loss(model, batch, settings):
    """The mean over the examples of a batch."""
    count = len(batch["labels"])
    inputs = {name: values for name, values in batch.items() if name not in ("labels", "targets")}
    vectors = vectors_of(model, inputs, settings["pooling_mode"])
    anchors, others = vectors[:count], vectors[count:]
    if settings["rows"] == "ranking":
        return ranking_losses(settings, anchors @ others.T).mean()
    return pair_losses(settings, (anchors * others[:count]).sum(-1), batch["targets"]).mean()


def scores(model, examples, order, collate, settings, bf16=False):
    """Loss and metrics on all examples, under the names that they have in the studio. The model is in evaluation mode."""
    vectors = all_vectors(model, examples.rows, collate, settings, bf16)
    anchors, others = torch.tensor(examples.pairs).T
    cosines = (vectors[anchors] * vectors[others]).sum(-1)
    losses = []
    for start in range(0, len(examples), LOSS_BATCH):
        part = range(start, min(start + LOSS_BATCH, len(examples)))
        if settings["rows"] == "ranking":
            negatives = [row for index in part for row in examples.negatives_of(index)]
            candidates = [*others[part.start : part.stop].tolist(), *negatives]
            losses.append(ranking_losses(settings, vectors[anchors[part.start : part.stop]] @ vectors[candidates].T))
        else:
            targets = examples.targets[part.start : part.stop].double()
            losses.append(pair_losses(settings, cosines[part.start : part.stop], targets).expand(len(part)))
    found = {"eval_loss": float(torch.cat(losses).mean())}
    if settings["rows"] == "ranking":
        return {**found, **search_scores(vectors, anchors.tolist(), others.tolist(), examples.negatives)}
    metrics = scores_of_values if settings["rows"] == "scores" else scores_of_labels
    return {**found, **metrics(examples.targets.double(), cosines)}


def all_vectors(model, rows, collate, settings, bf16):
    """Those of all texts in double precision; texts of like length go together: less of a batch is padding."""
    device = next(model.parameters()).device
    order = sorted(range(len(rows)), key=rows.length, reverse=True)
    size = settings["per_device_eval_batch_size"]
    parts = []
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for start in range(0, len(order), size):
            inputs = collate.texts([rows[row] for row in order[start : start + size]])
            inputs = {name: values.to(device) for name, values in inputs.items()}
            parts.append(vectors_of(model, inputs, settings["pooling_mode"]).cpu().double())
    made = torch.cat(parts)
    return torch.empty_like(made).index_copy_(0, torch.tensor(order), made)
