"""Makes test/golden/misc/tokenizers/sentencepiece-*: small SentencePiece models without tokenizer.json, of the forms that
Transformers converts, and the ids that it gives for texts.

usage: python test/golden/make/make-sentencepiece-golden.py (in the environment of npm run test:peers)
"""
import io
import json
import tempfile

import sentencepiece
from transformers import AutoTokenizer

from folders import GOLDEN, OUTPUT

tokenizers = GOLDEN / "misc" / "tokenizers"
neighbor = json.loads((tokenizers / "unigram" / "expected.json").read_text())
plain = [one["text"] for one in neighbor["single"]]
texts = ["", " ", "\n", " a", "  a  b ", "a\tb\n\nc", "▁a ▁▁b", "A\u0301 ｆｕｌｌ ½ ﬁ", "\u200bzero", "x <s> y</s> <pad>z", "<start_of_turn>user\nHi", "日本 漢字 ₿ 👩‍👩‍👧", "10,000.5 = 1e4", "<extra_id_0> and <extra_id_9>", "[INST] a [/INST]"] + plain

# A table of replacements that is small beside SentencePiece's own: full-width letters, a ligature, a space of no width.
rules = tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8")
rules.write("\n".join(f"{ord(letter):X}\t{' '.join(f'{ord(one):X}' for one in result)}" for letter, result in {"ｆ": "f", "ｕ": "u", "ｌ": "l", "½": "1/2", "ﬁ": "fi", "\u200b": " "}.items()) + "\n")
rules.flush()

BPE = dict(model_type="bpe", vocab_size=420, byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True, allow_whitespace_only_pieces=True)
UNIGRAM = dict(model_type="unigram", vocab_size=200, hard_vocab_limit=False, normalization_rule_tsv=rules.name)
FORMS = {
    "llama": ("tokenizer.model", BPE, "llama", {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True, "pad_token": "<pad>"}),
    "mistral": ("tokenizer.model", dict(BPE, control_symbols=["[INST]", "[/INST]"]), "mistral", {"tokenizer_class": "LlamaTokenizer", "add_bos_token": True}),
    "mistral-bytes": ("tokenizer.model", dict(UNIGRAM, byte_fallback=True, vocab_size=420), "mistral", {"legacy": False, "add_eos_token": True}),
    "gemma": ("tokenizer.model", dict(BPE, add_dummy_prefix=False, pad_id=0, eos_id=1, bos_id=2, unk_id=3, bos_piece="<bos>", eos_piece="<eos>", user_defined_symbols=["<mask>", "<start_of_turn>", "\n\n", "▁▁"]), "gemma2", {"tokenizer_class": "GemmaTokenizer", "add_bos_token": True}),
    "t5": ("spiece.model", dict(UNIGRAM, pad_id=0, eos_id=1, unk_id=2, bos_id=-1), "t5", {"extra_ids": 10}),
    "xlm-roberta": ("sentencepiece.bpe.model", UNIGRAM, "xlm-roberta", {}),
    "albert": ("spiece.model", dict(UNIGRAM, pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=["[CLS]", "[SEP]", "[MASK]"]), "albert", {}),
    "deberta-v2": ("spm.model", dict(UNIGRAM, pad_id=0, bos_id=1, eos_id=2, unk_id=3, pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]"), "deberta-v2", {}),
}
for name, (file, options, model_type, config) in FORMS.items():
    output = OUTPUT / "misc" / "tokenizers" / f"sentencepiece-{name}"
    output.mkdir(parents=True, exist_ok=True)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(plain * 3), model_writer=model, character_coverage=0.98, num_threads=1, minloglevel=2, **options)
    (output / file).write_bytes(model.getvalue())
    (output / "config.json").write_text(json.dumps({"model_type": model_type}) + "\n")
    (output / "tokenizer_config.json").write_text(json.dumps(config) + "\n")
    reference = AutoTokenizer.from_pretrained(output)
    single = []
    for text in texts:
        ids = reference(text)["input_ids"]
        single.append({"text": text, "ids": ids, "ids_without_special_tokens": reference(text, add_special_tokens=False)["input_ids"], "decoded": reference.decode(ids, skip_special_tokens=True), "decoded_with_special_tokens": reference.decode(ids)})
    pairs = []
    for text, pair in zip(texts[3:9], texts[9:15]):
        encoded = reference(text, pair, return_token_type_ids=True)
        pairs.append({"text": text, "pair": pair, "ids": encoded["input_ids"], "type_ids": encoded["token_type_ids"]})
    truncated = [{"text": text, "max_length": length, "ids": reference(text, truncation=True, max_length=length)["input_ids"]} for text in texts[9:13] for length in (4, 9)]
    expected = {"vocab_size": len(reference), "single": single, "pairs": pairs, "truncated": truncated}
    (output / "expected.json").write_text(json.dumps(expected, ensure_ascii=True) + "\n")
