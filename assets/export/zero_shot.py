"""CLIP as a classifier by texts of the classes, as CoTo Studio trains and scores it."""

import torch
from torch.nn import functional
from transformers.utils import ModelOutput


class ZeroShot:
    """The forward pass of a `CLIPModel` with an adapter: logits [images, classes] of images and the texts of the classes.

    The embeddings of a class's texts, each of length 1, are averaged, and the mean is made of length 1 again.
    """

    def __init__(self, model, texts):
        self.base = model.get_base_model()
        self.texts = texts.long()  # [classes, templates, tokens]
        trained = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
        # Without an adapter on the text tower, its embeddings stay as they are.
        self.trains_texts = any("text_model" in name or "text_projection" in name for name in trained)
        self.known = None

    def __call__(self, pixel_values, **_):  # Trainer also passes num_items_in_batch, which the loss takes
        images = unit(self.base.get_image_features(pixel_values=pixel_values))
        return ModelOutput(logits=self.base.logit_scale.exp() * images @ self.classes(pixel_values.device).T)

    def classes(self, device):
        if self.trains_texts:
            return self.embeddings(device)
        if self.known is None:
            with torch.no_grad():
                self.known = self.embeddings(device)
        return self.known.to(device)

    def embeddings(self, device):
        texts = unit(self.base.get_text_features(input_ids=self.texts.flatten(0, 1).to(device)))
        return functional.normalize(texts.unflatten(0, self.texts.shape[:2]).mean(dim=1), dim=-1)


def unit(features):
    vectors = features if isinstance(features, torch.Tensor) else features.pooler_output
    return functional.normalize(vectors, dim=-1)
