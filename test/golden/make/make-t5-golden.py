"""Further golden values of T5 from transformers and PEFT, beside the folder t5 of make-further-family-golden.py:
~/.cache/coto-studio/peers/bin/python test/golden/make/make-t5-golden.py

  t5/generate-greedy.safetensors   input_ids [1, t] of the encoder, tokens [1, 1 + 20] of the decoder; every best logit leads by 2e-3 or more
  t5-relu/                         T5 1.0: relu, a tied head with scaled states, more layers in the decoder; keys of old checkpoints;
                                   generate-left-padded.safetensors, two prompts of which the first ends early
  t5-own-head/                     T5 1.1: gated-gelu, a head of its own; config.json of transformers 4
  misc/t5.json                     rows of the table of biases by distance; all options of the config with their defaults
"""

import copy
import json
import shutil

import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import T5Config, T5ForConditionalGeneration
from transformers.models.t5.modeling_t5 import T5Attention

from folders import GOLDEN, OUTPUT

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
torch.set_num_threads(1)

START, PAD = 0, 0
MARGIN = 2e-3


def save(path, tensors):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}, path, metadata={"format": "pt"})


def rewrite(path, change):
    path.write_text(json.dumps(change(json.loads(path.read_text())), indent=2, sort_keys=True) + "\n")


def random_model(config, seed):
    torch.manual_seed(seed)
    config._attn_implementation = "eager"
    model = T5ForConditionalGeneration(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.add_(0.2 * torch.randn_like(parameter))
            else:
                parameter.normal_(0, 0.5 if "shared" in name or "bias" in name else 0.22)
    return model


def greedy(model, vocabulary, tokens, seed):
    """A prompt with 20 tokens after it, none of them a close call."""
    for attempt in range(400):
        torch.manual_seed(seed + attempt)
        ids = torch.randint(5, vocabulary - 2, (1, tokens))
        made = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=20,
            do_sample=False,
            use_cache=False,
            decoder_start_token_id=START,
            pad_token_id=PAD,
            output_logits=True,
            return_dict_in_generate=True,
        )
        best = torch.stack(made.logits, 1).topk(2).values
        margin = ((best[..., 0] - best[..., 1]) / best[..., 0].abs().clamp(min=1)).min().item()
        if made.sequences.shape[1] == 21 and margin > MARGIN and len(set(made.sequences[0].tolist())) > 4:
            return dict(input_ids=ids, tokens=made.sequences)
    raise SystemExit("no prompt is clear enough")


def left_padded(model, vocabulary, lengths, seed):
    """Two prompts, the second padded on the left; the first ends in the middle."""
    options = dict(max_new_tokens=16, do_sample=False, use_cache=False, decoder_start_token_id=START, pad_token_id=PAD)
    for attempt in range(400):
        torch.manual_seed(seed + attempt)
        ids = torch.randint(5, vocabulary - 2, (2, lengths[0]))
        mask = torch.ones_like(ids)
        ids[1, : lengths[0] - lengths[1]] = PAD
        mask[1, : lengths[0] - lengths[1]] = 0
        given = dict(input_ids=ids, attention_mask=mask)
        made = model.generate(**given, **options, eos_token_id=None, output_logits=True, return_dict_in_generate=True)
        best = torch.stack(made.logits, 1).topk(2).values
        margin = ((best[..., 0] - best[..., 1]) / best[..., 0].abs().clamp(min=1)).min().item()
        first, second = made.sequences.tolist()
        end = first[7] if made.sequences.shape[1] == 17 else None
        if margin < MARGIN or end is None or end in first[:7] or end in second:
            continue
        tokens = model.generate(**given, **options, eos_token_id=end)
        return dict(**given, tokens=tokens, eos_token_id=torch.tensor([end]), pad_token_id=torch.tensor([PAD]))
    raise SystemExit("no prompts are clear enough")


def inputs_of(vocabulary, tokens, lengths, targets, seed):
    torch.manual_seed(seed)
    ids = torch.randint(5, vocabulary - 2, (len(lengths), tokens))
    mask = torch.ones_like(ids)
    for row, length in enumerate(lengths):
        ids[row, length:] = PAD
        mask[row, length:] = 0
    decoder = torch.randint(5, vocabulary - 2, (len(lengths), targets))
    decoder[:, 0] = START
    return dict(input_ids=ids, attention_mask=mask, decoder_input_ids=decoder)


def family(folder, model, inputs, tokens, seed):
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder / "base")
    (folder / "family.json").write_text(
        json.dumps(dict(auto_class="AutoModelForSeq2SeqLM", kind="seq2seq", model_class="T5ForConditionalGeneration"), indent=1)
    )
    save(folder / "inputs.safetensors", inputs)
    with torch.no_grad():
        save(folder / "base-outputs.safetensors", dict(logits=model(**inputs).logits))
    save(folder / "generate-greedy.safetensors", greedy(model, model.config.vocab_size, tokens, seed))


def adapter(folder, model, inputs, targets, seed):
    torch.manual_seed(seed)
    config = LoraConfig(r=4, lora_alpha=8, target_modules=targets, task_type="SEQ_2_SEQ_LM")
    adapted = get_peft_model(copy.deepcopy(model), config)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_" in name:
                parameter.normal_(0, 0.2)
    adapted.eval()
    made = folder / "adapters" / "lora"
    adapted.save_pretrained(made)
    (made / "README.md").unlink(missing_ok=True)
    rewrite(
        made / "adapter_config.json",
        lambda config: {**config, "base_model_name_or_path": f"golden/{folder.name}", "target_modules": sorted(targets)},
    )
    with torch.no_grad():
        save(made / "expected.safetensors", dict(logits=adapted(**inputs).logits))
    labels = torch.randint(5, model.config.vocab_size - 2, inputs["decoder_input_ids"].shape)
    labels[-1, -2:] = -100
    loss = adapted(**inputs, labels=labels).loss
    loss.backward()
    gradients = {
        f"grad.{name.replace('.default', '')}": parameter.grad
        for name, parameter in adapted.named_parameters()
        if parameter.grad is not None
    }
    save(folder / "gradients.safetensors", dict(labels=labels, loss=loss.reshape(1), **gradients))


def relu():
    config = T5Config(
        vocab_size=72,
        d_model=32,
        d_kv=6,
        d_ff=44,
        num_layers=2,
        num_decoder_layers=3,
        num_heads=4,
        relative_attention_num_buckets=32,
        relative_attention_max_distance=128,
        dropout_rate=0.0,
        feed_forward_proj="relu",
        decoder_start_token_id=START,
    )
    model = random_model(config, 11)
    assert model.config.scale_decoder_outputs
    # Beyond the distances that have a row of their own.
    inputs = inputs_of(72, 40, [40, 23, 9], 19, 12)
    folder = OUTPUT / "t5-relu"
    family(folder, model, inputs, 30, 1000)
    adapter(folder, model, inputs, ["q", "k", "v", "o", "wi", "wo"], 13)
    save(folder / "generate-left-padded.safetensors", left_padded(model, 72, [24, 11], 3000))
    path = folder / "base" / "model.safetensors"
    tensors = load_file(path)
    shared = tensors["shared.weight"]
    unused = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
    old = {"encoder.embed_tokens.weight": shared, "decoder.embed_tokens.weight": shared, unused: torch.ones(32, 4)}
    save(path, {**tensors, **old})


def own_head():
    config = T5Config(
        vocab_size=60,
        d_model=24,
        d_kv=8,
        d_ff=36,
        num_layers=3,
        num_heads=2,
        relative_attention_num_buckets=12,
        relative_attention_max_distance=20,
        dropout_rate=0.0,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        decoder_start_token_id=START,
    )
    model = random_model(config, 21)
    model.lm_head.weight = torch.nn.Parameter(torch.randn(60, 24) * 0.4)
    assert not model.config.scale_decoder_outputs
    folder = OUTPUT / "t5-own-head"
    family(folder, model, inputs_of(60, 26, [26, 14], 8, 22), 12, 2000)
    path = folder / "base" / "model.safetensors"
    save(path, {**load_file(path), "lm_head.weight": model.lm_head.weight})
    new = ["dense_act_fn", "is_gated_act", "scale_decoder_outputs", "dtype"]
    rewrite(
        folder / "base" / "config.json",
        lambda config: {
            **{key: value for key, value in config.items() if key not in new},
            "tie_word_embeddings": False,
            "torch_dtype": "float32",
            "transformers_version": "4.23.1",
            "n_positions": 512,
        },
    )
    with torch.no_grad():
        again = T5ForConditionalGeneration.from_pretrained(folder / "base", dtype=torch.float32, attn_implementation="eager")
        expected = load_file(folder / "base-outputs.safetensors")["logits"]
        difference = (again(**load_file(folder / "inputs.safetensors")).logits - expected).abs().max()
        assert difference < 1e-5, difference


def facts():
    cases = []
    for count, distance in [(32, 128), (8, 16), (12, 20), (64, 1000)]:
        for bidirectional in (True, False):
            positions = torch.arange(-700, 701)
            rows = T5Attention._relative_position_bucket(positions, bidirectional, count, distance)
            cases.append(dict(buckets=count, maxDistance=distance, isBidirectional=bidirectional, first=-700, rows=rows.tolist()))
    path = OUTPUT / "misc" / "t5.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(dict(buckets=cases, config=T5Config().to_dict()), sort_keys=True) + "\n")


def main():
    base = T5ForConditionalGeneration.from_pretrained(GOLDEN / "t5" / "base", dtype=torch.float32, attn_implementation="eager").eval()
    save(OUTPUT / "t5" / "generate-greedy.safetensors", greedy(base, base.config.vocab_size, 12, 0))
    relu()
    own_head()
    facts()


if __name__ == "__main__":
    main()
