"""What the makers of the zoo share: its folder, its rows, and the list of what each file holds."""

from pathlib import Path

LONG = "A long answer, " * 40 + "at last."

# Text and label: separators, quotation marks, line ends, spaces, and what some readers take for nothing.
REVIEWS = [
    ("Great film, would watch it again.", "positive"),
    ('She said "no" and left; I stayed.', "negative"),
    ("Two lines:\nthe second one.", "positive"),
    ("  spaces on both sides  ", "negative"),
    ("NA", "negative"),
    ("null", "positive"),
    ("Ünïcödé, naïve café, Ærøskøbing", "positive"),
    ("日本語のレビュー、とても良い", "positive"),
    ("An emoji 🎬 and a ‘curly’ quote", "negative"),
    ("a\ttab | a bar ; a semicolon", "negative"),
    ("007", "negative"),
    ("it's fine", "positive"),
    (LONG, "negative"),
    ("{braces} [brackets] \\ backslash", "positive"),
    ("=SUM(A1:A2)", "negative"),
    ("Ends with a comma,", "positive"),
]
# Letters that every file's encoding has.
PLAIN = [(text, label) for text, label in REVIEWS if text.isascii() and "\n" not in text and '"' not in text]

TALK = [
    {"role": "system", "content": "Be short."},
    {"role": "user", "content": "What is 2 + 2?"},
    {"role": "assistant", "content": "4"},
]
TALK2 = [
    {"role": "user", "content": "Name a color,\nplease."},
    {"role": "assistant", "content": "Blue 🔵"},
    {"role": "user", "content": "Another."},
    {"role": "assistant", "content": "Red"},
]


class Zoo:
    """Files under a folder, and of each its kind and the examples that are in it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.files = []

    def path(self, name):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def add(self, name, kind, examples, options=None):
        """A file that is read, as it is or with `options`; examples in the words of the studio."""
        self.files.append({"file": name, "kind": kind, "options": options or {}, "examples": examples})

    def refuse(self, name, kind, words):
        """A file that is refused in a sentence with these words."""
        self.files.append({"file": name, "kind": kind, "options": {}, "refused": words})

    def images(self, name, kind, classes, pixels):
        """Images by class, with the RGB pixels of each in order."""
        self.files.append({"file": name, "kind": kind, "options": {}, "classes": classes, "pixels": pixels})


def labelled(rows=REVIEWS):
    """Examples of a text with its label; lines that end in any other way are as they are."""
    return [{"text": text, "label": label} for text, label in rows]
