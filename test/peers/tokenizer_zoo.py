"""Tokenizers of every published kind, trained on sentences of many scripts, and their ids of varied texts.

Reads {"folder", "texts", "kinds"?} from stdin; writes <folder>/<kind>/tokenizer.json and expected.json.
expected.json is a list of [text, ids, decoded, decoded without special tokens]; ids include the special tokens.
Prints {"kinds", "normalized"}: by normalizer, every character that it changes, by its code point; and pairs with marks.
"""
import json, os, random, sys
from tokenizer_texts import BYTES, SENTENCES, TEKKEN, texts_and_corpus
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

given = json.load(sys.stdin)

TEXTS, CORPUS = texts_and_corpus(given["texts"])
OPENAI = r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
LLAMA3 = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
CL100K = r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"""
QWEN = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
QWEN35 = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""

def special(*contents): return [AddedToken(content, special=True, normalized=False) for content in contents]
def split(pattern, behavior="isolated", invert=False): return pre_tokenizers.Split(Regex(pattern), behavior, invert)
def bytelevel(regex=False, prefix=False): return pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)
def template(tokenizer, start=None, end=None):
    around = " ".join(part for part in (start, "$A", end) if part)
    known = [(token, tokenizer.token_to_id(token)) for token in (start, end) if token]
    tokenizer.post_processor = processors.TemplateProcessing(single=around, pair=f"{around} $B:1", special_tokens=known)

def sentencepiece_bpe(normalizer, pre, decoder, more=(), start="<s>", fuse=True):
    """A BPE with byte fallback, as SentencePiece's are converted: bytes after the special tokens, then merges."""
    names = ["<pad>", "</s>", "<s>", "<unk>"]
    trained = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=fuse, byte_fallback=True))
    trained.normalizer, trained.pre_tokenizer = normalizer, pre
    trained.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=1400, limit_alphabet=150, special_tokens=names, show_progress=False))
    state = json.loads(trained.to_str())
    vocab = {token: index for index, token in enumerate(names + BYTES)}
    for token in sorted(state["model"]["vocab"], key=state["model"]["vocab"].get):
        if token not in vocab: vocab[token] = len(vocab)
    merges = [tuple(merge) if isinstance(merge, list) else tuple(merge.split(" ")) for merge in state["model"]["merges"]]
    tokenizer = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=fuse, byte_fallback=True))
    tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normalizer, pre, decoder
    tokenizer.add_special_tokens(special(*names))
    if more: tokenizer.add_tokens([AddedToken(content, normalized=False) for content in more])
    template(tokenizer, start)
    return tokenizer

def gemma():
    fallback = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return sentencepiece_bpe(normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous"), fallback, ["<start_of_turn>", "\n\n", "▁▁", "▁▁▁▁", "<table>", "\t\t"])

def llama2():
    fallback = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return sentencepiece_bpe(normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None, fallback)

def mistral(scheme="first"):
    fallback = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return sentencepiece_bpe(None, pre_tokenizers.Metaspace(prepend_scheme=scheme, split=False), fallback, ["[INST]"])

def byte_bpe(pre, normalizer=None, start=None, end=None, ignore_merges=False, names=("<|endoftext|>", "<|im_start|>", "<s>", "</s>", "<pad>"), regex=True):
    trained = Tokenizer(models.BPE())
    trained.normalizer, trained.pre_tokenizer = normalizer, pre
    trained.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=1500, special_tokens=list(names), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    state = json.loads(trained.to_str())
    state["model"]["ignore_merges"] = ignore_merges
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    if start or end: template(tokenizer, start, end)
    return tokenizer

def unigram(normalizer, pre, decoder, byte_fallback=False, start=None, end="</s>", names=("<pad>", "</s>", "<unk>", "<s>", "<mask>")):
    trained = Tokenizer(models.Unigram())
    trained.normalizer, trained.pre_tokenizer = normalizer, pre
    trained.train_from_iterator(SENTENCES * 20, trainers.UnigramTrainer(vocab_size=1200, special_tokens=list(names), unk_token="<unk>", show_progress=False))
    state = json.loads(trained.to_str())
    vocab = [tuple(entry) for entry in state["model"]["vocab"]]
    if byte_fallback: vocab += [(byte, 0.0) for byte in BYTES]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=names.index("<unk>"), byte_fallback=byte_fallback))
    tokenizer.normalizer, tokenizer.pre_tokenizer, tokenizer.decoder = normalizer, pre, decoder
    tokenizer.add_special_tokens(special(*names, *(f"<extra_id_{index}>" for index in range(3))))
    template(tokenizer, start, end)
    return tokenizer

def t5(): return unigram(None, pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]), decoders.Metaspace())
def t5_today(): return unigram(normalizers.Sequence([normalizers.NFKC(), normalizers.Strip(left=False), normalizers.Replace(Regex(" {2,}"), "▁")]), pre_tokenizers.Metaspace(), decoders.Metaspace())
def flan_bytes(): return unigram(normalizers.NFKC(), pre_tokenizers.Metaspace(), decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()]), True)
def xlnet(): return unigram(normalizers.Sequence([normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Replace(Regex(" {2,}"), " ")]), pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]), decoders.Metaspace(), start="<s>")

def wordpiece(lowercase):
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trained = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    trained.normalizer, trained.pre_tokenizer = normalizers.BertNormalizer(lowercase=lowercase), pre_tokenizers.BertPreTokenizer()
    trained.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=900, limit_alphabet=200, special_tokens=names, show_progress=False))
    trained.decoder = decoders.WordPiece()
    trained.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[(name, trained.token_to_id(name)) for name in ("[CLS]", "[SEP]")])
    return trained

def falcon(): return byte_bpe(pre_tokenizers.Sequence([pre_tokenizers.Punctuation("contiguous"), bytelevel(regex=True), pre_tokenizers.Digits(individual_digits=False), split("[0-9][0-9][0-9]")]))
def deepseek(): return byte_bpe(pre_tokenizers.Sequence([split(r"[\r\n]"), split(r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-Ֆ]+"), split(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"), split(r"\s+$"), split(r"[一-龥ࠀ-一가-퟿]+"), pre_tokenizers.Digits(individual_digits=True), bytelevel()]))
def deepseek3(): return byte_bpe(pre_tokenizers.Sequence([split(r"\p{N}{1,3}"), split(r"[一-龥぀-ゟ゠-ヿ]+"), split(r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""), bytelevel()]))

KINDS = {
    "gemma": gemma, "llama2": llama2, "mistral": mistral, "mistral-always": lambda: mistral("always"), "unknown-apart": lambda: sentencepiece_bpe(normalizers.Replace(" ", "▁"), None, decoders.Replace("▁", " "), fuse=False),
    "tekken": lambda: byte_bpe(pre_tokenizers.Sequence([split(TEKKEN), bytelevel()]), start="<s>"),
    "o200k": lambda: byte_bpe(pre_tokenizers.Sequence([split(OPENAI), bytelevel()]), start="<|im_start|>"),
    "o200k-removed": lambda: byte_bpe(pre_tokenizers.Sequence([split(OPENAI, "removed", True), bytelevel()])),
    "cl100k": lambda: byte_bpe(pre_tokenizers.Sequence([split(CL100K, "removed", True), bytelevel()])),
    "llama3": lambda: byte_bpe(pre_tokenizers.Sequence([split(LLAMA3), bytelevel()]), start="<s>", ignore_merges=True),
    "qwen2": lambda: byte_bpe(pre_tokenizers.Sequence([split(QWEN), bytelevel()]), normalizers.NFC()),
    "qwen3.5": lambda: byte_bpe(pre_tokenizers.Sequence([split(QWEN35), bytelevel()]), normalizers.NFC()),
    "starcoder2": lambda: byte_bpe(pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), bytelevel(regex=True)])),
    "gpt-neox": lambda: byte_bpe(bytelevel(regex=True), normalizers.NFC()),
    "opt": lambda: byte_bpe(bytelevel(regex=True, prefix=True), start="</s>"),
    "falcon": falcon, "deepseek": deepseek, "deepseek-v3": deepseek3,
    "t5": t5, "t5-today": t5_today, "unigram-bytes": flan_bytes, "albert": xlnet,
    "bert": lambda: wordpiece(True), "bert-cased": lambda: wordpiece(False),
}

made = [kind for kind in KINDS if kind in given.get("kinds", KINDS)]
for kind in made:
    random.seed(kind)
    tokenizer = KINDS[kind]()
    folder = os.path.join(given["folder"], kind)
    os.makedirs(folder, exist_ok=True)
    tokenizer.save(os.path.join(folder, "tokenizer.json"))
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    rows = [[text, encoding.ids] for text, encoding in zip(TEXTS, tokenizer.encode_batch(TEXTS))]
    for row in rows: row += [tokenizer.decode(row[1], skip_special_tokens=False), tokenizer.decode(row[1])]
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as file: json.dump(rows, file)

normalized = {}
MARKS = ["\u0301", "\u0323", "\u0345", "\u0334"]
LETTERS = [chr(code) for code in range(0x110000) if not 0xd800 <= code < 0xe000]
for name in ["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"]:
    change = getattr(normalizers, name)().normalize_str
    alone = {letter: change(letter) for letter in LETTERS}
    normalized[name] = {str(ord(letter)): result for letter, result in alone.items() if result != letter}
    # All pairs of a character that has a combining class with marks of other classes, and a sample of the others.
    pairs = [pair for letter in LETTERS for mark in MARKS for pair in (letter + mark, mark + letter)] if name == "NFD" else []
    pairs += [random.choice(LETTERS[:0x3000]) + random.choice(MARKS) + random.choice(LETTERS[0x300:0x370]) for _ in range(5000)]
    results = {pair: change(pair) for pair in pairs}
    normalized[f"{name} with marks"] = {pair: result for pair, result in results.items() if result != pair or random.random() < 0.01}
print(json.dumps({"kinds": made, "normalized": normalized}))
