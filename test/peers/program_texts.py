"""Generates greedily with exported adapters and models, by mlx-lm and by Transformers with PEFT.

stdin: {"prompts": [text], "tokens": number of new tokens, "jobs": [{"program": "mlx" | "transformers", "format", "model": folder, "adapter": folder | null}]}
stdout: {"texts": [[text of each prompt] of each job], "versions": {package: version}}
"""

import json
import sys
import warnings
from importlib.metadata import version

warnings.filterwarnings("ignore")


def of_mlx(job, prompts, tokens):
    import mlx.core as mx
    from mlx_lm import load, stream_generate

    # On the CPU, MLX would compile its fused kernels with a C++ compiler.
    mx.disable_compile()
    model, tokenizer = load(job["model"], adapter_path=job["adapter"])
    texts = []
    for prompt in prompts:
        ids = [response.token for response in stream_generate(model, tokenizer, prompt, max_tokens=tokens)]
        # Its streamed text lacks the space that it begins with.
        texts.append(tokenizer.decode(ids, skip_special_tokens=True))
    return texts


def of_transformers(job, prompts, tokens):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    # On a busy machine, threads that wait for others take most of the time.
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(job["model"], dtype=torch.float32)
    if job["adapter"] is not None:
        model = PeftModel.from_pretrained(model, job["adapter"])
    # A PEFT folder brings the tokenizer of the base along.
    folder = job["adapter"] if job["format"] == "peft" else job["model"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = []
    for prompt in prompts:
        inputs = tokenizer(prompt, return_tensors="pt", return_token_type_ids=False)
        with torch.no_grad():
            ids = model.eval().generate(**inputs, do_sample=False, max_new_tokens=tokens)
        texts.append(tokenizer.decode(ids[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))
    return texts


PROGRAMS = {"mlx": of_mlx, "transformers": of_transformers}


def main():
    request = json.load(sys.stdin)
    texts = [PROGRAMS[job["program"]](job, request["prompts"], request["tokens"]) for job in request["jobs"]]
    packages = ("mlx-lm", "transformers", "peft", "ollama", "diffusers", "lycoris-lora")
    print(json.dumps({"texts": texts, "versions": {name: version(name) for name in packages}}))


main()
