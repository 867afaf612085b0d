"""Images with classes: folders, Parquet and Arrow, with the pixels that Pillow reads as RGB."""

import io
import json

import datasets
import numpy as np
from PIL import Image

CLASSES = ["cat", "dog"]


def pixels_of(image):
    return np.asarray(image.convert("RGB")).reshape(-1).tolist()


def make(zoo):
    random = np.random.RandomState(7)
    drawn = [Image.fromarray(random.randint(0, 256, (6, 5, 3)).astype(np.uint8)) for _ in range(6)]
    pixels = [pixels_of(image) for image in drawn]
    labels = [at % 2 for at in range(6)]
    by_class = [pixels[at] for label in (0, 1) for at in range(6) if labels[at] == label]
    for at, image in enumerate(drawn):
        image.save(zoo.path(f"images/folder/train/{CLASSES[labels[at]]}/{at}.png"))
        image.save(zoo.path(f"images/folder/test/{CLASSES[labels[at]]}/{at}.png"))
    zoo.images("images/folder", "a folder of images by class", CLASSES, by_class)
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=CLASSES)})
    packed = []
    for image in drawn:
        file = io.BytesIO()
        image.save(file, "PNG")
        packed.append({"bytes": file.getvalue(), "path": None})
    data = datasets.Dataset.from_dict({"image": packed, "label": labels}, features=features)
    data.to_parquet(zoo.path("images/parquet/train-00000-of-00001.parquet"))
    data.to_parquet(zoo.path("images/parquet/test-00000-of-00001.parquet"))
    zoo.images("images/parquet", "Parquet with images, datasets", CLASSES, pixels)
    datasets.DatasetDict(train=data, test=data).save_to_disk(zoo.path("images/saved"))
    zoo.images("images/saved", "save_to_disk with images", CLASSES, pixels)
    for split in ["train", "test"]:
        for at, image in enumerate(drawn):
            image.save(zoo.path(f"images/loose/{split}/{at}.png"))
        zoo.path(f"images/loose/{split}/metadata.jsonl").write_text(
            "".join(json.dumps({"file_name": f"{at}.png", "label": CLASSES[labels[at]]}) + "\n" for at in range(6))
        )
    zoo.images("images/loose", "folders of images with metadata.jsonl", CLASSES, pixels)
