"""Texts that lm-eval's multi_choice_regex extracts from given ones, as JSON."""

import json
import sys

from lm_eval.filters.extraction import MultiChoiceRegexFilter

given = json.load(sys.stdin)
print(
    json.dumps(
        [
            MultiChoiceRegexFilter(**one["settings"]).apply(
                [[text] for text in one["texts"]], [{"choices": choices} for choices in one["choices"]]
            )
            for one in given
        ]
    )
)
