"""What OpenAI's own client gets of a server: models, chat, tools, completions, streams, embeddings and errors, as JSON."""

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
likely = client.chat.completions.create(
    messages=messages, max_completion_tokens=8, logprobs=True, top_logprobs=2, **settings
)
pieces = list(client.completions.create(prompt="The people of the", max_tokens=8, stream=True, **settings))
stranger = openai.OpenAI(base_url=given["url"], api_key="wrong", max_retries=0)
tools = given["tools"]
calling = {"model": "caller", "temperature": 0, "tools": tools}
turns = [{"role": "user", "content": "Hi."}]
asked = client.chat.completions.create(messages=turns, **calling).choices[0]
call = asked.message.tool_calls[0]
turns += [asked.message, {"role": "tool", "tool_call_id": call.id, "content": "Snow."}]
answered = client.chat.completions.create(messages=turns, **calling).choices[0]
deltas = [
    delta
    for chunk in client.chat.completions.create(messages=turns[:1], stream=True, **calling)
    for choice in chunk.choices
    for delta in choice.delta.tool_calls or []
]
forced = client.chat.completions.create(
    messages=turns[:1], tool_choice={"type": "function", "function": {"name": "weather"}}, **calling
).choices[0]
vectors = client.embeddings.create(model="encoder", input=given["texts"])
plain = client.embeddings.create(model="encoder", input=given["texts"], encoding_format="float")
answer = {
    "tools": {
        "content": asked.message.content,
        "finish": asked.finish_reason,
        "call": [call.type, call.function.name, json.loads(call.function.arguments)],
        "answer": [answered.message.content, answered.finish_reason],
        "streamed": [
            deltas[0].index,
            deltas[0].function.name,
            "".join(delta.function.arguments for delta in deltas),
        ],
        "forced": [forced.message.content, json.loads(forced.message.tool_calls[0].function.arguments)],
    },
    "vectors": [one.embedding for one in vectors.data],
    "plain": [one.embedding for one in plain.data],
    "embedded": vectors.usage.prompt_tokens,
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
    "logprobs": {
        "tokens": [one.token for one in likely.choices[0].logprobs.content],
        "values": [one.logprob for one in likely.choices[0].logprobs.content],
        "best": [one.top_logprobs[0].token for one in likely.choices[0].logprobs.content],
    },
    "completion": completion.choices[0].text,
    "streamed_completion": "".join(piece.choices[0].text for piece in pieces),
    "unknown": refusal(lambda: client.chat.completions.create(model="nobody", messages=messages)),
    "unsupported": refusal(lambda: client.chat.completions.create(messages=messages, logit_bias={5: 1}, **settings)),
    "untooled": refusal(lambda: client.chat.completions.create(messages=messages, tools=tools, **settings)),
    "uncut": refusal(lambda: client.embeddings.create(model="encoder", input="good", dimensions=2)),
    "stranger": refusal(lambda: stranger.models.list()),
}
print(json.dumps(answer))
