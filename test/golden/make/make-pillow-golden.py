"""Makes test/golden/pillow/resize.json: images resized by Pillow with every filter, and an RGB image converted to gray.

usage: python test/golden/make/make-pillow-golden.py
needs: pip install pillow==11.3.0
The source images are those that the file has already.
"""

import json

import PIL
from PIL import Image

from folders import GOLDEN, OUTPUT

FILTERS = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]
# height, width: smaller, larger, and narrower than both sources
SIZES = [(4, 5), (20, 17), (9, 6)]
MODES = {"rgb": "RGB", "grey": "L"}

known = json.loads((GOLDEN / "pillow" / "resize.json").read_text())
sources = {name: known[name] for name in MODES}


def image_of(name):
    source = sources[name]
    return Image.frombytes(MODES[name], (source["width"], source["height"]), bytes(source["pixels"]))


cases = [
    {
        "input": name,
        "filter": filter_name,
        "height": height,
        "width": width,
        "pixels": list(image_of(name).resize((width, height), Image.Resampling[filter_name.upper()]).tobytes()),
    }
    for name in MODES
    for filter_name in FILTERS
    for height, width in SIZES
]
made = {
    "made_with": f"Pillow {PIL.__version__}: Image.resize and convert('L')",
    "cases": cases,
    **sources,
    "rgb_as_grey": list(image_of("rgb").convert("L").tobytes()),
}
(OUTPUT / "pillow").mkdir(parents=True, exist_ok=True)
(OUTPUT / "pillow" / "resize.json").write_text(json.dumps(made))
