"""CSV and TSV, as pandas, polars, duckdb, Excel and Python's csv write them, in the encodings of the world."""

import csv
import gzip
import zipfile

import duckdb
import pandas as pd
import polars as pl

from zoo import PLAIN, REVIEWS, labelled

ENCODED = {
    "cp1252": ["Le café était très bon, déjà vu", "Größe paßt nicht, schöne Grüße", "El niño comió piñas mañana"],
    "cp1250": ["Zażółć gęślą jaźń wieczorem", "Příliš žluťoučký kůň úpěl ďábelské ódy", "Łódź jest piękna i cicha"],
    "cp1251": ["Очень хороший фильм, советую", "Плохая игра актёров и скучный сюжет", "Мне понравилось почти всё"],
    "koi8-r": ["Очень хороший фильм, советую", "Плохая игра актёров и скучный сюжет", "Мне понравилось почти всё"],
    "cp866": ["Очень хороший фильм, советую", "Плохая игра актёров и скучный сюжет", "Мне понравилось почти всё"],
    "cp1253": ["Πολύ καλή ταινία, τη συνιστώ", "Κακή ιστορία και βαρετή σκηνοθεσία", "Μου άρεσε σχεδόν τα πάντα"],
    "cp1254": ["Çok güzel bir film, öneririm şimdi", "Kötü oyunculuk ve sıkıcı bir öykü", "Işığı ve müziği beğendim"],
    "cp1255": ["סרט טוב מאוד, אני ממליץ", "משחק גרוע ועלילה משעממת", "אהבתי כמעט את הכל בסרט"],
    "cp1256": ["فيلم جيد جدا وأنصح به", "تمثيل سيئ وقصة مملة للغاية", "أعجبني كل شيء تقريبا"],
    "shift_jis": ["とても良い映画でした、おすすめです", "演技が悪くて話も退屈だった", "音楽がとても気に入りました"],
    "euc-jp": ["とても良い映画でした、おすすめです", "演技が悪くて話も退屈だった", "音楽がとても気に入りました"],
    "gb18030": ["这部电影非常好看，推荐给大家", "演员演得很差，故事也很无聊", "我几乎喜欢电影里的一切"],
    "big5": ["這部電影非常好看，推薦給大家", "演員演得很差，故事也很無聊", "我幾乎喜歡電影裡的一切"],
    "euc-kr": ["정말 좋은 영화였고 추천합니다", "연기가 나쁘고 이야기가 지루했다", "음악이 아주 마음에 들었습니다"],
    "utf-16": ["Ünïcödé", "日本語", "🎬 film"],
    "utf-8-sig": ["Ünïcödé", "日本語", "🎬 film"],
}
# What chardet takes for another: the reader is told.
TOLD = {"cp866": "ibm866", "euc-jp": "euc-jp"}


def frame(rows=REVIEWS):
    return pd.DataFrame(rows, columns=["text", "label"])


def make(zoo):
    by_pandas(zoo)
    by_others(zoo)
    encodings(zoo)
    numbers(zoo)
    shapes(zoo)


def by_pandas(zoo):
    def write(name, kind, rows=REVIEWS, options=None, examples=None, **settings):
        settings.setdefault("index", False)
        frame(rows).to_csv(zoo.path(name), **settings)
        zoo.add(name, kind, examples or labelled(rows), options)

    write("csv/pandas.csv", "CSV, pandas, without its index")
    write("csv/pandas-index.csv", "CSV, pandas, with its index", index=True)
    write("csv/semicolon.csv", "CSV with semicolons", sep=";")
    write("csv/bar.csv", "CSV with bars", sep="|")
    write("csv/tab.csv", "CSV with tabs", sep="\t")
    write("csv/pandas.tsv", "TSV, pandas", sep="\t")
    write("csv/pandas.tab", "TSV called .tab", sep="\t")
    write("csv/quoted.csv", "CSV, all cells quoted", quoting=csv.QUOTE_ALL)
    write("csv/crlf.csv", "CSV, lines end as on Windows", rows=PLAIN, lineterminator="\r\n")
    write("csv/cr.csv", "CSV, lines end as on old Macs", rows=PLAIN, lineterminator="\r")
    write("csv/no-header.csv", "CSV without a header", header=False)
    write("csv/numbered-header.csv", "CSV with numbers for names", header=["0", "1"])
    write(
        "csv/apostrophes.csv",
        "CSV quoted by apostrophes",
        rows=[(text.replace("'", ""), label) for text, label in PLAIN],
        quotechar="'",
        quoting=csv.QUOTE_ALL,
    )
    write("csv/escaped.csv", "CSV, quotation marks escaped by backslashes", doublequote=False, escapechar="\\")
    frame().to_csv(zoo.path("csv/packed.csv.gz"), index=False)
    zoo.add("csv/packed.csv.gz", "CSV, gzip", labelled())
    frame().to_csv(zoo.path("csv/packed.csv.zip"), index=False)
    zoo.refuse("csv/packed.csv.zip", "CSV in a ZIP archive", "Unpack it")
    frame().to_csv(zoo.path("csv/packed.csv.xz"), index=False)
    zoo.refuse("csv/packed.csv.xz", "CSV, xz", "Unpack it")


def by_others(zoo):
    pl.DataFrame({"text": [t for t, _ in REVIEWS], "label": [l for _, l in REVIEWS]}).write_csv(
        zoo.path("csv/polars.csv")
    )
    zoo.add("csv/polars.csv", "CSV, polars", labelled())
    reviews = frame()  # noqa: F841 (duckdb reads it by its name)
    duckdb.sql(f"copy (select * from reviews) to '{zoo.path('csv/duckdb.csv')}' (header, delimiter ',')")
    zoo.add("csv/duckdb.csv", "CSV, duckdb", labelled())
    with open(zoo.path("csv/python.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(REVIEWS)
    zoo.add("csv/python.csv", "CSV, Python's csv", labelled())
    # Excel for Europe names its separator in a line before the header.
    lines = ["sep=;", "text;label", *(f'"{t}";{l}' for t, l in PLAIN)]
    zoo.path("csv/excel-sep.csv").write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig", newline="")
    zoo.add("csv/excel-sep.csv", "CSV, Excel's, with sep=; before the header", labelled(PLAIN))
    zoo.path("csv/trailing.csv").write_text("text,label,\n" + "".join(f'"{t}",{l},\n' for t, l in PLAIN))
    zoo.add("csv/trailing.csv", "CSV with a separator at the end of each line", labelled(PLAIN))
    zoo.path("csv/blank.csv").write_text("\n\ntext,label\n\n" + "".join(f'"{t}",{l}\n\n' for t, l in PLAIN))
    zoo.add("csv/blank.csv", "CSV with empty lines", labelled(PLAIN))
    zoo.path("csv/padded.csv").write_text("text, label\n" + "".join(f'"{t}", {l}\n' for t, l in PLAIN))
    zoo.add("csv/padded.csv", "CSV with a space after the comma", labelled(PLAIN))


def encodings(zoo):
    for encoding, texts in ENCODED.items():
        rows = [(text, "ab"[at % 2]) for at, text in enumerate(texts * 4)]
        name = f"encodings/{encoding}.csv"
        frame(rows).to_csv(zoo.path(name), index=False, encoding=encoding)
        zoo.add(name, f"CSV in {encoding}", labelled(rows), {"encoding": TOLD[encoding]} if encoding in TOLD else None)
    for encoding in ["utf-16-le", "utf-16-be"]:
        for name, texts in [("western", ["café", "naïve", "plain"]), ("japanese", ["日本語の文", "とても良い", "映画だ"])]:
            rows = [(text, "ab"[at % 2]) for at, text in enumerate(texts * 4)]
            file = f"encodings/{encoding}-{name}.csv"
            zoo.path(file).write_bytes(frame(rows).to_csv(index=False).encode(encoding))
            zoo.add(file, f"CSV in {encoding} without a mark, {name}", labelled(rows))


def numbers(zoo):
    texts = [f"house number {at}" for at in range(8)]

    def write(name, kind, labels, values, separator=","):
        lines = [f"text{separator}price", *(f'{t}{separator}"{l}"' for t, l in zip(texts, labels))]
        zoo.path(name).write_text("\n".join(lines) + "\n")
        examples = [{"text": text, "label": value} for text, value in zip(texts, values)]
        zoo.add(name, kind, examples, {"label": "price"})

    write("numbers/point.csv", "labels 4.5", [f"{at}.5" for at in range(8)], [f"{at}.5" for at in range(8)])
    write("numbers/comma.csv", "labels 4,5", [f"{at},5" for at in range(8)], [f"{at}.5" for at in range(8)], ";")
    write(
        "numbers/thousands.csv",
        "labels 1,234.5",
        [f"{at + 1},234.5" for at in range(8)],
        [f"{at + 1}234.5" for at in range(8)],
    )
    write(
        "numbers/german.csv",
        "labels 1.234,5",
        [f"{at + 1}.234,5" for at in range(8)],
        [f"{at + 1}234.5" for at in range(8)],
        ";",
    )
    write("numbers/percent.csv", "labels 45 %", [f"{at + 1},5 %" for at in range(8)], [f"{at + 1}.5" for at in range(8)])
    write(
        "numbers/french.csv",
        "labels 1 234,5",
        [f"{at + 1} 234,5" for at in range(8)],
        [f"{at + 1}234.5" for at in range(8)],
        ";",
    )
    write("numbers/missing.csv", "labels with an empty one", ["1.5", "2.5", "3.5"] * 2, ["1.5", "2.5", "3.5"] * 2)


def shapes(zoo):
    texts = [t for t, _ in PLAIN]
    rows = [(text, at % 2, (at + 1) % 2, 0) for at, text in enumerate(texts)]
    pd.DataFrame(rows, columns=["comment_text", "toxic", "insult", "threat"]).to_csv(
        zoo.path("shapes/toxic.csv"), index=False
    )
    zoo.add(
        "shapes/toxic.csv",
        "CSV, labels as columns of zeros and ones",
        [{"text": t, "label": [n for n, v in zip(["toxic", "insult"], v) if v]} for t, *v in rows],
    )
    frame([(t, t[::-1]) for t in texts]).rename(columns={"text": "text1", "label": "text2"}).assign(
        label=[at / 4 for at in range(len(texts))]
    ).to_csv(zoo.path("shapes/pairs.csv"), index=False)
    zoo.add(
        "shapes/pairs.csv",
        "CSV, pairs of unusual names with a value",
        [{"text": t, "textPair": t[::-1], "label": str(at / 4)} for at, t in enumerate(texts)],
        {"text": "text1", "text_pair": "text2"},
    )
    pd.DataFrame([(*row, "train" if at % 2 else "test") for at, row in enumerate(PLAIN)], columns=["text", "label", "split"]).to_csv(
        zoo.path("shapes/split.csv"), index=False
    )
    zoo.add("shapes/split.csv", "CSV with a column split", labelled(PLAIN))
    frame(PLAIN).rename(columns={"label": "text"}).to_csv(zoo.path("shapes/twice.csv"), index=False)
    zoo.refuse("shapes/twice.csv", "CSV with two columns of one name", 'two columns named "text"')
    zoo.path("shapes/header-alone.csv").write_text("text,label\n")
    zoo.refuse("shapes/header-alone.csv", "CSV with a header and no rows", "no rows")
    zoo.path("shapes/empty.csv").write_text("")
    zoo.refuse("shapes/empty.csv", "an empty file", "is empty")
    with gzip.open(zoo.path("shapes/gzip.csv"), "wt") as file:
        file.write("text,label\na,b\n")
    zoo.add("shapes/gzip.csv", "gzip called .csv", [{"text": "a", "label": "b"}])
    with zipfile.ZipFile(zoo.path("shapes/archive.zip"), "w") as archive:
        archive.writestr("train.csv", "text,label\na,b\n")
    zoo.refuse("shapes/archive.zip", "a ZIP archive", "Unpack it")
    frame(PLAIN).to_pickle(zoo.path("shapes/frame.pkl"))
    zoo.refuse("shapes/frame.pkl", "a pickle of pandas", "not in a supported format")
    frame(PLAIN).to_stata(zoo.path("shapes/stata.dta"), write_index=False, version=118)
    zoo.refuse("shapes/stata.dta", "Stata", "not in a supported format")
