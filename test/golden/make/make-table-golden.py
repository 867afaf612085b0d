"""Writes test/golden/tables: what Hugging Face's datasets and openpyxl write, read by test/engine/data/saved-tables.test.ts.

usage: python test/golden/make/make-table-golden.py, with datasets, pillow, polars and openpyxl
"""

import datetime
import shutil

import openpyxl
import polars
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, Sequence, Value
from PIL import Image as Pillow

from folders import OUTPUT

folder = OUTPUT / "tables"
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)

classes = ClassLabel(names=["sea", "land"])
features = Features(
    {
        "text": Value("string"),
        "label": classes,
        "tags": Sequence(Value("string")),
        "stars": Value("int64"),
        "score": Value("float32"),
        "when": Value("timestamp[s]"),
        "notes": {"by": Value("string"), "pages": Sequence(Value("int32"))},
    }
)


def rows(count, offset=0):
    numbers = range(offset, offset + count)
    return {
        "text": [f"text {number} é" for number in numbers],
        "label": [number % 2 for number in numbers],
        "tags": [["a", "b"][: number % 3] for number in numbers],
        "stars": [2**53 + number for number in numbers],
        "score": [number / 2 for number in numbers],
        "when": [datetime.datetime(2024, 5, 1, 12, 0, number) for number in numbers],
        "notes": [{"by": f"n{number}", "pages": [number]} for number in numbers],
    }


train = Dataset.from_dict(rows(5), features=features)
test = Dataset.from_dict(rows(2, 5), features=features)
DatasetDict({"train": train, "test": test}).save_to_disk(folder / "saved", num_shards={"train": 2, "test": 1})

pictures = [Pillow.new("RGB", (6, 4), (40 * number, 0, 255 if number % 2 else 0)) for number in range(6)]
images = Dataset.from_dict(
    {"image": pictures, "label": [number % 2 for number in range(6)]},
    features=Features({"image": Image(), "label": ClassLabel(names=["red", "blue"])}),
)
images.to_parquet(folder / "images.parquet", batch_size=2)
images.save_to_disk(folder / "images")

book = openpyxl.Workbook()
sheet = book.active
sheet.title = "Reviews"
sheet.append(["text", "stars", "when", "seen"])
sheet.append(["good & <fine>", 5, datetime.date(2024, 5, 1), True])
sheet.append([None, None, None, None])
sheet.append(["  bad  ", 1.5, datetime.date(2024, 5, 2), False])
other = book.create_sheet("Other")
other.append(["body", "kind"])
other.append(["one", "x"])
book.save(folder / "book.xlsx")
for left in folder.rglob("*.lock"):
    left.unlink()

# Its schema has no length before it, and its texts are views.
polars.DataFrame(
    {"text": ["short", "a text that is longer than a view", "日本語のレビュー"], "label": ["x", "y", "x"]}
).write_ipc(folder / "polars.arrow")
