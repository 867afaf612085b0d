"""Parquet, Arrow and Excel, as pandas, pyarrow, polars, duckdb and datasets write them."""

import datetime
import decimal

import datasets
import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

from delimited import frame
from zoo import REVIEWS, TALK, TALK2, labelled

TEXTS = [text for text, _ in REVIEWS]
LABELS = [label for _, label in REVIEWS]
CLASSES = sorted(set(LABELS))


def make(zoo):
    parquet(zoo)
    columns(zoo)
    arrow(zoo)
    hub(zoo)
    excel(zoo)


def parquet(zoo):
    table = pa.table({"text": TEXTS, "label": LABELS})

    def write(name, kind, **settings):
        pq.write_table(table, zoo.path(f"parquet/{name}.parquet"), **settings)
        zoo.add(f"parquet/{name}.parquet", f"Parquet, {kind}", labelled())

    for codec in ["none", "snappy", "gzip", "zstd", "lz4", "brotli"]:
        write(codec, f"pyarrow, {codec}", compression=codec)
    write("v1", "pages of version 1", data_page_version="1.0", version="1.0")
    write("v2", "pages of version 2", data_page_version="2.0")
    write("plain", "without dictionaries", use_dictionary=False)
    write("groups", "a row group for each three rows", row_group_size=3)
    write("pages", "a page for each few rows", use_dictionary=False, data_page_size=64, write_batch_size=2)
    for encoding in ["DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"]:
        write(encoding.lower(), encoding, use_dictionary=False, column_encoding={"text": encoding, "label": encoding})
    write("checksums", "with checksums", write_page_checksum=True)
    write("index", "with an index of its pages", write_page_index=True)
    frame().to_parquet(zoo.path("parquet/pandas.parquet"))
    zoo.add("parquet/pandas.parquet", "Parquet, pandas", labelled())
    frame().set_index(pd.Index(range(100, 116), name="number")).to_parquet(zoo.path("parquet/pandas-index.parquet"))
    zoo.add("parquet/pandas-index.parquet", "Parquet, pandas, with an index", labelled())
    pl.DataFrame({"text": TEXTS, "label": LABELS}).write_parquet(zoo.path("parquet/polars.parquet"))
    zoo.add("parquet/polars.parquet", "Parquet, polars", labelled())
    reviews = frame()  # noqa: F841 (duckdb reads it by its name)
    for version in ["v1", "v2"]:
        name = f"parquet/duckdb-{version}.parquet"
        duckdb.sql(f"copy (select * from reviews) to '{zoo.path(name)}' (format parquet, parquet_version {version})")
        zoo.add(name, f"Parquet, duckdb, {version}", labelled())
    for part in range(2):
        pq.write_table(table.slice(part * 8, 8), zoo.path(f"parquet/parts/train-0000{part}-of-00002.parquet"))
    zoo.add("parquet/parts", "a folder of Parquet parts, as on the hub", labelled())
    pq.write_to_dataset(table, zoo.path("parquet/hive/x").parent, partition_cols=["label"])
    zoo.refuse("parquet/hive", "a folder of Parquet by label, as Hive has it", "not in a supported format")
    pq.write_table(table.slice(0, 0), zoo.path("parquet/no-rows.parquet"))
    zoo.refuse("parquet/no-rows.parquet", "Parquet without rows", "no rows")
    whole = zoo.path("parquet/none.parquet").read_bytes()
    zoo.path("parquet/cut.parquet").write_bytes(whole[: len(whole) // 2])
    zoo.refuse("parquet/cut.parquet", "a truncated Parquet", "cut.parquet")


def columns(zoo):
    """Types of columns: the label is each of them in turn."""
    count = len(TEXTS)
    labels = {
        "int8": pa.array([at % 3 for at in range(count)], pa.int8()),
        "uint64": pa.array([at % 3 for at in range(count)], pa.uint64()),
        "int64": pa.array([at % 3 for at in range(count)], pa.int64()),
        "float32": pa.array([at / 4 for at in range(count)], pa.float32()),
        "float64": pa.array([at / 8 for at in range(count)], pa.float64()),
        "float16": pa.array([at / 4 for at in range(count)], pa.float16()),
        "bool": pa.array([at % 2 == 0 for at in range(count)]),
        "decimal": pa.array([decimal.Decimal(at) / 4 + decimal.Decimal("0.05") for at in range(count)], pa.decimal128(8, 2)),
        "date": pa.array([datetime.date(2024, 1, 1 + at % 3) for at in range(count)]),
        "dictionary": pa.array(LABELS).dictionary_encode(),
        "large_string": pa.array(LABELS, pa.large_string()),
        "string_view": pa.array(LABELS, pa.string_view()),
        "list": pa.array([[LABELS[at], "all"] for at in range(count)]),
    }
    known = {
        "bool": [str(at % 2 == 0).lower() for at in range(count)],
        "float32": [f"{at / 4:g}" for at in range(count)],
        "float16": [f"{at / 4:g}" for at in range(count)],
        "float64": [f"{at / 8:g}" for at in range(count)],
        "decimal": [f"{at / 4 + 0.05:.2f}" for at in range(count)],
        "date": [f"2024-01-0{1 + at % 3}" for at in range(count)],
    }
    for kind, array in labels.items():
        # Whole numbers as they are, floats as JavaScript writes them.
        values = known.get(kind) or [value if isinstance(value, (list, str)) else str(value) for value in array.to_pylist()]
        examples = [{"text": text, "label": value} for text, value in zip(TEXTS, values)]
        table = pa.table({"text": TEXTS, "label": array})
        pq.write_table(table, zoo.path(f"types/{kind}.parquet"))
        zoo.add(f"types/{kind}.parquet", f"Parquet, labels of {kind}", examples)
        with pa.OSFile(str(zoo.path(f"types/{kind}.arrow")), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        zoo.add(f"types/{kind}.arrow", f"Arrow, labels of {kind}", examples)
    talks = pa.table({"messages": [TALK, TALK2]})
    pq.write_table(talks, zoo.path("types/messages.parquet"))
    zoo.add("types/messages.parquet", "Parquet, conversations", [{"messages": TALK}, {"messages": TALK2}])
    nested = pa.table({"data": [{"messages": TALK}, {"messages": TALK2}]})
    pq.write_table(nested, zoo.path("types/nested.parquet"))
    zoo.add(
        "types/nested.parquet",
        "Parquet, conversations within a struct",
        [{"messages": TALK}, {"messages": TALK2}],
        {"messages": "data.messages"},
    )
    missing = pa.table({"text": [TEXTS[0], None, TEXTS[1]], "label": ["a", "b", "c"]})
    pq.write_table(missing, zoo.path("types/missing.parquet"))
    zoo.add("types/missing.parquet", "Parquet, a text is missing", [{"text": TEXTS[0], "label": "a"}, {"text": TEXTS[1], "label": "c"}])


def arrow(zoo):
    table = pa.table({"text": TEXTS, "label": LABELS})
    for kind, make_writer in [("file", pa.ipc.new_file), ("stream", pa.ipc.new_stream)]:
        with pa.OSFile(str(zoo.path(f"arrow/{kind}.arrow")), "wb") as sink, make_writer(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=5)
        zoo.add(f"arrow/{kind}.arrow", f"Arrow, {kind}", labelled())
    feather.write_feather(table, zoo.path("arrow/plain.feather"), compression="uncompressed")
    zoo.add("arrow/plain.feather", "Feather, not compressed", labelled())
    feather.write_feather(table, zoo.path("arrow/lz4.arrow"), compression="lz4")
    zoo.refuse("arrow/lz4.arrow", "Arrow, compressed by LZ4", "compressed")
    feather.write_feather(table, zoo.path("arrow/lz4.feather"))
    zoo.refuse("arrow/lz4.feather", "Feather as pandas writes it (LZ4)", "compressed")
    pl.DataFrame({"text": TEXTS, "label": LABELS}).write_ipc(zoo.path("arrow/polars.arrow"))
    zoo.add("arrow/polars.arrow", "Arrow, polars", labelled())


def hub(zoo):
    """What datasets writes: classes by their names, in each of its forms."""
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=CLASSES)})
    data = datasets.Dataset.from_dict({"text": TEXTS, "label": [CLASSES.index(l) for l in LABELS]}, features=features)
    data.to_parquet(zoo.path("hub/classes.parquet"))
    zoo.add("hub/classes.parquet", "Parquet, datasets, with the names of classes", labelled())
    data.save_to_disk(zoo.path("hub/saved"))
    zoo.add("hub/saved", "save_to_disk, one dataset", labelled())
    data.save_to_disk(zoo.path("hub/shards"), num_shards=3)
    zoo.add("hub/shards", "save_to_disk, several files", labelled())
    datasets.DatasetDict(train=data.select(range(10)), test=data.select(range(10, 16))).save_to_disk(zoo.path("hub/splits"))
    zoo.add("hub/splits", "save_to_disk, train and test", labelled())
    datasets.DatasetDict(train=data.select(range(10)), validation=data.select(range(10, 16))).save_to_disk(
        zoo.path("hub/validation")
    )
    zoo.add("hub/validation", "save_to_disk, train and validation", labelled())
    data.select(range(2, 9)).save_to_disk(zoo.path("hub/selected"))
    zoo.add("hub/selected", "save_to_disk of selected rows", labelled()[2:9])
    several = datasets.Features({"text": datasets.Value("string"), "labels": datasets.Sequence(datasets.ClassLabel(names=CLASSES))})
    sets = datasets.Dataset.from_dict(
        {"text": TEXTS, "labels": [[at % 2] if at % 3 else [0, 1] for at in range(len(TEXTS))]}, features=several
    )
    sets.to_parquet(zoo.path("hub/sets.parquet"))
    zoo.add(
        "hub/sets.parquet",
        "Parquet, datasets, lists of classes",
        [{"text": t, "label": [CLASSES[at % 2]] if at % 3 else CLASSES} for at, t in enumerate(TEXTS)],
    )
    # A cache as load_dataset leaves it.
    frame().to_csv(zoo.path("hub/source/reviews.csv"), index=False)
    cache = zoo.path("hub/cache/x").parent
    loaded = datasets.load_dataset(
        "csv", data_files=str(zoo.path("hub/source/reviews.csv")), cache_dir=str(cache), keep_default_na=False
    )
    [first] = loaded["train"].cache_files
    from pathlib import Path

    zoo.add(str(Path(first["filename"]).parent.relative_to(zoo.folder)), "the cache of load_dataset", labelled())
    # datasets fills what only some messages have with None.
    calls = [
        {"role": "user", "content": "Weather in Rome?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"type": "function", "function": {"name": "weather", "arguments": {"city": "Rome"}}}],
        },
        {"role": "tool", "name": "weather", "content": "sunny"},
        {"role": "assistant", "content": "It is sunny."},
    ]
    talks = datasets.Dataset.from_dict({"messages": [calls, TALK]})
    talks.to_parquet(zoo.path("hub/calls.parquet"))
    examples = [{"messages": [{**turn, "content": turn["content"] or ""} for turn in calls]}, {"messages": TALK}]
    zoo.add("hub/calls.parquet", "Parquet, datasets, calls of tools", examples)
    talks.save_to_disk(zoo.path("hub/calls"))
    zoo.add("hub/calls", "save_to_disk, calls of tools", examples)


def excel(zoo):
    # Excel drops what it cannot write; a cell that begins with = would be a formula.
    rows = [(text, label) for text, label in REVIEWS if not text.startswith("=")]
    frame(rows).to_excel(zoo.path("excel/pandas.xlsx"), index=False)
    zoo.add("excel/pandas.xlsx", "Excel, pandas", labelled(rows))
    book = openpyxl.Workbook()
    book.active.title = "About"
    book.active.append(["This workbook has reviews."])
    sheet = book.create_sheet("Reviews")
    sheet.append(["text", "label", "stars", "date"])
    for at, (text, label) in enumerate(rows):
        sheet.append([text, label, at % 5 + 0.5, datetime.date(2024, 5, 1 + at)])
    book.save(zoo.path("excel/sheets.xlsx"))
    zoo.add("excel/sheets.xlsx", "Excel, the second sheet", labelled(rows), {"sheet": "Reviews"})
    zoo.add(
        "excel/sheets.xlsx",
        "Excel, numbers as labels",
        [{"text": t, "label": f"{at % 5 + 0.5:g}"} for at, (t, _) in enumerate(rows)],
        {"sheet": "Reviews", "label": "stars"},
    )
    for name, words in [("old.xls", "xlsx"), ("open.ods", "xlsx")]:
        # The beginnings of both formats: of Excel 97's OLE container, and of a ZIP.
        zoo.path(f"excel/{name}").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1" if name == "old.xls" else "504b0304") + bytes(600))
        zoo.refuse(f"excel/{name}", f"a workbook called {name.split('.')[1]}", words)
