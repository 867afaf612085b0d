"""Writes images by Pillow into the folder that standard input names, and prints the pixels that Pillow reads of them as RGB."""

import json
import sys

import numpy as np
from PIL import Image

folder = json.load(sys.stdin)["folder"]
numbers = np.random.RandomState(0)
color = numbers.randint(0, 256, (5, 7, 3)).astype(np.uint8)
inks = np.kron(numbers.randint(0, 256, (2, 2, 4)), np.ones((4, 4, 1))).astype(np.uint8)
rgb = Image.fromarray(color)
images = {
    "rgb.bmp": rgb,
    "palette.bmp": rgb.convert("P", palette=Image.ADAPTIVE),
    "grey.bmp": rgb.convert("L"),
    "bits.bmp": rgb.convert("1"),
    "inks.tiff": Image.fromarray(inks, mode="CMYK"),
    "inks.jpg": Image.fromarray(inks, mode="CMYK"),
    "float.tiff": Image.fromarray((np.arange(48, dtype=np.float32) * 5).reshape(6, 8), mode="F"),
    "deep.png": Image.fromarray((np.arange(48, dtype=np.uint16) * 11).reshape(6, 8)),
    "deep.tiff": Image.fromarray((np.arange(48, dtype=np.uint16) * 11).reshape(6, 8)),
    "grey-alpha.png": Image.fromarray(color[..., :2].copy(), mode="LA"),
    "wide.png": rgb.resize((70, 50)),
}
found = {}
for name, image in images.items():
    path = f"{folder}/{name}"
    image.save(path, **({"quality": 95} if name.endswith("jpg") else {}))
    found[name] = np.asarray(Image.open(path).convert("RGB")).reshape(-1).tolist()
print(json.dumps(found))
