"""What Transformers marks as the assistant's of conversations, for the templates in a folder that have {% generation %}.

Reads {"folder", "talks": names and messages, "special": names and texts of tokens}; prints {template: {talk: marked texts}}.
"""

import json
import sys
from pathlib import Path

from transformers.utils.chat_template_utils import render_jinja_template

given = json.load(sys.stdin)


def marked(template, messages):
    texts, spans = render_jinja_template(
        conversations=[messages], chat_template=template, return_assistant_tokens_mask=True, **given["special"]
    )
    return [texts[0][start:end] for start, end in spans[0]]


templates = {path.name: path.read_text(encoding="utf-8") for path in sorted(Path(given["folder"]).glob("*.jinja"))}
print(
    json.dumps(
        {
            name: {talk: marked(template, messages) for talk, messages in given["talks"].items()}
            for name, template in templates.items()
            if "endgeneration" in template
        }
    )
)
