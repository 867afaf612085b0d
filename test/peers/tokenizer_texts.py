"""Sentences of many scripts, and varied texts of their pieces: what the tokenizers of the zoos are trained on and split."""
import random

SENTENCES = """The quick brown fox jumps over the lazy dog, doesn't it? They've said we'll see I'm sure you'd agree.
Der Bär läuft über die Straße; große Füße müssen aufpassen. Où est-ce que l'été commence, à Noël ou après?
El niño comió piñas y la señora habló rápido. Ελληνικά γράμματα: η γλώσσα των θεών. Съешь же ещё этих мягких французских булок.
Zażółć gęślą jaźń. Příliš žluťoučký kůň. Türkçe İstanbul ışık. Tiếng Việt có nhiều dấu thanh điệu.
今天天气很好，我们去公园散步吧。東京は日本の首都です。カタカナとひらがな。한국어는 재미있어요. 안녕하세요 세계!
مرحبا بالعالم، كيف حالك اليوم؟ שלום עולם, מה שלומך? नमस्ते दुनिया, आप कैसे हैं? สวัสดีชาวโลก วันนี้อากาศดี
def f(x): return x ** 2 + 10_000 if x else None  # comment
for (let i = 0; i < 1234567890; i++) { console.log(`${i}\\t${a[i]}`); }
<table><tr><td class="x">1,024.50 €</td></tr></table> https://example.org/path?query=1&b=2#frag user@mail.com
😀 👍🏽 👨‍👩‍👧‍👦 🇩🇪🇫🇷 ❤️ ✨ ½ ² ™ … — “quotes” ‘single’ «guillemets» №5 ﬁ ﬂ ｆｕｌｌ　ｗｉｄｔｈ""".split("\n")
PIECES = sorted({word for line in SENTENCES for word in line.split(" ")}) + [
    " ", "  ", "   ", "\t", "\n", "\n\n", "\r\n", "\r", "\u00a0", "\u3000", "\u2028", "\u200b", "\u200d", "\ufeff", "\u0085", "\u001c", "\u180e", "\u2009",
    "\u0000", "\u0001", "\u0007", "\u001b", "\u007f", "\u0301", "e\u0301", "\u00e9", "A\u030a", "\u212b", "\u0915\u094d\u0937", "\u0e33", "\u1100\u1161\u11a8", "\uac01",
    "\U0001f469\u200d\U0001f680", "\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001d54f", "\U00020000", "\U0010ffff", "\ue000", "\ufffd", "\uffff", "\u0378", "\u202e",
    "1", "12", "123", "1234", "12345", "٣٤٥", "Ⅷ", "①", "'s", "'S", "'T", "’s", "'ll", "''", "``", "...", "!!!", "---", "___", "\\", "/", "$", "$&", "^", "~", "▁", "▁▁", "Ġ", "Ċ", "<0x0A>", "##a",
    "<s>", "</s>", "<unk>", "<pad>", "<mask>", "[CLS]", "<|endoftext|>", "<|im_start|>", "<bos>", "<start_of_turn>", "<extra_id_0>", " <s>", "<s> ", "İ", "ß", "ẞ", "ς", "Σ", "ǅ", "ᾳ", "ŉ", "Kelvin \u212a"]

def text():
    kind = random.random()
    if kind < 0.25: return " ".join(random.choice(SENTENCES).split(" ")[random.randrange(5):][: random.randrange(1, 14)])
    if kind < 0.65: return "".join(random.choice(PIECES) + random.choice(["", " ", " ", "  "]) for _ in range(random.randrange(1, 16)))
    if kind < 0.8: return "".join(random.choice(PIECES) for _ in range(random.randrange(1, 25)))
    if kind < 0.9: return "".join(chr(character) for character in (random.choice([random.randrange(0x20, 0x7f), random.randrange(0, 0x250), random.randrange(0x250, 0x3000), random.randrange(0x3000, 0xd800), random.randrange(0xe000, 0x10000), random.randrange(0x1f000, 0x20000), random.randrange(0x10000, 0x110000)]) for _ in range(random.randrange(1, 20))))
    return random.choice([" ", "\n", "\t", "  ", "a", "▁"]) * random.randrange(0, 9) + random.choice(PIECES) + random.choice([" ", "\n", "\t"]) * random.randrange(0, 5)

def texts_and_corpus(count):
    """The texts to split, and those to train on: the same for the same count."""
    random.seed(7)
    texts = ([""] + PIECES + SENTENCES + [text() for _ in range(count)])[:count]
    return texts, [line for line in SENTENCES for _ in range(3)] + [text() for _ in range(1500)]

BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
TEKKEN = r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
