"""Makes test/golden/parquet with pyarrow: tables of every type, packed and encoded in every way, and what pyarrow reads in them.

usage: python test/golden/make/make-parquet-golden.py
needs: pip install pyarrow==26.0.1
"""
import datetime
import decimal
import json
import math
import random
import uuid

import pyarrow
import pyarrow.parquet

from folders import OUTPUT

output = OUTPUT / "parquet"
output.mkdir(parents=True, exist_ok=True)
random.seed(20261125)
rows = 60
utc = datetime.timezone.utc
start = datetime.datetime(1969, 12, 31, 23, 59, 58, 250_000)


def some(make, missing=0.2):
    return [None if random.random() < missing else make(index) for index in range(rows)]


def words(count):
    return " ".join(random.choice(["tea", "Grüße", "🙂", "and", "the", "snow", "日本"]) for _ in range(count))


flat = pyarrow.table({
    "text": pyarrow.array([f"{index} {words(index % 9 + 1)}" for index in range(rows)]),
    "label": pyarrow.array([random.choice(["yes", "no", "perhaps"]) for _ in range(rows)]),
    "note": pyarrow.array(some(lambda index: words(index % 3)), pyarrow.large_string()),
    "bytes": pyarrow.array(some(lambda index: words(2).encode()), pyarrow.binary()),
    "flag": pyarrow.array(some(lambda index: random.random() < 0.5)),
    "int8": pyarrow.array(some(lambda index: random.randint(-128, 127)), pyarrow.int8()),
    "int32": pyarrow.array(some(lambda index: random.randint(-2**31, 2**31 - 1)), pyarrow.int32()),
    "uint32": pyarrow.array(some(lambda index: random.randint(0, 2**32 - 1)), pyarrow.uint32()),
    "int64": pyarrow.array(some(lambda index: random.randint(-2**63, 2**63 - 1)), pyarrow.int64()),
    "small64": pyarrow.array([index * 1000 - 7 for index in range(rows)], pyarrow.int64()),
    "uint64": pyarrow.array(some(lambda index: random.randint(0, 2**64 - 1)), pyarrow.uint64()),
    "half": pyarrow.array(some(lambda index: float(index) / 8), pyarrow.float16()),
    "float": pyarrow.array(some(lambda index: float(index) / 8), pyarrow.float32()),
    "double": pyarrow.array(some(lambda index: math.nan if index % 7 == 0 else random.uniform(-1e9, 1e9))),
    "date": pyarrow.array(some(lambda index: datetime.date(1960, 1, 1) + datetime.timedelta(days=997 * index))),
    "time": pyarrow.array(some(lambda index: datetime.time(index % 24, 5, 6, index * 1001)), pyarrow.time64("us")),
    "seconds": pyarrow.array(some(lambda index: start + datetime.timedelta(days=index)), pyarrow.timestamp("ms")),
    "moment": pyarrow.array(
        some(lambda index: (start + datetime.timedelta(hours=index, microseconds=index)).replace(tzinfo=utc)),
        pyarrow.timestamp("us", "UTC"),
    ),
    "decimal": pyarrow.array(
        some(lambda index: decimal.Decimal(random.randint(-10**9, 10**9)).scaleb(-3)), pyarrow.decimal128(12, 3)
    ),
    "wide": pyarrow.array(
        some(lambda index: decimal.Decimal(random.randint(-10**30, 10**30)).scaleb(-2)), pyarrow.decimal128(38, 2)
    ),
    "fixed": pyarrow.array([f"{index:04d}".encode() for index in range(rows)], pyarrow.binary(4)),
    "uuid": pyarrow.ExtensionArray.from_storage(
        pyarrow.uuid(),
        pyarrow.array([uuid.UUID(int=random.getrandbits(128)).bytes for _ in range(rows)], pyarrow.binary(16)),
    ),
    "nothing": pyarrow.array([None] * rows, pyarrow.string()),
})

message = pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())])


def conversation(index):
    return [
        {"role": random.choice(["user", "assistant"]), "content": None if random.random() < 0.1 else words(4)}
        for _ in range(index % 5)
    ]


nested = pyarrow.table({
    "messages": pyarrow.array(some(conversation), pyarrow.list_(message)),
    "tags": pyarrow.array(some(lambda index: [random.choice(["a", "b", None]) for _ in range(index % 4)])),
    "grid": pyarrow.array(
        some(lambda index: [None if line == 3 else list(range(line)) for line in range(index % 5)]),
        pyarrow.list_(pyarrow.list_(pyarrow.int16())),
    ),
    "answers": pyarrow.array(
        some(lambda index: {"text": [words(2)] * (index % 3), "start": {"at": index if index % 4 else None}}),
    ),
    "scores": pyarrow.array(
        some(lambda index: [(f"k{place}", place / 2 if place else None) for place in range(index % 4)]),
        pyarrow.map_(pyarrow.string(), pyarrow.float64()),
    ),
    "empty": pyarrow.array([[] for _ in range(rows)], pyarrow.list_(message)),
    "last": pyarrow.array([index % 2 == 0 for index in range(rows)]),
})


def iso(text):
    """Without the last three digits of a second where they are zero."""
    return text[:-3] if "." in text and text.endswith("000") else text


def plain(value):
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        if value and isinstance(value[0], tuple):
            return {key: plain(inner) for key, inner in value}
        return [plain(inner) for inner in value]
    if isinstance(value, datetime.datetime):
        naive = iso(value.replace(tzinfo=None).isoformat())
        return naive + ("Z" if value.tzinfo else "")
    if isinstance(value, datetime.time):
        return iso(value.isoformat())
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (decimal.Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        return str(value)
    return None if isinstance(value, float) and math.isnan(value) else value


def write(name, table, **options):
    path = output / f"{name}.parquet"
    options = {"row_group_size": 25, "data_page_size": 200, "write_batch_size": 7, **options}
    pyarrow.parquet.write_table(table, path, **options)


def expected(name, table):
    path = output / f"{name}-read.parquet"
    pyarrow.parquet.write_table(table, path)
    read = pyarrow.parquet.read_table(path).to_pylist(maps_as_pydicts=None)
    path.unlink()
    read = [
        {key: {} if key == "scores" and value == [] else plain(value) for key, value in row.items()} for row in read
    ]
    (output / f"{name}.json").write_text(json.dumps(read, ensure_ascii=False, separators=(",", ":")))


expected("flat", flat)
expected("nested", nested)
write("flat-snappy", flat, compression="snappy")
packed = flat.select(["text", "label", "note", "small64"])
expected("packed", packed)
for codec in ["none", "gzip", "zstd", "brotli", "lz4"]:
    write(f"packed-{codec}", packed, compression=codec)
write("nested-snappy", nested, compression="snappy")
write("nested-v2", nested, compression="none", data_page_version="2.0", use_dictionary=False)
encodings = {name: "DELTA_BINARY_PACKED" for name in ["int8", "int32", "uint32", "int64", "small64", "uint64"]}
encodings |= {"text": "DELTA_BYTE_ARRAY", "note": "DELTA_LENGTH_BYTE_ARRAY", "bytes": "DELTA_BYTE_ARRAY"}
encodings |= {"float": "BYTE_STREAM_SPLIT", "double": "BYTE_STREAM_SPLIT", "half": "BYTE_STREAM_SPLIT", "flag": "RLE"}
encodings |= {"wide": "DELTA_BYTE_ARRAY", "date": "DELTA_BINARY_PACKED"}
write(
    "flat-encodings", flat, compression="none", data_page_version="2.0", use_dictionary=False, column_encoding=encodings
)
dated = flat.select(["text", "seconds"])
expected("dated", dated)
write("dated-int96", dated, use_deprecated_int96_timestamps=True)
