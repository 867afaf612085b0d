"""Makes test/golden/misc/tokenizers/t5: a small tokenizer of transformers' T5Tokenizer, with the pieces and the table of replacements
of its neighbor precompiled and the sentinels <extra_id_0> … <extra_id_9>, and the ids that transformers gives for texts:
~/.cache/coto-studio/peers/bin/python test/golden/make/make-t5-tokenizer-golden.py"""

import base64
import json

from transformers import AutoTokenizer, T5Tokenizer

from folders import GOLDEN, OUTPUT

SENTINELS = 10
output = OUTPUT / "misc" / "tokenizers" / "t5"
output.mkdir(parents=True, exist_ok=True)
others = [json.loads((GOLDEN / "misc" / "tokenizers" / name / "expected.json").read_text()) for name in ("unigram", "precompiled")]
texts = [one["text"] for other in others for one in other["single"]]

own = [
    "translate English to German: The house is wonderful.",
    "The <extra_id_0> walks in <extra_id_1> park",
    "<extra_id_0> cute dog<extra_id_1>the <extra_id_2>",
    "x<extra_id_9>y <extra_id_10> <extra_id_ 1> < extra_id_1 >",
    "a </s> b</s>c <pad> d <unk> e",
    "  two  spaces ,\ttabs\nand lines\r\n at  the ends  ",
    "",
    " ",
    "\n",
    "▁ mark ▁▁ a▁b",
    "summarize: ﬁrst oﬃce\u00a0Ⅳ ½ ① 한국어 👩\u200d👩\u200d👧 e\u0301",
    "unknown 漢字 and ₿",
]

neighbor = json.loads((GOLDEN / "misc" / "tokenizers" / "precompiled" / "tokenizer.json").read_text())
charsmap = next(step["precompiled_charsmap"] for step in neighbor["normalizer"]["normalizers"] if step["type"] == "Precompiled")
pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
pieces += [(piece, score) for piece, score in neighbor["model"]["vocab"][4:]]
pieces += [(f"<extra_id_{at}>", 0.0) for at in reversed(range(SENTINELS))]
tokenizer = T5Tokenizer(
    vocab=pieces,
    extra_ids=SENTINELS,
    _spm_precompiled_charsmap=base64.b64decode(charsmap),
    model_max_length=512,
)
tokenizer.save_pretrained(output)

reference = AutoTokenizer.from_pretrained(output)
single = []
for text in own + texts:
    ids = reference(text)["input_ids"]
    single.append(
        {
            "text": text,
            "ids": ids,
            "ids_without_special_tokens": reference(text, add_special_tokens=False)["input_ids"],
            "decoded": reference.decode(ids, skip_special_tokens=True),
            "decoded_with_special_tokens": reference.decode(ids),
        }
    )
pairs = []
for text, pair in zip(own[:3], own[3:6]):
    encoded = reference(text, pair, return_token_type_ids=True)
    pairs.append({"text": text, "pair": pair, "ids": encoded["input_ids"], "type_ids": encoded["token_type_ids"]})
truncated = [
    {"text": text, "max_length": length, "ids": reference(text, truncation=True, max_length=length)["input_ids"]}
    for text in own[:4]
    for length in (4, 9)
]
expected = {"vocab_size": len(reference), "single": single, "pairs": pairs, "truncated": truncated}
(output / "expected.json").write_text(json.dumps(expected, ensure_ascii=True, indent=None) + "\n")
