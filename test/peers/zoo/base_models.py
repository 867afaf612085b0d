"""Writes checkpoints of every class that Transformers has for the families of the golden models, and what it computes with each.

stdin: {"golden": folder of the golden models, "folder": where to write, "models": [names of golden models]}
stdout: [{"folder", "family", "class", "kind"}], one entry a checkpoint; each folder has inputs.safetensors and outputs.safetensors
"""

import json
import re
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")

import torch
import transformers
from safetensors.torch import save_file
from transformers.models.auto import modeling_auto as auto

# Name of a mapping of Transformers' auto classes: what its classes are.
MAPPINGS = {
    "MODEL_MAPPING_NAMES": "without a head",
    "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES": "language model",
    "MODEL_FOR_MASKED_LM_MAPPING_NAMES": "masked words",
    "MODEL_FOR_PRETRAINING_MAPPING_NAMES": "pre-training",
    "MODEL_FOR_NEXT_SENTENCE_PREDICTION_MAPPING_NAMES": "next sentence",
    "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES": "classifier of texts",
    "MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES": "classifier of tokens",
    "MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES": "answers in texts",
    "MODEL_FOR_MULTIPLE_CHOICE_MAPPING_NAMES": "multiple choice",
    "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES": "text to text",
    "MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES": "classifier of images",
}
PRETRAINING = re.compile(r"For(MaskedLM|PreTraining|ImageClassificationWithTeacher)$")
OWN = ("architectures", "id2label", "label2id", "transformers_version", "dtype", "problem_type")


def variants(kind, keys):
    """What else the checkpoint may say: name, and keys of config.json."""
    yield "", {}
    if kind == "classifier of texts":
        yield "one label", {"num_labels": 1}
    if kind in ("language model", "classifier of texts") and "tie_word_embeddings" in keys:
        tied = bool(keys["tie_word_embeddings"])
        yield ("untied" if tied else "tied"), {"tie_word_embeddings": not tied}
    if kind == "without a head" and "num_key_value_heads" in keys:
        yield "is_causal: false", {"is_causal": False}


def outputs_of(model, config, keys):
    if "image_size" in keys:
        size = keys["image_size"] if isinstance(keys["image_size"], int) else keys["image_size"][0]
        inputs = {"pixel_values": torch.rand(2, keys.get("num_channels", 3), size, size)}
    else:
        ids = torch.randint(5, config.vocab_size, (2, 9))
        mask = torch.ones_like(ids)
        mask[1, 6:] = 0
        ids[1, 6:] = config.pad_token_id or 0
        inputs = {"input_ids": ids, "attention_mask": mask}
        if config.is_encoder_decoder:
            inputs["decoder_input_ids"] = torch.randint(5, config.vocab_size, (2, 5))
    given = inputs
    if "MultipleChoice" in type(model).__name__:
        given = {key: value[:, None] for key, value in inputs.items()}
    if "ForConditionalGeneration" not in type(model).__name__ and "EncoderModel" in type(model).__name__:
        given = {key: value for key, value in inputs.items() if key != "decoder_input_ids"}
    with torch.no_grad():
        output = model(**given)
    if "start_logits" in output:
        name, value = "logits", torch.stack([output["start_logits"], output["end_logits"]], dim=-1)
    else:
        name = next(key for key in ("logits", "prediction_logits", "last_hidden_state") if key in output)
        value = output[name]
    outputs = {name: value}
    # A head of pre-training is said to be unused: the states before it are compared.
    if PRETRAINING.search(type(model).__name__):
        with torch.no_grad():
            outputs["last_hidden_state"] = model.base_model(**given).last_hidden_state
    return inputs, outputs


def make(name, golden, out, cls, kind, said, further, written):
    keys = json.loads((golden / name / "base" / "config.json").read_text())
    model_type = keys.pop("model_type")
    keys = {key: value for key, value in keys.items() if key not in OWN}
    labels = {} if "num_labels" in further else {"num_labels": 3}
    config = transformers.AutoConfig.for_model(model_type, **{**keys, **labels, **further})
    for key, value in further.items():
        setattr(config, key, value)
    if getattr(config, "pad_token_id", 0) is None:
        config.pad_token_id = 0
    torch.manual_seed(len(written))
    model = getattr(transformers, cls)(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    inputs, outputs = outputs_of(model, config, keys)
    folder = f"{len(written)}-{name}-{cls}"
    model.save_pretrained(out / folder)
    ints = {key: tensor if tensor.is_floating_point() else tensor.to(torch.int32) for key, tensor in inputs.items()}
    save_file({key: tensor.contiguous() for key, tensor in ints.items()}, out / folder / "inputs.safetensors")
    save_file({key: value.float().contiguous() for key, value in outputs.items()}, out / folder / "outputs.safetensors")
    described = f"{cls}, {said}" if said else cls
    written.append({"folder": folder, "family": model_type, "class": described, "kind": kind})


def main():
    request = json.load(sys.stdin)
    golden, out = Path(request["golden"]), Path(request["folder"])
    written, seen = [], set()
    for name in request["models"]:
        keys = json.loads((golden / name / "base" / "config.json").read_text())
        for mapping, kind in MAPPINGS.items():
            found = getattr(auto, mapping, {}).get(keys["model_type"])
            for cls in [found] if isinstance(found, str) else list(found or ()):
                for said, further in variants(kind, keys):
                    if (name, cls, said) in seen or not hasattr(transformers, cls):
                        continue
                    seen.add((name, cls, said))
                    try:
                        make(name, golden, out, cls, kind, said, further, written)
                    except Exception as error:  # Transformers cannot build or run it.
                        print(f"{name} {cls} {said}: {error}", file=sys.stderr)
    print(json.dumps(written))


transformers.logging.set_verbosity_error()
torch.set_num_threads(1)
main()
