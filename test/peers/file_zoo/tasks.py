"""Rows of the tasks: conversations, preferences, choices, pairs, tags, answers, in the shapes that the hub has them in."""

import json

import datasets

from zoo import TALK, TALK2

CALLS = [
    {"role": "user", "content": "Weather in Rome?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"type": "function", "function": {"name": "weather", "arguments": {"city": "Rome", "days": 3}}}],
    },
    {"role": "tool", "name": "weather", "content": "sunny"},
    {"role": "assistant", "content": "It is sunny.", "reasoning_content": "The tool says so."},
]
TOOLS = [
    {
        "type": "function",
        "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
    }
]


def make(zoo):
    def lines(name, kind, rows, examples, options=None):
        zoo.path(f"tasks/{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        zoo.add(f"tasks/{name}.jsonl", kind, examples, options)

    talks(lines)
    preferences(lines)
    choices(lines)
    others(zoo, lines)


def talks(lines):
    both = [{"messages": TALK}, {"messages": TALK2}]
    lines("messages", "messages", both, both)
    shares = {"system": "system", "user": "human", "assistant": "gpt"}
    sharegpt = [
        {"id": "x", "conversations": [{"from": shares[turn["role"]], "value": turn["content"]} for turn in talk]}
        for talk in [TALK, TALK2]
    ]
    lines("sharegpt", "ShareGPT", sharegpt, both)
    parts = [
        {"messages": [{**turn, "content": [{"type": "text", "text": turn["content"]}]} for turn in talk]}
        for talk in [TALK, TALK2]
    ]
    lines("parts", "messages in parts, as the API of OpenAI has them", parts, both)
    several = [{"role": "user", "content": [{"type": "text", "text": "One. "}, {"type": "text", "text": "Two."}]}, TALK[2]]
    lines(
        "several-parts",
        "messages of several parts",
        [{"messages": several}],
        [{"messages": [{"role": "user", "content": "One. Two."}, TALK[2]]}],
    )
    lines("nested", "data.messages", [{"data": row} for row in both], both, {"messages": "data.messages"})
    lines(
        "deeper",
        "a conversation two objects deep",
        [{"sample": {"data": row}} for row in both],
        both,
        {"messages": "sample.data.messages"},
    )
    lines("calls", "calls of tools", [{"messages": CALLS, "tools": TOOLS}], [{"messages": CALLS, "tools": TOOLS}])
    lines(
        "tools-json",
        "tools as JSON in a text",
        [{"messages": CALLS, "tools": json.dumps(TOOLS)}],
        [{"messages": CALLS, "tools": TOOLS}],
    )
    openai = [
        CALLS[0],
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        CALLS[3],
    ]
    lines(
        "openai-calls",
        "a file for fine-tuning at OpenAI, with calls",
        [{"messages": openai, "tools": TOOLS, "parallel_tool_calls": False}],
        [{"messages": [openai[0], {**openai[1], "content": ""}, *openai[2:]], "tools": TOOLS}],
    )
    lines(
        "prompt-completion-talk",
        "TRL: prompt and completion, both conversations",
        [{"prompt": talk[:-1], "completion": talk[-1:]} for talk in [TALK, TALK2]],
        both,
    )
    lines(
        "prompt-completion",
        "TRL: prompt and completion",
        [{"prompt": "The sky is", "completion": " blue."}, {"prompt": "Grass is", "completion": " green."}],
        [{"prompt": "The sky is", "completion": " blue."}, {"prompt": "Grass is", "completion": " green."}],
    )
    lines(
        "chatml",
        "conversations of role and content in a column of any name",
        [{"id": 1, "dialogue": TALK}, {"id": 2, "dialogue": TALK2}],
        both,
    )
    alpaca = [
        {"instruction": "Add.", "input": "2 and 2", "output": "4"},
        {"instruction": "Name a color.", "input": "", "output": "Blue"},
    ]
    alpaca_read = [{"prompt": "Add.\n\n2 and 2", "completion": "4"}, {"prompt": "Name a color.", "completion": "Blue"}]
    lines("alpaca", "Alpaca", alpaca, alpaca_read)
    lines(
        "dolly",
        "Dolly",
        [{"instruction": "Add.", "context": "2 and 2", "response": "4", "category": "closed_qa"}] * 3,
        [alpaca_read[0]] * 3,
    )
    lines(
        "openorca",
        "OpenOrca: system_prompt, question, response",
        [{"id": "a", "system_prompt": "Be short.", "question": "What is 2 + 2?", "response": "4"}] * 2,
        [{"prompt": "Be short.\n\nWhat is 2 + 2?", "completion": "4"}] * 2,
    )
    lines(
        "gsm8k",
        "GSM8K: question and answer",
        [{"question": "What is 2 + 2?", "answer": "It is 4.\n#### 4"}] * 2,
        [{"prompt": "What is 2 + 2?", "completion": "It is 4.\n#### 4"}] * 2,
    )
    lines("text", "text alone", [{"text": "One text."}, {"text": "Another text."}], [{"text": "One text."}, {"text": "Another text."}])
    lines("content", "text alone, called content", [{"content": "One."}, {"content": "Two."}], [{"text": "One."}, {"text": "Two."}])


def preferences(lines):
    lines(
        "dpo",
        "preferences, the prompt by itself",
        [{"prompt": "The sky is", "chosen": " blue.", "rejected": " green."}],
        [{"prompt": "The sky is", "completion": " blue.", "rejected": " green."}],
    )
    lines(
        "dpo-implicit",
        "preferences, the prompt in both answers",
        [{"chosen": "The sky is blue.", "rejected": "The sky is green."}],
        [{"prompt": "The sky is", "completion": " blue.", "rejected": " green."}],
    )
    wrong = [*TALK[:-1], {"role": "assistant", "content": "5"}]
    read = [{"messages": TALK, "rejected": wrong}]
    lines(
        "dpo-talk",
        "preferences of conversations, the prompt by itself",
        [{"prompt": TALK[:-1], "chosen": TALK[-1:], "rejected": wrong[-1:]}],
        read,
    )
    lines("dpo-talk-implicit", "preferences of conversations", [{"chosen": TALK, "rejected": wrong}], read)
    lines(
        "ultrafeedback",
        "UltraFeedback binarized: a prompt as text, the answers as conversations",
        [{"prompt": "x", "prompt_id": "1", "chosen": TALK, "rejected": wrong, "messages": TALK, "score_chosen": 8.0}],
        read,
    )
    lines(
        "kto",
        "KTO: answers that are wanted or not",
        [{"prompt": "The sky is", "completion": " blue.", "label": True}, {"prompt": "Grass is", "completion": " red.", "label": False}],
        [
            {"prompt": "The sky is", "completion": " blue.", "desirable": True},
            {"prompt": "Grass is", "completion": " red.", "desirable": False},
        ],
    )


def choices(lines):
    def choice(name, kind, row, right, options=None, texts=("1", "2", "0"), text="How many?"):
        lines(name, kind, [row] * 2, [{"text": text, "choices": list(texts), "label": right}] * 2, options)

    choice("mmlu", "MMLU", {"question": "How many?", "subject": "x", "choices": ["1", "2", "0"], "answer": 1}, "2")
    choice(
        "arc",
        "ARC",
        {"id": "a", "question": "How many?", "choices": {"text": ["1", "2", "0"], "label": ["A", "B", "C"]}, "answerKey": "B"},
        "2",
    )
    choice(
        "hellaswag",
        "HellaSwag",
        {"ind": 4, "activity_label": "x", "ctx_a": "How", "ctx_b": "many?", "ctx": "How many?", "endings": ["Some.", "All.", "None."], "source_id": "s", "split_type": "indomain", "label": "1"},
        "All.",
        texts=("Some.", "All.", "None."),
    )
    choice(
        "openbookqa",
        "OpenBookQA",
        {"id": "7", "question_stem": "How many?", "choices": {"text": ["1", "2", "0"], "label": ["A", "B", "C"]}, "answerKey": "C"},
        "0",
    )
    choice(
        "commonsense",
        "CommonsenseQA",
        {"id": "7", "question": "How many?", "question_concept": "count", "choices": {"label": ["A", "B", "C"], "text": ["1", "2", "0"]}, "answerKey": "A"},
        "1",
    )


def others(zoo, lines):
    lines(
        "mnli",
        "pairs: premise and hypothesis",
        [{"premise": "A dog runs.", "hypothesis": "An animal moves.", "label": at % 3, "idx": at} for at in range(6)],
        [{"text": "A dog runs.", "textPair": "An animal moves.", "label": str(at % 3)} for at in range(6)],
    )
    lines(
        "stsb",
        "pairs with a value",
        [{"sentence1": "A dog runs.", "sentence2": "A cat runs.", "score": at / 2 + 0.25} for at in range(6)],
        [{"text": "A dog runs.", "textPair": "A cat runs.", "label": str(at / 2 + 0.25)} for at in range(6)],
    )
    lines(
        "boolq",
        "BoolQ: question, passage and a true or false answer",
        [{"question": "is it blue", "answer": at % 2 == 0, "passage": "The sky is blue."} for at in range(4)],
        [{"text": "is it blue", "textPair": "The sky is blue.", "label": str(at % 2 == 0).lower()} for at in range(4)],
    )
    lines(
        "sets",
        "lists of labels",
        [{"text": "One.", "labels": ["a", "b"]}, {"text": "Two.", "labels": []}, {"text": "Three.", "labels": ["c"]}],
        [{"text": "One.", "label": ["a", "b"]}, {"text": "Two.", "label": []}, {"text": "Three.", "label": ["c"]}],
    )
    lines(
        "one-hot",
        "lists of zeros and ones",
        [{"text": "One.", "labels": [1, 1, 0]}, {"text": "Two.", "labels": [0, 0, 1]}],
        [{"text": "One.", "label": ["0", "1"]}, {"text": "Two.", "label": ["2"]}],
    )
    words, tags = ["Ada", "Lovelace", "wrote", "."], ["B-PER", "I-PER", "O", "O"]
    tagged = [{"text": " ".join(words), "words": words, "tags": tags}] * 2
    lines("words", "words with tags", [{"tokens": words, "ner_tags": tags}] * 2, tagged)
    conll = "".join(f"{word} NN B-NP {tag}\n" for word, tag in zip(words, tags))
    zoo.path("tasks/conll.conll").write_text(f"-DOCSTART- -X- -X- O\n\n{conll}\n{conll}")
    zoo.add("tasks/conll.conll", "CoNLL 2003", tagged)
    names = ["O", "B-PER", "I-PER"]
    features = datasets.Features(
        {"tokens": datasets.Sequence(datasets.Value("string")), "ner_tags": datasets.Sequence(datasets.ClassLabel(names=names))}
    )
    rows = {"tokens": [words] * 2, "ner_tags": [[names.index(tag) for tag in tags]] * 2}
    datasets.Dataset.from_dict(rows, features=features).to_parquet(zoo.path("tasks/tags.parquet"))
    zoo.add("tasks/tags.parquet", "Parquet, datasets, words with tags by their names", tagged)
