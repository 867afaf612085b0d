"""Makes base models whose head the class in config.json decides, and their outputs by transformers: test/engine/models/golden-outputs.test.ts.

usage: python test/golden/make/make-head-golden.py
needs: pip install torch transformers==5.24 safetensors

Per model: base/, inputs.safetensors (right-padded), base-outputs.safetensors (logits, or last_hidden_state of a model without a head).
"""

import json
import shutil

import torch
import transformers
from safetensors.torch import save_file

from folders import GOLDEN, OUTPUT

# Folder: golden model that gives the sizes, class, and further keys of config.json.
MODELS = {
    "qwen2-reward": ("qwen2", "Qwen2ForSequenceClassification", {"num_labels": 1, "tie_word_embeddings": True}),
    "llama-classifier": ("llama", "LlamaForSequenceClassification", {"num_labels": 3, "tie_word_embeddings": False}),
    "qwen3-tokens": ("qwen3", "Qwen3ForTokenClassification", {"num_labels": 4, "tie_word_embeddings": True}),
    "qwen3-bare": ("qwen3", "Qwen3Model", {}),
    "qwen2-bidirectional": ("qwen2", "Qwen2Model", {"is_causal": False}),
    "gpt2-classifier": ("gpt2", "GPT2ForSequenceClassification", {"num_labels": 2, "pad_token_id": 0}),
    "gpt2-tokens": ("gpt2", "GPT2ForTokenClassification", {"num_labels": 3, "pad_token_id": 0}),
    "gpt-neox-tokens": ("gpt-neox", "GPTNeoXForTokenClassification", {"num_labels": 3}),
    "bert-next-sentence": ("bert", "BertForNextSentencePrediction", {}),
    "deberta-v2-absolute": (
        "deberta-v2",
        "DebertaV2ForSequenceClassification",
        {"num_labels": 3, "relative_attention": False, "pos_att_type": ["p2c", "c2p"], "position_biased_input": True},
    ),
}


def make(name, sizes, cls, further):
    folder = OUTPUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    given = json.loads((GOLDEN / sizes / "base" / "config.json").read_text())
    keys = {key: value for key, value in given.items() if key not in ("architectures", "id2label", "label2id")}
    config = transformers.AutoConfig.for_model(keys.pop("model_type"), **{**keys, **further})
    # AutoConfig drops is_causal, which configs of published models have.
    for key, value in further.items():
        setattr(config, key, value)
    torch.manual_seed(sum(map(ord, name)))
    model = getattr(transformers, cls)(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.15 * torch.randn_like(parameter))
    model.save_pretrained(folder / "base")
    ids = torch.randint(5, config.vocab_size, (2, 9))
    mask = torch.ones_like(ids)
    mask[1, 6:] = 0
    ids[1, 6:] = config.pad_token_id or 0
    with torch.no_grad():
        output = model(input_ids=ids, attention_mask=mask)
    key = "logits" if "logits" in output else "last_hidden_state"
    save_file({"input_ids": ids.to(torch.int32), "attention_mask": mask.to(torch.int32)}, folder / "inputs.safetensors")
    save_file({key: output[key].contiguous()}, folder / "base-outputs.safetensors")


transformers.logging.set_verbosity_error()
torch.set_num_threads(1)
for name, (sizes, cls, further) in MODELS.items():
    make(name, sizes, cls, further)
