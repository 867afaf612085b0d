"""The loss of a run's task, and the scores of a model on its test examples, as CoTo Studio defines them."""

import importlib

import torch
from torch.nn import functional
from torch.utils.data import DataLoader

from examples import IGNORED

WRITING = ("causal-lm", "seq2seq")  # tasks whose scores are of tokens


def training_loss(problem_type, penalty=None):
    """The mean over all labels of a step, however they are cut into batches, and a penalty: Trainer's `compute_loss_func`."""

    def loss(outputs, labels, num_items_in_batch=None):
        if problem_type is None:
            losses, *_ = token_losses(outputs, labels)
        elif "start_logits" in outputs:
            losses = answer_losses(outputs, labels)
        else:
            losses = head_losses(problem_type, *of_tagged(outputs.logits, labels))
        count = losses.numel() if num_items_in_batch is None else num_items_in_batch
        if num_items_in_batch is not None and "start_logits" in outputs:
            # Trainer counts the length of a row as a label too.
            count = num_items_in_batch * 2 / 3
        loss = losses.sum() / count
        return loss if penalty is None else loss + penalty() * (losses.numel() / count)

    return loss


def of_tagged(logits, labels):
    """Of a head on tokens, the logits and labels of those that have one; of another, what is given."""
    if logits.dim() < 3:
        return logits, labels
    tagged = labels != IGNORED
    return logits[tagged], labels[tagged]


def answer_losses(outputs, labels):
    """Of each row the losses of where its answer begins and ends, [rows, 2], among its own tokens and not the padding."""
    logits = torch.stack([outputs.start_logits, outputs.end_logits], -1).float()
    beyond = torch.arange(logits.shape[1], device=logits.device) >= labels[:, 2:]
    return functional.cross_entropy(logits.masked_fill(beyond[..., None], -1e9), labels[:, :2], reduction="none")


def head_losses(problem_type, logits, labels):
    """The loss of each label: one for an example, or as many as the head has outputs."""
    logits = logits.float()
    if problem_type == "regression":
        return functional.mse_loss(logits, labels, reduction="none")
    if problem_type == "multi_label_classification":
        return functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return functional.cross_entropy(logits, labels, reduction="none")


def foretold(outputs, labels):
    """The labels of each place: of a text that is continued, those of the next one; a decoder behind an encoder is given them so."""
    return labels if "encoder_last_hidden_state" in outputs else functional.pad(labels[:, 1:], (0, 1), value=IGNORED)


def token_losses(outputs, labels):
    """Of each token that counts: its loss in nats, whether no other token was likelier, and the row that it is in."""
    logits, labels = outputs.logits, foretold(outputs, labels)
    rows, places = (labels != IGNORED).nonzero(as_tuple=True)
    logits, labels = logits[rows, places].float(), labels[rows, places]
    leads = logits.gather(1, labels[:, None])[:, 0] >= logits.amax(-1)
    return functional.cross_entropy(logits, labels, reduction="none"), leads, rows


def evaluate(model, examples, collate, settings, bf16=False):
    """The scores on all test examples, under the names that they have in the studio."""
    task, problem_type = settings["task"], settings["problem_type"]
    # A language model's logits are large: no more texts at once than in training.
    batch_size = settings["per_device_eval_batch_size" if problem_type else "per_device_train_batch_size"]
    # Texts of like length go together: less of a batch is padding.
    order = sorted(range(len(examples)), key=examples.length, reverse=True)
    device = next(model.parameters()).device
    model.eval()
    if "script" in settings:
        return importlib.import_module(settings["script"]).scores(model, examples, order, collate, settings, bf16)
    results = []
    with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        for batch in DataLoader(examples, batch_size, sampler=order, collate_fn=collate):
            labels, ends = batch.pop("labels").to(device), batch.pop("ends", None)
            outputs = model(**{key: values.to(device) for key, values in batch.items()})
            results.append([part.cpu() for part in outputs_to_score(outputs, labels, ends, settings)])
    parts = [torch.cat(part) for part in zip(*results)]
    if task == "qa":
        losses = torch.empty_like(parts[0]).index_copy_(0, torch.tensor(order), parts[0])
        return {"eval_loss": float(examples.by_question(losses).mean())}
    if task in WRITING:
        return language_scores(*parts)
    if task == "multiple-choice":
        # As if the likelihoods were the logits of a head.
        logits = torch.empty_like(parts[0]).index_copy_(0, torch.tensor(order), parts[0])
        if settings["length_normalized"]:
            logits = logits / examples.characters
        return head_scores("single_label_classification", examples.by_text(logits), examples.labels)
    return head_scores(problem_type, *parts)


def outputs_to_score(outputs, labels, ends, settings):
    """What has to be kept of a batch: not the logits of a whole vocabulary."""
    if settings["task"] == "qa":
        return (answer_losses(outputs, labels).mean(-1),)
    logits = outputs.logits
    if settings["problem_type"] is not None:
        logits, labels = of_tagged(logits, labels)
        return logits.float(), labels
    losses, leads, rows = token_losses(outputs, labels)
    if settings["task"] in WRITING:
        counts = (labels != IGNORED).cpu()
        return losses, leads, ~ends[counts]
    return (torch.zeros(len(labels), device=losses.device).index_add_(0, rows, -losses),)


def language_scores(losses, leads, own):
    """The perplexity leaves out the tokens that only end an answer or a text."""
    perplexity = losses[own].mean().exp()
    return {"eval_loss": float(losses.mean()), "eval_accuracy": float(leads.float().mean()), "eval_perplexity": float(perplexity)}


def head_scores(problem_type, logits, labels):
    scores = {"eval_loss": float(head_losses(problem_type, logits, labels).mean())}
    if problem_type == "regression":
        pearson = torch.corrcoef(torch.cat([logits, labels], dim=1).double().T)[0, 1]
        # There is none where all values are the same.
        return scores if pearson.isnan() else {**scores, "eval_pearson": float(pearson)}
    if problem_type == "multi_label_classification":
        right = ((logits > 0) == (labels > 0)).all(-1)
    else:
        right = logits.argmax(-1) == labels
    return {**scores, "eval_accuracy": float(right.float().mean())}
