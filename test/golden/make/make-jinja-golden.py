"""Writes test/golden/misc/jinja.json: what Transformers makes of Jinja's expressions and of templates with calls of tools.

The templates in tool_templates have the structure of those that were published with Llama 3.1, Mistral v0.3 and Qwen 2.5, in words of
our own: the originals' licenses differ, and what is held here is what they ask of Jinja.

usage: python test/golden/make/make-jinja-golden.py, with transformers
"""

import json
from pathlib import Path

from transformers.utils.chat_template_utils import _compile_jinja_template

from folders import OUTPUT

here = Path(__file__).parent
VARIABLES = {
    "l": [1, 2, 3],
    "d": {"a": 1, "b": "é<x>"},
    "m": {"role": "user"},
    "ms": [
        {"role": "user", "content": " hello ", "n": 1},
        {"role": "assistant", "content": "hi", "n": 2, "tool_calls": [{"x": 1}]},
        {"role": "user", "content": "bye", "n": 3},
    ],
}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "What the weather is like.",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string", "description": "A city – any"}, "days": {"type": "integer", "default": 3}},
                "required": ["city"],
            },
        },
    },
    {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {}}}},
]
CALL = {"id": "abcdefghi", "type": "function", "function": {"name": "weather", "arguments": {"city": "Zürich", "days": 2.0, "near": None, "deep": {"on": True}}}}
SYSTEM = {"role": "system", "content": " Be brief. "}
ASK = {"role": "user", "content": "Weather in Zürich?"}
CALLS = {"role": "assistant", "content": "", "tool_calls": [CALL]}
RESULT = {"role": "tool", "content": "{\"sky\": \"blue\"}", "tool_call_id": "abcdefghi", "name": "weather"}
ANSWER = {"role": "assistant", "content": "It is sunny.\n"}
TALKS = [
    [ASK],
    [SYSTEM, ASK],
    [ASK, CALLS],
    [SYSTEM, ASK, CALLS, RESULT, ANSWER],
    [ASK, CALLS, RESULT, RESULT, ANSWER, {"role": "user", "content": "Thanks!"}],
    [ASK, {**CALLS, "content": "I look.", "tool_calls": [CALL, {**CALL, "id": "123456789"}]}, RESULT, ANSWER],
    [ASK, ASK],
    [ASK, {"role": "elf", "content": "Hm."}],
]


def rendered(template, **variables):
    try:
        return {"text": _compile_jinja_template(template).render(**variables)}
    except Exception as error:
        return {"error": str(error)}


expressions = [
    {"template": line, **rendered(line, **VARIABLES)}
    for line in (here / "jinja_expressions.txt").read_text().splitlines()
]
templates = {path.stem: path.read_text() for path in sorted((here / "tool_templates").glob("*.jinja"))}
cases = [
    {"template": name, "messages": talk, "tools": tools, "add_generation_prompt": prompt}
    | rendered(
        template,
        messages=talk,
        tools=tools,
        documents=None,
        add_generation_prompt=prompt,
        bos_token="<s>",
        eos_token="</s>",
    )
    for name, template in templates.items()
    for talk in TALKS
    for tools in (None, TOOLS)
    for prompt in (False, True)
]
golden = {"variables": VARIABLES, "expressions": expressions, "templates": templates, "cases": cases}
(OUTPUT / "misc").mkdir(parents=True, exist_ok=True)
(OUTPUT / "misc" / "jinja.json").write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n")
