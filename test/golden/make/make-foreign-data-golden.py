"""Writes test/golden/foreign-data: workbooks, spaCy's DocBin and shards of WebDataset as their own libraries write them.

usage: python test/golden/make/make-foreign-data-golden.py, with openpyxl, spacy, webdataset and pillow
"""

import io
import json
import shutil

import openpyxl
import spacy
import webdataset
from PIL import Image
from spacy.tokens import DocBin

from folders import OUTPUT

folder = OUTPUT / "foreign-data"
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)

rows = [("It is good", "x"), ("It is bad", "y"), ("It is fine", "x")]
book = openpyxl.Workbook()


def sheet(name, names=("text", "label"), row=1, column=1, title=None):
    made = book.create_sheet(name)
    if title:
        made.cell(1, 1, title)
    for at, cells in enumerate([names, *rows]):
        for to, cell in enumerate(cells):
            made.cell(row + at, column + to, cell)


book.remove(book.active)
sheet("Empty", row=3)
sheet("Titled", row=4, title="Survey of 2024")
sheet("Own", names=("remark", "verdict"), row=4, title="Survey of 2024")
sheet("Shifted", row=2, column=3)
book.save(folder / "messy.xlsx")

nlp = spacy.blank("en")
entities = DocBin()
for text, spans in [
    ("Anna Karenina lives in Moscow.", [(0, 13, "PERSON"), (23, 29, "GPE")]),
    ("Nobody's here, it rains.", []),
    ("They left São Paulo and Rome", [(10, 19, "GPE"), (24, 28, "GPE")]),
]:
    doc = nlp(text)
    doc.ents = [doc.char_span(*span[:2], label=span[2]) for span in spans]
    entities.add(doc)
entities.to_disk(folder / "entities.spacy")

classes = DocBin()
for text, cats in [
    ("It is good,  really", {"POSITIVE": 1.0, "NEGATIVE": 0.0}),
    ("It is bad", {"POSITIVE": 0.0, "NEGATIVE": 1.0}),
    ("It is\nfine", {"POSITIVE": 1.0, "NEGATIVE": 0.0}),
]:
    doc = nlp(text)
    doc.cats = cats
    classes.add(doc)
classes.to_disk(folder / "classes.spacy")

several = DocBin()
for text, cats in [
    ("Go away", {"toxic": 1.0, "insult": 1.0}),
    ("Hello", {"toxic": 0.0, "insult": 0.0}),
    ("You", {"toxic": 0.0, "insult": 1.0}),
]:
    doc = nlp(text)
    doc.cats = cats
    several.add(doc)
several.to_disk(folder / "several.spacy")


def png(color):
    data = io.BytesIO()
    Image.new("RGB", (6, 4), color).save(data, "PNG")
    return data.getvalue()


shards = folder / "images"
shards.mkdir()
for name, samples in {
    "train-000000": [("a", (255, 0, 0), 0), ("b", (0, 0, 255), 1)],
    "train-000001": [("c", (200, 0, 0), 0), ("d", (0, 0, 200), 1)],
    "test-000000": [("e", (250, 0, 0), 0), ("f", (0, 0, 250), 1)],
}.items():
    with webdataset.TarWriter(str(shards / f"{name}.tar"), mtime=0) as sink:
        for key, color, label in samples:
            sink.write({"__key__": f"folder/{key}", "png": png(color), "cls": label})

with webdataset.TarWriter(str(folder / "classes.tar"), mtime=0) as sink:
    for key, color, name in [("a", (255, 0, 0), "red"), ("b", (0, 0, 255), "blue")]:
        sink.write({"__key__": key, "png": png(color), "json": {"label": name, "width": 6}})

with webdataset.TarWriter(str(folder / "texts.tar"), mtime=0) as sink:
    for key, (text, label) in enumerate(rows):
        sink.write({"__key__": f"{key:04}", "txt": text, "cls": label.encode()})

with webdataset.TarWriter(str(folder / "rows.tar"), mtime=0) as sink:
    for key, (text, label) in enumerate(rows):
        sink.write({"__key__": f"{key:04}", "json": json.dumps({"text": text, "label": label}).encode()})

with webdataset.TarWriter(str(folder / "captions.tar"), mtime=0) as sink:
    for key, text in [("a", "a red field"), ("b", "a blue field")]:
        sink.write({"__key__": key, "png": png((255, 0, 0)), "txt": text})

for name, besides in {
    "two-labels": {"fine_label": "rose", "coarse_label": "flower"},
    "talks": {"messages": [{"role": "user", "content": "What is it?"}, {"role": "assistant", "content": "A field."}]},
    "described": {"label": "field", "caption": "a wide red field in the sun"},
}.items():
    with webdataset.TarWriter(str(folder / f"{name}.tar"), mtime=0) as sink:
        for key in ["a", "b"]:
            sink.write({"__key__": key, "png": png((255, 0, 0)), "json": besides})
