"""The examples of a CoTo Studio run: `data.safetensors` holds them exactly as the model read them.

Images are bytes in the model's size. Texts are tokens: rows of different lengths one after the other, with `offsets` that say
where each begins and the last one ends.
"""

import inspect

import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

IGNORED = -100  # the label of a token that nothing is asked about


def load_examples(tensors, settings):
    """The examples to learn from, and those to score the model on."""
    kinds = {
        "image-classification": (Images, Images),
        "text-classification": (LabelledTexts, LabelledTexts),
        "token-classification": (TaggedTexts, TaggedTexts),
        "qa": (Questions, Questions),
        "causal-lm": (LearnedTexts, LearnedTexts),
        "seq2seq": (TextPairs, TextPairs),
        "multiple-choice": (LearnedTexts, Choices),
    }
    train, test = kinds[settings["task"]]
    own = {"start": settings["decoder_start_token_id"]} if train is TextPairs else {}
    return train(tensors, "train", **own), test(tensors, "test", **own)


class Rows:
    """Rows of tokens, and tensors that have an entry for each of these tokens."""

    def __init__(self, tensors, name, *marks):
        self.offsets = tensors[f"{name}.offsets"].tolist()
        self.columns = [tensors[f"{name}.{column}"] for column in ("input_ids", *marks)]

    def __len__(self):
        return len(self.offsets) - 1

    def __getitem__(self, index):
        return [column[self.offsets[index] : self.offsets[index + 1]].long() for column in self.columns]

    def length(self, index):
        return self.offsets[index + 1] - self.offsets[index]


class Images(Dataset):
    """Images with a class each. A table gives the float that each byte of a channel stands for."""

    def __init__(self, tensors, split):
        self.table = tensors["pixel_values"]
        self.pixels = tensors[f"{split}.pixel_bytes"]
        self.labels = tensors[f"{split}.labels"].long()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        values = self.pixels[index].permute(2, 0, 1).long()
        return {"pixel_values": torch.stack([row[plane] for row, plane in zip(self.table, values)]), "labels": self.labels[index]}

    def length(self, index):
        return 1


class LabelledTexts(Dataset):
    """Texts for an encoder, each with its class, its labels (0 or 1 for each) or its value."""

    def __init__(self, tensors, split):
        self.rows = Rows(tensors, split, "token_type_ids")
        labels = tensors[f"{split}.labels"]
        self.labels = labels if labels.is_floating_point() else labels.long()

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        ids, types = self.rows[index]
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": types, "labels": self.labels[index]}

    def length(self, index):
        return self.rows.length(index)


class TaggedTexts(Dataset):
    """Texts for an encoder, the first token of each word with the word's tag."""

    def __init__(self, tensors, split):
        self.rows = Rows(tensors, split, "labels")

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        ids, labels = self.rows[index]
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}

    def length(self, index):
        return self.rows.length(index)


class Questions(Dataset):
    """Questions with a window of their text. A label is the first and the last token of the answer, and the tokens of the row."""

    def __init__(self, tensors, split):
        self.rows = Rows(tensors, split, "token_type_ids")
        self.labels = tensors[f"{split}.labels"].long()
        self.questions = tensors[f"{split}.questions"].long()

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        ids, types = self.rows[index]
        labels = torch.cat([self.labels[index], torch.tensor([len(ids)])])
        return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": types, "labels": labels}

    def length(self, index):
        return self.rows.length(index)

    def by_question(self, losses):
        """The mean of the losses of each question's windows."""
        counts = torch.bincount(self.questions)
        return torch.zeros(len(counts)).index_add_(0, self.questions, losses) / counts


class LearnedTexts(Dataset):
    """Texts for a language model. `learned` is 1 for the tokens in the loss, and 2 for those of them that only end a text."""

    def __init__(self, tensors, split):
        self.rows = Rows(tensors, split, "learned")
        self.is_scored = split == "test"

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        ids, learned = self.rows[index]
        example = language_example(ids, learned > 0)
        return {**example, "ends": learned == 2} if self.is_scored else example

    def length(self, index):
        return self.rows.length(index)


class TextPairs(Dataset):
    """Texts for an encoder, each with the text that the decoder writes. `learned` is 2 for the token that only ends it."""

    def __init__(self, tensors, split, start):
        self.sources = Rows(tensors, split)
        self.targets = Rows(tensors, f"{split}.targets", "learned")
        self.start = start
        self.is_scored = split == "test"

    def __len__(self):
        return len(self.sources)

    def __getitem__(self, index):
        (ids,), (target, learned) = self.sources[index], self.targets[index]
        read = torch.cat([torch.tensor([self.start]), target[:-1]])
        example = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "decoder_input_ids": read, "labels": target}
        return {**example, "ends": learned == 2} if self.is_scored else example

    def length(self, index):
        return self.sources.length(index) + self.targets.length(index)


class Choices(Dataset):
    """Every answer that a text could have, each after its prompt: those of the first text, then those of the second."""

    def __init__(self, tensors, split):
        self.prompts = Rows(tensors, f"{split}.prompts")
        self.choices = Rows(tensors, f"{split}.choices")
        self.characters = tensors[f"{split}.choice_characters"]
        self.counts = tensors[f"{split}.choice_counts"].tolist()
        self.texts = [text for text, count in enumerate(self.counts) for _ in range(count)]
        self.labels = tensors[f"{split}.labels"].long()

    def __len__(self):
        return len(self.choices)

    def __getitem__(self, index):
        (prompt,), (choice,) = self.prompts[self.texts[index]], self.choices[index]
        ids = torch.cat([prompt, choice])
        return language_example(ids, torch.arange(len(ids)) >= len(prompt))

    def length(self, index):
        return self.prompts.length(self.texts[index]) + self.choices.length(index)

    def by_text(self, values):
        """The values of all choices as [texts, most choices of a text]; -inf where a text has fewer."""
        return pad_sequence(values.split(self.counts), batch_first=True, padding_value=float("-inf"))


def language_example(ids, counts):
    """Labels as Transformers has them: a token that counts is its own label, and is foretold at the place before it."""
    labels = torch.where(counts, ids, IGNORED)
    labels[0] = IGNORED
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}


class Collator:
    """Makes a batch of what the model takes of the examples; rows of tokens are filled up on the right."""

    def __init__(self, model, pad_token_id):
        self.taken = {"labels", "ends", *inspect.signature(model.forward).parameters}
        self.fillings = {"input_ids": pad_token_id, "decoder_input_ids": pad_token_id, "labels": IGNORED}

    def __call__(self, examples):
        return {key: self.stack(key, [example[key] for example in examples]) for key in examples[0] if key in self.taken}

    def stack(self, key, values):
        if values[0].dim() == 0:
            return torch.stack(values)
        return pad_sequence(values, batch_first=True, padding_value=self.fillings.get(key, 0))
