"""What Transformers' apply_chat_template makes of conversations with the templates in a folder, on a given date.

Reads {"folder", "conversations": a file of tools and conversations, "now": [year, month, ...], "special": names and texts of tokens};
prints, for each template's file and each conversation with and without tools and the start of the answer, {"text"} or {"error"}.
"""

import datetime
import json
import sys
from pathlib import Path

from jinja2.exceptions import TemplateError, TemplateSyntaxError
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

given = json.load(sys.stdin)
asked = json.loads(Path(given["conversations"]).read_text(encoding="utf-8"))
moment = datetime.datetime(*given["now"])


class Fixed(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return moment


# What strftime_now asks.
chat_template_utils.datetime = Fixed
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=Tokenizer(models.WordLevel({"<unk>": 0}, unk_token="<unk>")), **given["special"]
)


def rendered(template, messages, tools, prompt):
    try:
        text = tokenizer.apply_chat_template(
            messages, tools=tools, chat_template=template, add_generation_prompt=prompt, tokenize=False
        )
        return {"text": text}
    except TemplateSyntaxError as error:
        return {"error": str(error), "kind": "syntax"}
    except TemplateError as error:
        # raise_exception raises this class itself; what is undefined, a class of its own.
        return {"error": str(error), "kind": "raised" if type(error) is TemplateError else "fault"}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}", "kind": "fault"}


cases = [
    {"template": path.name, "conversation": name, "tools": tools is not None, "prompt": prompt}
    | rendered(path.read_text(encoding="utf-8"), messages, tools, prompt)
    for path in sorted(Path(given["folder"]).glob("*.jinja"))
    for name, messages in asked["conversations"].items()
    for tools in (None, asked["tools"])
    for prompt in (False, True)
]
print(json.dumps(cases))
