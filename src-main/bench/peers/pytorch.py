"""A PyTorch runner of `npm run bench`: the training step of the studio's workloads, written as PyTorch does it best.

Reads requests as JSON lines from standard input, answers each with one JSON line: see src-main/bench/protocol.ts.
Eager or with layers and loss compiled by torch.compile, fused AdamW, scaled_dot_product_attention, no gradient for the base; the adapter joins its base product in place,
in one addmm, HiRA's the weight. Weights, adapter and batch come from a safetensors file that the studio writes, so that both
start from the same numbers; a checkpoint that it names is mapped, and in bfloat16 used where it lies.
"""

import contextlib
import json
import mmap
import os
import sys
import time

import torch
import torch.nn.functional as F

def chosen_device():
    """The processor, as the bench compares; with COTO_TORCH_DEVICE=auto the graphics card where PyTorch has one (CUDA or ROCm)."""
    wish = os.environ.get("COTO_TORCH_DEVICE", "cpu")
    return ("cuda" if torch.cuda.is_available() else "cpu") if wish == "auto" else wish


DEVICE = chosen_device()


def device_name():
    return torch.cuda.get_device_name() if DEVICE == "cuda" else "cpu"


def resident_bytes():
    """Largest resident memory of this process; 0 on Windows, which has no such module."""
    try:
        import resource
    except ImportError:
        return 0
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def synchronize():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


DTYPES = {"F32": torch.float32, "I32": torch.int32, "BF16": torch.bfloat16}


def read_safetensors(path):
    """Tensors that lie in the file, mapped; a write to one stays in memory."""
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        dtype = DTYPES[entry["dtype"]]
        count = (end - start) // dtype.itemsize
        values = torch.frombuffer(data, dtype=dtype, count=count, offset=begin + start)
        tensors[name] = values.reshape(entry["shape"])
    return tensors, metadata


class Problem:
    """One shape in one precision: `float32`, `autocast` (bfloat16 over a float32 base) or `bfloat16` (the base itself)."""

    def __init__(self, path, precision, compiled):
        tensors, metadata = read_safetensors(path)
        self.spec = json.loads(metadata["architecture"])
        self.adapter = metadata["adapter"]
        if self.adapter not in ("lora", "dora", "hira"):
            raise ValueError(f"PyTorch's side of the bench knows nothing of the adapter {self.adapter}")
        self.autocast = precision == "autocast"
        self.dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
        self.trained, self.frozen, self.input = {}, {}, {}
        for name, tensor in tensors.items():
            kind, name = name.split(":", 1)
            if kind == "trained":
                self.trained[name] = tensor.clone().to(DEVICE).requires_grad_(True)
            elif kind == "frozen":
                self.frozen[name] = tensor.to(DEVICE, self.dtype)
            else:
                self.input[name] = (tensor.long() if tensor.dtype == torch.int32 else tensor).to(DEVICE)
        stored = self.spec.get("stored")
        if stored is not None:
            checkpoint, _ = read_safetensors(stored["file"])
            for name, place in stored["names"].items():
                self.frozen[name] = checkpoint[place].to(DEVICE, self.dtype)
        self.labels = self.input.pop("labels")
        self.active = None
        self.whole, self.layers = {}, [{} for _ in range(self.spec["layers"])]
        for name, tensor in {**self.frozen, **self.trained}.items():
            if name.startswith("layers."):
                _, layer, own = name.split(".", 2)
                self.layers[int(layer)][own] = tensor
            else:
                self.whole[name] = tensor
        if compiled:
            # A layer is compiled once for all: they differ in their tensors alone.
            self.block = torch.compile(self.block, dynamic=False)
            self.language_loss = torch.compile(self.language_loss, dynamic=False)
        self.optimizer = torch.optim.AdamW(list(self.trained.values()), lr=1e-3, weight_decay=0.0, fused=True)
        if self.spec["kind"] == "decoder":
            self.tables = self.rotary_tables()

    def linear(self, x, own, name, adapts):
        """`own`: the tensors of a layer, or of the head."""
        weight, bias = own[f"{name}.weight"].to(self.dtype), own.get(f"{name}.bias")
        if bias is not None:
            bias = bias.to(self.dtype)
        hira = own.get(f"{name}.hira_A")
        a = own.get(f"{name}.lora_A.weight") if hira is None else hira
        if a is None or not adapts:
            return F.linear(x, weight, bias)
        if hira is not None:
            update = own[f"{name}.hira_B"].to(self.dtype) @ a.to(self.dtype)
            if self.dtype == torch.float32 and not self.autocast:
                # One product for base and adapter; PEFT's own layer takes two.
                return F.linear(x, torch.addcmul(weight, weight, update), bias)
            # Rounded into the weight, a small update would be lost.
            return F.linear(x, weight, bias) + F.linear(x, weight * update)
        b = own[f"{name}.lora_B.weight"]
        rows = x.flatten(0, -2)
        z = F.linear(rows, a.to(self.dtype))
        # Autocast casts no operands of what is done in place.
        up = b.to(z.dtype).t()
        if self.adapter == "lora":
            y = F.linear(rows, weight, bias).addmm_(z, up, alpha=self.spec["scaling"])
        else:
            h = F.linear(rows, weight).addmm_(z, up, alpha=self.spec["scaling"])
            gain = self.gain(weight, a, b, own[f"{name}.lora_magnitude_vector"]).to(h.dtype)
            y = h * gain if bias is None else torch.addcmul(bias.to(h.dtype), h, gain)
        return y.view(*x.shape[:-1], -1)

    def gain(self, weight, a, b, magnitude):
        """DoRA's m / ‖W + s·B·A‖ by output, the norm held fixed in the backward pass as PEFT has it.

        The bench's weights are so small that making the sum is faster than multiplying the norm out.
        """
        with torch.no_grad(), torch.autocast(DEVICE, enabled=False):
            changed = torch.addmm(weight, b.to(self.dtype), a.to(self.dtype), alpha=self.spec["scaling"])
            norm = torch.linalg.vector_norm(changed, dim=1)
        return magnitude / norm

    def norm(self, x, own, name):
        weight, size = own[f"{name}.weight"], (x.shape[-1],)
        if self.spec["kind"] == "decoder":
            return F.rms_norm(x, size, weight, self.spec["epsilon"])
        return F.layer_norm(x, size, weight, own[f"{name}.bias"], self.spec["epsilon"])

    def heads(self, x, count):
        return x.unflatten(-1, (count, -1)).transpose(1, 2)

    def attention(self, own, x, queries, adapts):
        heads = self.spec["heads"]
        grouped = self.spec.get("keyValueHeads", heads)
        q = self.heads(self.linear(queries, own, "q_proj", adapts), heads)
        k = self.heads(self.linear(x, own, "k_proj", adapts), grouped)
        v = self.heads(self.linear(x, own, "v_proj", adapts), grouped)
        causal = self.spec["kind"] == "decoder"
        if causal:
            q, k = self.rotate(q), self.rotate(k)
        # Faster than keys and values repeated for all heads of a group.
        y = F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=grouped != heads)
        return self.linear(y.transpose(1, 2).flatten(2), own, "o_proj", adapts)

    def rotary_tables(self):
        size = self.spec["hidden"] // self.spec["heads"]
        frequencies = self.spec["theta"] ** (-torch.arange(0, size, 2, dtype=torch.float32) / size)
        angles = torch.outer(torch.arange(self.spec["tokens"], dtype=torch.float32), frequencies)
        angles = torch.cat([angles, angles], dim=-1)
        return angles.cos().to(DEVICE, self.dtype), angles.sin().to(DEVICE, self.dtype)

    def rotate(self, x):
        cos, sin = self.tables
        first, second = x.chunk(2, dim=-1)
        return x * cos + torch.cat([-second, first], dim=-1) * sin

    def mlp(self, own, x, adapts):
        if self.spec["kind"] == "decoder":
            gated = F.silu(self.linear(x, own, "gate_proj", adapts)) * self.linear(x, own, "up_proj", adapts)
            return self.linear(gated, own, "down_proj", adapts)
        return self.linear(F.gelu(self.linear(x, own, "fc1", adapts)), own, "fc2", adapts)

    def block(self, x, own, adapts, only_first):
        normalized = self.norm(x, own, "before")
        kept = slice(0, 1) if only_first else slice(None)
        x = x[:, kept] + self.attention(own, normalized, normalized[:, kept], adapts)
        return x + self.mlp(own, self.norm(x, own, "after"), adapts)

    def language_loss(self, x):
        logits = F.linear(self.norm(x, self.whole, "norm"), self.whole["embedding.weight"])
        return F.cross_entropy(logits.flatten(0, 1), self.labels.flatten())

    def embed(self):
        if "pixel_values" in self.input:
            pixels = self.input["pixel_values"].to(self.dtype)
            patches = F.conv2d(pixels, self.frozen["patch.weight"], self.frozen["patch.bias"], stride=self.spec["patch"])
            x = patches.flatten(2).transpose(1, 2)
            x = torch.cat([self.frozen["class_token"].expand(len(x), -1, -1), x], dim=1)
            return x + self.frozen["positions"]
        x = F.embedding(self.input["input_ids"], self.frozen["embedding.weight"])
        return x + self.frozen["positions"] if "positions" in self.frozen else x

    def loss(self):
        with torch.autocast(DEVICE, torch.bfloat16) if self.autocast else contextlib.nullcontext():
            x = self.embed()
            for layer, own in enumerate(self.layers):
                # A classifier that reads the first token alone needs no other from its last layer; the studio uses that too.
                only_first = self.spec["cutsLastLayer"] and layer == len(self.layers) - 1
                x = self.block(x, own, self.active is None or bool(self.active[layer]), only_first)
            if self.spec["kind"] == "decoder":
                return self.language_loss(x)
            return F.cross_entropy(self.linear(self.norm(x[:, 0], self.whole, "norm"), self.whole, "head", True), self.labels)

    def step(self, mask):
        self.active = mask
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(self.trained.values()), 1.0, foreach=True)
        self.optimizer.step()
        return loss.item()


CLOCKS = {"elapsed": time.perf_counter, "processor": time.process_time}


def timed(problem, masks, clock):
    """Losses and milliseconds of one step a mask."""
    losses, milliseconds = [], []
    for mask in masks:
        synchronize()
        started = clock()
        losses.append(problem.step(mask))
        synchronize()
        milliseconds.append(1000 * (clock() - started))
    return {"losses": losses, "milliseconds": milliseconds}


def main():
    problem, clock = None, time.perf_counter
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "load":
                if request["threads"] > 0:
                    torch.set_num_threads(request["threads"])
                problem, clock = None, CLOCKS[request["clock"]]
                problem = Problem(request["exchange"], request["precision"], request["compiled"])
                answer = {"version": torch.__version__, "threads": torch.get_num_threads(), "device": device_name()}
            elif request["do"] == "losses":
                answer = timed(problem, [None] * request["count"], clock)
            elif request["do"] == "time":
                answer = {"milliseconds": timed(problem, request["masks"], clock)["milliseconds"]}
            elif request["do"] == "memory":
                answer = {
                    "deviceBytes": torch.cuda.max_memory_reserved() if DEVICE == "cuda" else None,
                    "processBytes": resident_bytes(),
                }
            elif request["do"] == "unload":
                problem = None
                answer = {}
            else:
                raise ValueError(f"PyTorch knows nothing of {request['do']}")
        except Exception as error:  # the bench must go on and say what was wrong
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
