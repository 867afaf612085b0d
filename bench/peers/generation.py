"""Speed of Transformers on a language model's folder: the peer of `bench/generation.mjs`.

usage: generation.py FOLDER PROMPT_TOKENS NEW_TOKENS THREADS float32|bfloat16 -> one JSON line
Greedy, with a key-value cache, eager PyTorch; the best of three runs after one to warm up.
"""

import json
import math
import sys
import time

import torch
import transformers

folder, prompt_tokens, new_tokens, threads, dtype = sys.argv[1:]
prompt_tokens, new_tokens = int(prompt_tokens), int(new_tokens)
torch.set_num_threads(int(threads))
transformers.logging.set_verbosity_error()
model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype)).eval()
ids = torch.arange(prompt_tokens).remainder(1000).add(100).unsqueeze(0)
best = {"prompt": 0.0, "generation": 0.0, "promptProcessor": math.inf, "tokenProcessor": math.inf}
with torch.inference_mode():
    for run in range(4):
        started, started_processor = time.perf_counter(), time.process_time()
        output = model(input_ids=ids, use_cache=True, logits_to_keep=1)
        token = output.logits[:, -1].argmax(-1, keepdim=True)
        middle, middle_processor = time.perf_counter(), time.process_time()
        for _ in range(new_tokens):
            output = model(input_ids=token, past_key_values=output.past_key_values, use_cache=True)
            token = output.logits[:, -1].argmax(-1, keepdim=True)
        ended, ended_processor = time.perf_counter(), time.process_time()
        if run > 0:
            best["prompt"] = max(best["prompt"], prompt_tokens / (middle - started))
            best["generation"] = max(best["generation"], new_tokens / (ended - middle))
            of_prompt = (middle_processor - started_processor) * 1000
            of_token = (ended_processor - middle_processor) * 1000 / new_tokens
            best["promptProcessor"] = min(best["promptProcessor"], of_prompt)
            best["tokenProcessor"] = min(best["tokenProcessor"], of_token)
print(json.dumps(best))
