"""Makes test/golden/misc/tokenizers/precompiled: a small unigram tokenizer as DeBERTa-v3 has it, with sentencepiece's own table of
replacements (nmt_nfkc), and the ids that transformers gives for texts that the table changes.

usage: python test/golden/make/make-precompiled-golden.py
needs: pip install sentencepiece==0.2.3 tokenizers==0.23.3 transformers==5.24.0 protobuf
"""
import io
import json

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from folders import GOLDEN, OUTPUT

output = OUTPUT / "misc" / "tokenizers" / "precompiled"
output.mkdir(parents=True, exist_ok=True)
neighbor = json.loads((GOLDEN / "misc" / "tokenizers" / "unigram" / "expected.json").read_text())
plain = [one["text"] for one in neighbor["single"]]

changed = [
    "The ﬁrst oﬃce of ﬂoor Ⅳ cost ½ of ㎏ 3²",  # ligatures, Roman numerals, fractions, units
    "Ｆｕｌｌ　ｗｉｄｔｈ （１２３）！～",
    "ﾊﾝｶｸ ｶﾀｶﾅ ｶﾞｷﾞｸﾞ ㍿ ㌔",
    "cafe\u0301 and café, e\u0301\u0302 and n\u0303",  # one and two combining marks
    "Ａ\u0301 and ①\u0302 lose their marks",  # the table's shortest beginning stands for the whole grapheme
    "a\u0328\u0301\u0302b\u0345 Ǆ ǅ ſ ẛ\u0323",
    "zero\u200bwidth\u200cnon\u200djoiner\ufeffmark",
    "soft\u00adhyphen \u200e left \u200f right \u2060 word",
    "한국어 \u1112\u1161\u11ab\u1100\u116e\u11a8 ﾡﾢ ㄱㄴ ㈀",  # Hangul, composed and not
    "bell\u0007 tab\tline\nreturn\rboth\r\nescape\u001b delete\u007f next\u0085line\u009f",
    "\u00a0\u2003no-break\u3000spaces\u1680 \u2028line\u2029",
    "👩\u200d👩\u200d👧 🇩🇪🇫🇷 👍🏽 ❤\ufe0f ☎︎ 1\ufe0f\u20e3",
    "नमस्ते क्षत्रिय \u0915\u093c \u0e33 ำ",  # Devanagari, Thai
    "العربية ﷺ ﻻ ﺍﻟﻠﻪ \u0600\u0661",
    "\ufffd replacement \u2581 mark",
    "ℌ𝔢𝓁𝗅𝚘 𝟙𝟚 ℵ µ Ω K Å",
    "   spaces   before,  between and after   ",
    "word words [WORD] x[WORD] [WORD]y ([WORD])",  # a token that stands alone, or not
    "ﬁne Fine, Ｆｉｎｅ <x>  [MASK] ﬁ[MASK]end",
    "\u0344\u0958\u2126\u212b\uf900\U0002f800",
    "\x00zero\x01one",
]

model = io.BytesIO()
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(plain + changed * 3),
    model_writer=model,
    vocab_size=420,
    model_type="unigram",
    normalization_rule_name="nmt_nfkc",
    character_coverage=0.99,
    num_threads=1,
    minloglevel=2,
)
trained = sentencepiece_model_pb2.ModelProto()
trained.ParseFromString(model.getvalue())

special = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
pieces = [(piece.piece, piece.score) for piece in trained.pieces if piece.type == piece.NORMAL]
tokenizer = Tokenizer(models.Unigram([(name, 0.0) for name in special] + pieces, unk_id=3, byte_fallback=False))
tokenizer.normalizer = normalizers.Sequence(
    [
        normalizers.Strip(),
        normalizers.Precompiled(trained.normalizer_spec.precompiled_charsmap),
        normalizers.Replace(Regex(" {2,}"), " "),
    ]
)
tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
tokenizer.decoder = decoders.Metaspace()
tokenizer.add_special_tokens(special + [AddedToken("[MASK]", lstrip=True, special=True)])
tokenizer.add_tokens(
    [
        AddedToken("word", single_word=True, normalized=True),
        AddedToken("[WORD]", single_word=True, normalized=False),
        AddedToken("<x>", rstrip=True, normalized=False),
    ]
)
ids = {name: tokenizer.token_to_id(name) for name in special}
tokenizer.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]",
    pair="[CLS] $A [SEP] $B:1 [SEP]:1",
    special_tokens=[(name, ids[name]) for name in ("[CLS]", "[SEP]")],
)
tokenizer.save(str(output / "tokenizer.json"), pretty=False)
config = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "model_max_length": 512,
    "clean_up_tokenization_spaces": False,
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "mask_token": "[MASK]",
}
(output / "tokenizer_config.json").write_text(json.dumps(config, indent=0) + "\n")

reference = PreTrainedTokenizerFast.from_pretrained(output)
single = []
for text in changed + plain[:20]:
    encoded = reference(text)["input_ids"]
    single.append(
        {
            "text": text,
            "ids": encoded,
            "ids_without_special_tokens": reference(text, add_special_tokens=False)["input_ids"],
            "decoded": reference.decode(encoded, skip_special_tokens=True),
            "decoded_with_special_tokens": reference.decode(encoded),
        }
    )
pairs = []
for text, pair in zip(changed[:6], changed[6:12]):
    encoded = reference(text, pair, return_token_type_ids=True)
    pairs.append({"text": text, "pair": pair, "ids": encoded["input_ids"], "type_ids": encoded["token_type_ids"]})
truncated = [
    {"text": text, "max_length": length, "ids": reference(text, truncation=True, max_length=length)["input_ids"]}
    for text in changed[:4]
    for length in (4, 9)
]
expected = {"vocab_size": len(reference), "single": single, "pairs": pairs, "truncated": truncated}
(output / "expected.json").write_text(json.dumps(expected, ensure_ascii=True, indent=None) + "\n")
