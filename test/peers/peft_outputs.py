"""Loads adapter folders with the real PEFT and says what it makes of them.

Reads one JSON list of requests from standard input and prints one JSON list of answers, in the same order:
  {"base", "class", "adapter" (null: the base alone), "inputs", "outputs", "labels" (of a new head; left out: the base's own),
   "inner" (whether PEFT's wrapper of the task is passed by: the one of QUESTION_ANS drops token_type_ids)}
  -> {"unexpected", "missing", "written", "config"}, or {"refused"} where PEFT has no such adapter for a kind of layer
`inputs` is a safetensors file of named tensors; the model's outputs for them go to `outputs`. `written` lists the keys and
shapes that PEFT would save, `config` is the adapter's config as PEFT understood it.
"""

import json
import sys

import peft
import torch
import transformers
from peft.utils.save_and_load import load_peft_weights
from safetensors.torch import load_file, save_file

OUTPUTS = {"logits": "logits", "logits_per_image": "logits", "text_embeds": "text_embeds", "image_embeds": "image_embeds"}


def json_value(value):
    """Enumerations by their value, sets sorted: what adapter_config.json would hold."""
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, dict):
        return {str(key): json_value(entry) for key, entry in value.items()}
    return getattr(value, "value", value)


def load_adapter(base, folder):
    config = peft.PeftConfig.from_pretrained(folder)
    model = peft.get_peft_model(base, config)
    result = peft.set_peft_model_state_dict(model, load_peft_weights(folder))
    saved = peft.get_peft_model_state_dict(model)
    # Tensors that all modules share are saved once more for every module: the same tensor under other names.
    shared = tuple(key.removeprefix("base_model") for key in saved if key.count(".") == 1)
    written = {key: list(tensor.shape) for key, tensor in saved.items() if key.count(".") == 1 or not key.endswith(shared)}
    copies = tuple(f"{name}.default" for name in shared)
    own = [key for key in result.missing_keys if model.base_model.prefix in key or "modules_to_save" in key]
    missing = [key for key in own if not key.endswith(copies)]
    settings = {key: json_value(value) for key, value in model.peft_config["default"].to_dict().items()}
    answer = {"unexpected": list(result.unexpected_keys), "missing": missing, "written": written, "config": settings}
    return model, answer


def answer(request):
    own = {"num_labels": request["labels"]} if "labels" in request else {}
    base = getattr(transformers, request["class"]).from_pretrained(request["base"], dtype=torch.float32, **own)
    if request["adapter"] is None:
        model, said = base, {}
    else:
        try:
            model, said = load_adapter(base, request["adapter"])
        except TypeError as error:
            return {"refused": str(error)}
    model.eval()
    with torch.no_grad():
        inputs = load_file(request["inputs"])
        output = model.base_model(**inputs) if request.get("inner") and request["adapter"] is not None else model(**inputs)
    if "start_logits" in output:
        output = {"logits": torch.stack([output["start_logits"], output["end_logits"]], dim=-1)}
    named = {OUTPUTS[key]: value.contiguous() for key, value in output.items() if key in OUTPUTS}
    save_file(named, request["outputs"])
    return said


transformers.logging.set_verbosity_error()
torch.set_num_threads(2)
print(json.dumps([answer(request) for request in json.load(sys.stdin)]))
