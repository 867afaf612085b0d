"""What OpenAI's own client gets of a server: models, chat, completions, streams and errors, as JSON."""

import json
import sys

import openai

given = json.load(sys.stdin)
client = openai.OpenAI(base_url=given["url"], api_key=given["token"], max_retries=0)
messages = [{"role": "user", "content": "Who are the people?"}]
settings = {"model": "small-llama", "temperature": 0}


def refusal(call):
    try:
        call()
    except openai.APIStatusError as error:
        return {"type": type(error).__name__, "status": error.status_code, "message": error.message, "param": error.param}
    return None


chat = client.chat.completions.create(messages=messages, max_completion_tokens=8, **settings)
chunks = list(
    client.chat.completions.create(
        messages=messages, max_completion_tokens=8, stream=True, stream_options={"include_usage": True}, **settings
    )
)
completion = client.completions.create(prompt="The people of the", max_tokens=8, seed=1, stop=["\n"], **settings)
pieces = list(client.completions.create(prompt="The people of the", max_tokens=8, stream=True, **settings))
stranger = openai.OpenAI(base_url=given["url"], api_key="wrong", max_retries=0)
answer = {
    "models": [model.id for model in client.models.list()],
    "model": client.models.retrieve("small-llama").id,
    "chat": {
        "role": chat.choices[0].message.role,
        "text": chat.choices[0].message.content,
        "finish": chat.choices[0].finish_reason,
        "tokens": chat.usage.total_tokens,
    },
    "streamed": {
        "text": "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices),
        "finish": [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1],
        "tokens": chunks[-1].usage.total_tokens,
    },
    "completion": completion.choices[0].text,
    "streamed_completion": "".join(piece.choices[0].text for piece in pieces),
    "unknown": refusal(lambda: client.chat.completions.create(model="nobody", messages=messages)),
    "unsupported": refusal(lambda: client.chat.completions.create(messages=messages, n=3, **settings)),
    "stranger": refusal(lambda: stranger.models.list()),
}
print(json.dumps(answer))
