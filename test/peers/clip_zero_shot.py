"""Classifies images by CLIPModel with the processor of its folder, alone or with an adapter loaded by PEFT.

Reads a list of {"base", "adapter" (null: the base alone), "images", "texts" (a list for each class)} from standard input, prints the
logits [images, classes] of each that zero-shot classifiers compute: the embeddings of a class's texts, of length 1, averaged, of length
1 again.
"""

import json
import sys

import peft
import torch
import transformers
from PIL import Image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

transformers.logging.set_verbosity_error()


def logits(request):
    model = transformers.CLIPModel.from_pretrained(request["base"], dtype=torch.float32)
    if request["adapter"] is not None:
        adapted = peft.get_peft_model(model, peft.PeftConfig.from_pretrained(request["adapter"]))
        loaded = peft.set_peft_model_state_dict(adapted, peft.utils.save_and_load.load_peft_weights(request["adapter"]))
        assert not loaded.unexpected_keys and not [key for key in loaded.missing_keys if "lora" in key], loaded
    model.eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(request["base"])
    processor = CLIPImageProcessorPil.from_pretrained(request["base"])
    pixels = processor([Image.open(path) for path in request["images"]], return_tensors="pt")["pixel_values"]
    with torch.no_grad():
        classes = []
        for texts in request["texts"]:
            tokens = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt")
            # With the first image alone: CLIPModel's own forward pass gives embeddings of length 1.
            embeddings = model(**tokens, pixel_values=pixels[:1]).text_embeds
            classes.append(torch.nn.functional.normalize(embeddings.mean(dim=0), dim=0))
        any_text = tokenizer(request["texts"][0][:1], return_tensors="pt")
        images = model(**any_text, pixel_values=pixels).image_embeds
        return (model.logit_scale.exp() * images @ torch.stack(classes).T).tolist()


print(json.dumps([logits(request) for request in json.load(sys.stdin)]))
