"""Makes test/golden/misc/qa-windows.json: questions with texts cut into windows as Transformers' run_qa.py has them.

usage: python test/golden/make/make-qa-windows-golden.py
needs: pip install transformers==5.24.0
"""
import json

from transformers import PreTrainedTokenizerFast

from folders import GOLDEN, OUTPUT

PAIRS = [
    ("Who led the call?", "The EU rejects the German call to boycott British lamb. It was led by Ms. O'Neill-Bär (Cork), in 1996."),
    ("Où ?", "Naïve  Zürich-based café; São Tomé's “quoted”\u00a0text…\tline one\nline two. 中文字 mixed 東京.  "),
    ("What 😀?", "An emoji 😀👩\u200d👩\u200d👧 and a flag 🇫🇷, then e\u0301 and Å (A\u030a), ﬁ ligature, ½, Ⅷ and ｆｕｌｌ width. İstanbul ΑΣ."),
    ("a", "x" * 120 + " word " + "supercalifragilisticexpialidocious" * 2 + " [SEP] end"),
    ("How far?", " ".join(f"Place number {n} lies {n * 7} km away." for n in range(30))),
]
NAMES = ["wordpiece", "byte-level-bpe", "unigram", "precompiled", "byte-fallback-bpe", "split-regex-bpe"]


def units(text):
    """The place in UTF-16 of each character, and the end."""
    places = [0]
    for character in text:
        places.append(places[-1] + len(character.encode("utf-16-le")) // 2)
    return places


def trimmed(text, start, end):
    """Without white space at either end, which some tokenizers count as part of a token."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


cases = []
for name in NAMES:
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(GOLDEN / "misc" / "tokenizers" / name / "tokenizer.json"))
    for question, context in PAIRS:
        places = units(context)
        for length, stride in ((None, 0), (48, 12), (64, 30)):
            cut = {} if length is None else {"truncation": "only_second", "max_length": length, "stride": stride, "return_overflowing_tokens": True}
            try:
                encoded = tokenizer([question], [context], return_offsets_mapping=True, **cut)
            except BaseException:  # the question leaves no room
                continue
            windows = []
            for index, ids in enumerate(encoded["input_ids"]):
                sequences = encoded.sequence_ids(index)
                spans = [
                    [at, *(places[end] for end in trimmed(context, *span))]
                    for at, (sequence, span) in enumerate(zip(sequences, encoded["offset_mapping"][index]))
                    if sequence == 1
                ]
                windows.append({"ids": ids, "spans": spans})
            cases.append({"tokenizer": name, "question": question, "context": context, "max_length": length, "stride": stride, "windows": windows})
(OUTPUT / "misc").mkdir(parents=True, exist_ok=True)
(OUTPUT / "misc" / "qa-windows.json").write_text(json.dumps(cases, ensure_ascii=False, separators=(",", ":")) + "\n")
