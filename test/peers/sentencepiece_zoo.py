"""Folders whose only tokenizer is a SentencePiece model or tekken.json, and what Transformers makes of each.

Reads {"folder", "texts"} from stdin; writes <folder>/<kind> with the model, config.json and tokenizer_config.json, and
expected.json: {"tokenizer", "rows"}: tokenizer.json of the conversion, and [text, ids, decoded, decoded without special
tokens] by text. Prints {"kinds"}.
"""
import base64, io, json, os, random, sys
import sentencepiece
from tokenizer_texts import TEKKEN, texts_and_corpus
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
from transformers import AutoTokenizer

given = json.load(sys.stdin)
TEXTS, CORPUS = texts_and_corpus(given["texts"])
EXTRA = [f"<extra_id_{index}>" for index in range(100)]


def trained(**options):
    """A SentencePiece model of a vocabulary that the corpus fills."""
    file = io.BytesIO()
    defaults = dict(vocab_size=1400, byte_fallback=True, character_coverage=0.98, minloglevel=2, num_threads=1)
    lines = (line.replace("\0", "") for line in CORPUS)
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=file, **{**defaults, **options})
    return file.getvalue()


LLAMA = dict(model_type="bpe", normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True)
GEMMA = dict(LLAMA, add_dummy_prefix=False, pad_id=0, eos_id=1, bos_id=2, unk_id=3, pad_piece="<pad>", bos_piece="<bos>", eos_piece="<eos>", user_defined_symbols=["<mask>", "<start_of_turn>", "<end_of_turn>", "\n\n", "▁▁", "▁▁▁", "<table>"])
UNIGRAM = dict(model_type="unigram", vocab_size=800, hard_vocab_limit=False, byte_fallback=False)
T5 = dict(UNIGRAM, pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
ALBERT = dict(UNIGRAM, pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=["[CLS]", "[SEP]", "[MASK]"])
DEBERTA = dict(UNIGRAM, pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]")
# Files of Transformers before 4.34, beside the model.
OLD_MAPS = {
    "special_tokens_map.json": {"bos_token": {"content": "<s>", "lstrip": False, "normalized": True, "rstrip": False, "single_word": False}, "pad_token": "<pad>"},
    "added_tokens.json": {"<pad>": 1400, "<|im_end|>": 1401},
}
SP = {"added_tokens_decoder": {str(index): {"content": token, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True} for index, token in enumerate(["<unk>", "<s>", "</s>"])}}
llama = lambda **config: {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", **config}


def tekken(**config):
    """tekken.json: bytes first, then what merging gives, with the special tokens before all."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(TEKKEN), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=1500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    from transformers.convert_slow_tokenizer import bytes_to_unicode
    letters = {letter: byte for byte, letter in bytes_to_unicode().items()}
    vocab = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    tokens = [bytes([byte]) for byte in range(256)]
    tokens += [token for token in (bytes(letters[letter] for letter in text) for text, _ in vocab) if len(token) > 1]
    special = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]"]
    file = {
        "config": {"pattern": TEKKEN, "num_vocab_tokens": len(tokens), "default_vocab_size": len(tokens) + 20 - 7, "default_num_special_tokens": 20, "version": "v7"},
        "vocab": [{"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None} for rank, token in enumerate(tokens)],
        "special_tokens": [{"rank": rank, "token_str": token, "is_control": True} for rank, token in enumerate(special)],
    }
    return json.dumps(file).encode()


KINDS = {
    "llama2": ("tokenizer.model", lambda: trained(**LLAMA), "llama", llama(legacy=False, **SP)),
    "llama2-legacy": ("tokenizer.model", lambda: trained(**LLAMA), "llama", llama(legacy=True)),
    "llama2-no-prefix": ("tokenizer.model", lambda: trained(**LLAMA), "llama", llama(add_prefix_space=False, add_eos_token=True)),
    "llama2-bare": ("tokenizer.model", lambda: trained(**LLAMA), "llama", None),
    "llama2-chatml": ("tokenizer.model", lambda: trained(**LLAMA), "llama", llama(legacy=False, added_tokens_decoder={**SP["added_tokens_decoder"], "1400": {"content": "<|im_start|>", "special": True, "normalized": False, "lstrip": False, "rstrip": False, "single_word": False}, "1401": {"content": "<table>", "special": False, "normalized": True, "lstrip": False, "rstrip": True, "single_word": False}})),
    "llama2-old-maps": ("tokenizer.model", lambda: trained(**LLAMA), "llama", {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True}),
    "llama2-flags": ("tokenizer.model", lambda: trained(**LLAMA, user_defined_symbols=["<table>"]), "llama", llama(added_tokens_decoder={"1": {"content": "<s>", "special": True, "normalized": True, "lstrip": True, "rstrip": False, "single_word": False}, "3": {"content": "<table>", "special": False, "normalized": True, "lstrip": True, "rstrip": True, "single_word": False}})),
    "mistral-flags": ("tokenizer.model", lambda: trained(**LLAMA, control_symbols=["<|user|>"], user_defined_symbols=["<table>"]), "mistral", llama(pad_token="[PAD]", extra_special_tokens=["[INST]"], added_tokens_decoder={"1": {"content": "<s>", "special": True, "normalized": True, "lstrip": True, "rstrip": False, "single_word": False}, "3": {"content": "<|im_end|>", "special": True, "normalized": False, "lstrip": False, "rstrip": True, "single_word": False}, "4": {"content": "<table>", "special": False, "normalized": True, "lstrip": True, "rstrip": True, "single_word": False}})),
    "llama2-extra": ("tokenizer.model", lambda: trained(**LLAMA, control_symbols=["<|user|>"]), "llama", llama(additional_special_tokens=["[INST]"])),
    "mistral": ("tokenizer.model", lambda: trained(**LLAMA), "mistral", llama(legacy=True, **SP)),
    "mistral-first": ("tokenizer.model", lambda: trained(**LLAMA), "mistral", llama(legacy=False, **SP)),
    "mistral-v3": ("tokenizer.model", lambda: trained(**LLAMA, control_symbols=["[INST]", "[/INST]"]), "mistral", llama(legacy=False)),
    "mixtral-bare": ("tokenizer.model", lambda: trained(**LLAMA), "mixtral", None),
    "phi3": ("tokenizer.model", lambda: trained(**LLAMA), "phi3", llama(legacy=False, add_bos_token=False)),
    "user-defined": ("tokenizer.model", lambda: trained(**LLAMA, user_defined_symbols=["<table>", "ab", "12", "▁▁"]), "mistral", llama()),
    "spaces-removed": ("tokenizer.model", lambda: trained(**{**LLAMA, "normalization_rule_name": "nmt_nfkc", "remove_extra_whitespaces": True}), "mistral", llama()),
    "gemma": ("tokenizer.model", lambda: trained(**GEMMA), "gemma2", {"tokenizer_class": "GemmaTokenizer", "add_bos_token": True, "add_eos_token": False, "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"}),
    "gemma-bare": ("tokenizer.model", lambda: trained(**GEMMA), "gemma3_text", None),
    "t5": ("spiece.model", lambda: trained(**T5), "t5", {"tokenizer_class": "T5Tokenizer", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", "extra_ids": 100, "additional_special_tokens": EXTRA}),
    "t5-bare": ("spiece.model", lambda: trained(**T5), "t5", None),
    "t5-identity": ("spiece.model", lambda: trained(**T5, normalization_rule_name="identity"), "t5", {"tokenizer_class": "T5Tokenizer", "extra_ids": 3}),
    "unigram": ("tokenizer.model", lambda: trained(**UNIGRAM), "mistral", llama()),
    "unigram-bytes": ("tokenizer.model", lambda: trained(**{**UNIGRAM, "byte_fallback": True, "vocab_size": 1200}), "mistral", llama(legacy=False)),
    "xlm-roberta": ("sentencepiece.bpe.model", lambda: trained(**UNIGRAM), "xlm-roberta", {"tokenizer_class": "XLMRobertaTokenizer"}),
    "albert": ("spiece.model", lambda: trained(**ALBERT), "albert", {"tokenizer_class": "AlbertTokenizer"}),
    "albert-cased": ("spiece.model", lambda: trained(**ALBERT), "albert", {"do_lower_case": False, "keep_accents": True}),
    "deberta-v2": ("spm.model", lambda: trained(**DEBERTA), "deberta-v2", {"tokenizer_class": "DebertaV2Tokenizer", "do_lower_case": False, "vocab_type": "spm"}),
    "tekken": ("tekken.json", tekken, "mistral", {"tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": True, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}),
    "tekken-bare": ("tekken.json", tekken, "ministral3", None),
}

for kind, (name, make, model_type, config) in KINDS.items():
    random.seed(kind)
    folder = os.path.join(given["folder"], kind)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file: file.write(make())
    with open(os.path.join(folder, "config.json"), "w") as file: json.dump({"model_type": model_type}, file)
    if config is not None:
        with open(os.path.join(folder, "tokenizer_config.json"), "w") as file: json.dump(config, file)
    for more, content in OLD_MAPS.items() if kind.endswith("old-maps") else []:
        with open(os.path.join(folder, more), "w") as file: json.dump(content, file)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = [[text, ids] for text, ids in zip(TEXTS, tokenizer(TEXTS)["input_ids"])]
    for row in rows: row += [tokenizer.decode(row[1], skip_special_tokens=False), tokenizer.decode(row[1], skip_special_tokens=True)]
    named = {role: getattr(tokenizer, f"{role}_token") for role in ("bos", "eos", "unk", "sep", "pad", "cls", "mask")}
    expected = {"class": type(tokenizer).__name__, "tokenizer": json.loads(tokenizer.backend_tokenizer.to_str()), "special": named, "rows": rows}
    with open(os.path.join(folder, "expected.json"), "w", encoding="utf-8") as file: json.dump(expected, file)
print(json.dumps({"kinds": list(KINDS)}))
