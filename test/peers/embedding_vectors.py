"""The vectors of texts by Transformers with PEFT, and by sentence-transformers.

Reads one JSON list of requests {"base", "adapter" (null: the base alone), "texts", "pooling"} from standard input and prints one JSON
list of answers: {"transformers": vectors, "sentence": vectors} of unit length.
"""

import json
import sys

import peft
import torch
import transformers
from sentence_transformers import SentenceTransformer


def pooled(states, mask, pooling):
    if pooling == "cls":
        return states[:, 0]
    if pooling == "lasttoken":
        return states[torch.arange(len(states)), mask.sum(1) - 1]
    return (states * mask.unsqueeze(-1)).sum(1) / mask.sum(1, keepdim=True)


def by_transformers(base, adapter, texts, pooling):
    tokenizer = transformers.AutoTokenizer.from_pretrained(base)
    tokenizer.padding_side = "right"
    model = transformers.AutoModel.from_pretrained(base, dtype=torch.float32)
    if adapter is not None:
        model = peft.PeftModel.from_pretrained(model, adapter)
        assert model.peft_config["default"].task_type == "FEATURE_EXTRACTION", model.peft_config["default"].task_type
    model.eval()
    inputs = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        states = model(**inputs).last_hidden_state
    return torch.nn.functional.normalize(pooled(states, inputs["attention_mask"], pooling), dim=-1)


def by_sentence_transformers(base, adapter, texts):
    model = SentenceTransformer(base, device="cpu")
    if adapter is not None:
        model.load_adapter(adapter)
    return torch.tensor(model.encode(texts, normalize_embeddings=True, show_progress_bar=False))


def answer(request):
    base, adapter, texts = request["base"], request["adapter"], request["texts"]
    vectors = by_transformers(base, adapter, texts, request["pooling"])
    return {"transformers": vectors.tolist(), "sentence": by_sentence_transformers(base, adapter, texts).tolist()}


transformers.logging.set_verbosity_error()
torch.set_num_threads(2)
print(json.dumps([answer(request) for request in json.load(sys.stdin)]))
