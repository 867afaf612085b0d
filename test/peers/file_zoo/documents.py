"""JSON and JSON Lines, as pandas, polars, duckdb, datasets and programs write them."""

import gzip
import json

import datasets
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa

from delimited import frame
from zoo import REVIEWS, labelled

ROWS = [{"text": text, "label": label} for text, label in REVIEWS]


def make(zoo):
    def text(name, kind, content, examples=None, options=None, encoding="utf-8"):
        zoo.path(name).write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        zoo.add(name, kind, examples or labelled(), options)

    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
    text("json/lines.jsonl", "JSON Lines", lines)
    text("json/lines.ndjson", "JSON Lines called .ndjson", lines)
    text("json/lines.json", "JSON Lines called .json", lines)
    text("json/escaped.jsonl", "JSON Lines in ASCII", "".join(json.dumps(row) + "\n" for row in ROWS))
    text("json/marked.jsonl", "JSON Lines with a byte order mark", lines, encoding="utf-8-sig")
    text("json/utf-16.jsonl", "JSON Lines in UTF-16", lines, encoding="utf-16")
    text("json/crlf.jsonl", "JSON Lines, lines end as on Windows", lines.replace("\n", "\r\n"))
    text("json/list.json", "JSON, a list", json.dumps(ROWS))
    text("json/pretty.json", "JSON, a list over many lines", json.dumps(ROWS, indent=2, ensure_ascii=False))
    text("json/data.json", 'JSON, {"data": […]}', json.dumps({"version": "1.1", "data": ROWS}))
    text("json/items.json", 'JSON, {"data": {"items": […]}}', json.dumps({"data": {"items": ROWS, "count": 3}}))
    text(
        "json/splits.json",
        'JSON, {"train": […], "test": […]}',
        json.dumps({"train": ROWS, "test": ROWS[:4]}),
        options={"rows_at": "train"},
    )
    text("json/one.json", "JSON, one row", json.dumps(ROWS[0]), examples=labelled()[:1])
    text("json/objects.json", "JSON objects one after the other, over many lines", "\n".join(json.dumps(row, indent=1) for row in ROWS))
    text("json/packed.jsonl.gz", "JSON Lines, gzip", gzip.compress(lines.encode()))
    text("json/packed.json.gz", "JSON, gzip", gzip.compress(json.dumps(ROWS).encode()))
    with pa.CompressedOutputStream(str(zoo.path("json/packed.jsonl.zst")), "zstd") as file:
        file.write(lines.encode())
    zoo.add("json/packed.jsonl.zst", "JSON Lines, Zstandard", labelled())
    for orient in ["records", "columns", "index", "split", "values", "table"]:
        name = f"json/pandas-{orient}.json"
        frame().to_json(zoo.path(name), orient=orient)
        zoo.add(name, f"JSON, pandas, orient {orient}", labelled())
    frame().to_json(zoo.path("json/pandas-lines.jsonl"), orient="records", lines=True)
    zoo.add("json/pandas-lines.jsonl", "JSON Lines, pandas", labelled())
    table = pl.DataFrame(ROWS)
    table.write_json(zoo.path("json/polars.json"))
    zoo.add("json/polars.json", "JSON, polars", labelled())
    table.write_ndjson(zoo.path("json/polars.ndjson"))
    zoo.add("json/polars.ndjson", "JSON Lines, polars", labelled())
    reviews = frame()  # noqa: F841 (duckdb reads it by its name)
    duckdb.sql(f"copy (select * from reviews) to '{zoo.path('json/duckdb.json')}' (format json)")
    zoo.add("json/duckdb.json", "JSON Lines, duckdb", labelled())
    duckdb.sql(f"copy (select * from reviews) to '{zoo.path('json/duckdb-list.json')}' (format json, array true)")
    zoo.add("json/duckdb-list.json", "JSON, duckdb, a list", labelled())
    datasets.Dataset.from_list(ROWS).to_json(zoo.path("json/datasets.jsonl"))
    zoo.add("json/datasets.jsonl", "JSON Lines, datasets", labelled())
    datasets.Dataset.from_list(ROWS).to_csv(zoo.path("json/datasets.csv"), index=False)
    zoo.add("json/datasets.csv", "CSV, datasets", labelled())

    lists = {"text": [t for t, _ in REVIEWS], "label": [l for _, l in REVIEWS]}
    text("json/lists.json", "JSON, a list for each column", json.dumps(lists))
    strings = [t for t, _ in REVIEWS]
    text("json/strings.json", "JSON, a list of texts", json.dumps(strings), examples=[{"text": t} for t in strings])
    text(
        "json/nan.jsonl",
        "JSON Lines with NaN for what is missing",
        lines + '{"text": "last", "label": "positive", "score": NaN}\n',
        examples=[*labelled(), {"text": "last", "label": "positive"}],
    )
    zoo.path("json/single-quotes.jsonl").write_text("".join(f"{row}\n" for row in ROWS))
    zoo.refuse("json/single-quotes.jsonl", "Python's dicts instead of JSON", "is not JSON")
    nested = [{"id": at, "data": {"text": t, "meta": {"stars": at % 5 + 1}}} for at, (t, _) in enumerate(REVIEWS)]
    text(
        "json/nested.jsonl",
        "JSON Lines, text and label within an object",
        "".join(json.dumps(row) + "\n" for row in nested),
        examples=[{"text": t, "label": str(at % 5 + 1)} for at, (t, _) in enumerate(REVIEWS)],
        options={"text": "data.text", "label": "data.meta.stars"},
    )
    pd.DataFrame({"text": [t for t, _ in REVIEWS], "label": range(16)}).to_json(
        zoo.path("json/numbers.json"), orient="records"
    )
    zoo.add("json/numbers.json", "JSON, labels that are numbers", [{"text": t, "label": str(at)} for at, (t, _) in enumerate(REVIEWS)])
