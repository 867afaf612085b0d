"""Golden values of further model families from transformers and PEFT, tiny random models. usage: make-further-family-golden.py [--out OUT] [SEED] [--only FAMILY ...]
SEED 1, the default, gives the canonical shapes; any other seed draws other shapes. Per family OUT/<family>/:
  family.json                       auto_class, kind (lm, cls, img, seq2seq, embed), label
  base/                             config.json, model.safetensors as save_pretrained writes them
  inputs.safetensors                input_ids, attention_mask (right-padded) or pixel_values; decoder_input_ids for seq2seq
  base-outputs.safetensors          logits (embed: last_hidden_state)
  adapters/{lora,dora}/             PEFT's adapter folder and expected.safetensors
  gradients.safetensors             labels; loss; grad.<PEFT tensor name> of the lora adapter (float32, autograd; labels -100 are ignored)
  generate-greedy.safetensors       lm only: input_ids [1, t], tokens [1, t + 20], every best logit leads by 2e-3 or more, relative
report.json has per family the gap of float32 to float64 (base, lora), the adapters' effect, versions."""
import sys, os, re, json, copy, random, shutil, warnings
warnings.filterwarnings("ignore"); os.environ["HF_HUB_OFFLINE"] = "1"; os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import torch, transformers as T, peft
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from types import SimpleNamespace as NS
T.utils.logging.set_verbosity_error(); T.utils.logging.disable_progress_bar(); torch.set_num_threads(1)
from folders import OUTPUT
ARGS = sys.argv[1:]; OUT, SEED = str(OUTPUT), int(ARGS.pop(0)) if ARGS and ARGS[0] != "--only" else 1; ONLY = ARGS[1:] or None
def seed(f, k): torch.manual_seed(random.Random(f"{SEED}/{f}/{k}").getrandbits(48))
class Draw:
    def __init__(s, f): s.r = random.Random(f"{SEED}:{f}")
    def __call__(s, canonical, *others): return canonical if SEED == 1 else s.r.choice(others)
def dec(d, layers=(3, 4), **k):
    h, a, kv, i = d((24, 4, 2, 40), (32, 4, 2, 44), (36, 6, 3, 52), (20, 2, 1, 36)); return {**dict(vocab_size=d(64, 56, 72, 80), hidden_size=h, num_attention_heads=a, num_key_value_heads=kv, intermediate_size=i, num_hidden_layers=d(*layers), max_position_embeddings=d(64, 72, 80), bos_token_id=1, eos_token_id=2, pad_token_id=0), **k}
def enc(d, **k):
    h, a, i = d((32, 4, 48), (24, 2, 52), (36, 6, 40)); return {**dict(vocab_size=d(80, 64, 72, 88), hidden_size=h, num_attention_heads=a, intermediate_size=i, num_hidden_layers=d(3, 2, 4), max_position_embeddings=d(64, 72, 80), num_labels=d(3, 2, 4, 5), pad_token_id=0), **k}
def vis(d, **k):
    h, a, i = d((32, 4, 48), (24, 2, 52), (36, 6, 40)); s, p = d((16, 4), (15, 5), (18, 6), (12, 3)); return {**dict(hidden_size=h, num_attention_heads=a, intermediate_size=i, num_hidden_layers=d(3, 2, 4), image_size=s, patch_size=p, num_labels=d(5, 4, 6, 7)), **k}
rope = lambda d, **k: dict(rope_type="default", rope_theta=d(10000.0, 50000.0, 1000000.0), **k)
QKV, ALL = ["q_proj", "v_proj"], ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
def lm(cls, cfg, targets=QKV, **k): return dict(cls=cls, cfg=cfg, targets=targets, kind="lm", auto="AutoModelForCausalLM", **k)
def build(f):
    d = Draw(f); C = lambda n: getattr(T, n)
    if f == "gemma": return d, lm("GemmaForCausalLM", C("GemmaConfig")(**dec(d, head_dim=d(8, 10, 12), hidden_activation="gelu_pytorch_tanh", rope_parameters=rope(d))), ALL)
    if f == "gemma2": n = d(4, 3, 5); return d, lm("Gemma2ForCausalLM", C("Gemma2Config")(**dec(d, head_dim=d(8, 10, 12), num_hidden_layers=n, sliding_window=d(5, 4, 6), query_pre_attn_scalar=d(12, 9, 20), attn_logit_softcapping=d(5.0, 8.0, 12.0), final_logit_softcapping=d(4.0, 6.0, 9.0), rope_parameters=rope(d))), ALL)
    if f == "gemma3": n = d(4, 6, 5); return d, lm("Gemma3ForCausalLM", C("Gemma3TextConfig")(**dec(d, head_dim=d(8, 10, 12), num_hidden_layers=n, sliding_window=d(5, 4, 6), query_pre_attn_scalar=d(12, 9, 20), layer_types=["full_attention" if (i + 1) % d(2, 3) == 0 else "sliding_attention" for i in range(n)], rope_parameters=dict(full_attention=dict(rope_type="linear", rope_theta=d(1e6, 5e5), factor=d(4.0, 8.0)), sliding_attention=dict(rope_type="default", rope_theta=d(1e4, 2e4))))), ALL)
    if f == "embedding-gemma": n = d(3, 4); return d, dict(cls="Gemma3TextModel", cfg=C("Gemma3TextConfig")(**dec(d, head_dim=d(8, 10, 12), num_hidden_layers=n, sliding_window=d(9, 6, 7), use_bidirectional_attention=True, rope_parameters=dict(full_attention=rope(d), sliding_attention=rope(d)))), targets=QKV, kind="embed", auto="AutoModel")
    if f == "phi": return d, lm("PhiForCausalLM", C("PhiConfig")(**dec(d, num_key_value_heads=None, partial_rotary_factor=0.5, hidden_dropout=0.0, resid_pdrop=0.0, embd_pdrop=0.0, qk_layernorm=False, hidden_act="gelu_new", rope_parameters=rope(d, partial_rotary_factor=0.5), hidden_size=d(32, 48, 40), num_attention_heads=d(4, 4, 2))), ["q_proj", "v_proj", "dense", "fc1"])
    if f == "phi3": return d, lm("Phi3ForCausalLM", C("Phi3Config")(**dec(d, sliding_window=d(6, 5, 7), resid_pdrop=0.0, embd_pdrop=0.0, rope_parameters=rope(d, partial_rotary_factor=1.0), original_max_position_embeddings=64, max_position_embeddings=64)), ["qkv_proj", "o_proj", "gate_up_proj"])
    if f == "phi4-mini": return d, lm("Phi3ForCausalLM", C("Phi3Config")(**dec(d, hidden_size=32 if SEED == 1 else 48, num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True, partial_rotary_factor=0.75 if SEED == 1 else 0.5, resid_pdrop=0.0, embd_pdrop=0.0, max_position_embeddings=64, original_max_position_embeddings=16, rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, partial_rotary_factor=0.75 if SEED == 1 else 0.5, original_max_position_embeddings=16, short_factor=[1.0 + 0.1 * i for i in range(3)], long_factor=[1.5 + 0.3 * i for i in range(3)]))), ["qkv_proj", "o_proj"])
    if f == "smollm3": n = d(4, 6, 5); return d, lm("SmolLM3ForCausalLM", C("SmolLM3Config")(**dec(d, num_hidden_layers=n, no_rope_layers=[int((i + 1) % d(4, 3) != 0) for i in range(n)], tie_word_embeddings=True, use_sliding_window=False, rope_parameters=rope(d))), ALL)
    if f == "olmo2": return d, lm("Olmo2ForCausalLM", C("Olmo2Config")(**dec(d, rope_parameters=rope(d), rms_norm_eps=d(1e-5, 1e-6))), ALL)
    if f == "olmo3": n = d(4, 5, 6); return d, lm("Olmo3ForCausalLM", C("Olmo3Config")(**dec(d, num_hidden_layers=n, sliding_window=d(5, 4, 6), rope_parameters=rope(d))), ALL)
    if f == "seed-oss": return d, lm("SeedOssForCausalLM", C("SeedOssConfig")(**dec(d, head_dim=d(8, 10, 12), attention_dropout=0.0, residual_dropout=0.0, rope_parameters=rope(d))), ALL)
    if f == "olmo": return d, lm("OlmoForCausalLM", C("OlmoConfig")(**dec(d, rope_parameters=rope(d))), ALL)
    if f == "ernie4-5": return d, lm("Ernie4_5ForCausalLM", C("Ernie4_5Config")(**dec(d, use_bias=True, head_dim=d(8, 10, 12), tie_word_embeddings=True, rope_parameters=rope(d))), ALL)
    if f == "granite": return d, lm("GraniteForCausalLM", C("GraniteConfig")(**dec(d, embedding_multiplier=d(3.0, 6.0), logits_scaling=d(2.0, 4.0), residual_multiplier=d(0.4, 0.22), attention_multiplier=d(0.3, 0.2), tie_word_embeddings=True, rope_parameters=rope(d))), ALL)
    if f == "ministral3": return d, lm("Ministral3ForCausalLM", C("Ministral3Config")(**dec(d, head_dim=d(8, 10, 12), rope_parameters=dict(rope_type="yarn", rope_theta=d(1e6, 5e5), factor=d(4.0, 8.0), original_max_position_embeddings=d(16, 12), max_position_embeddings=64, beta_fast=32.0, beta_slow=1.0, mscale=1.0, mscale_all_dim=1.0, llama_4_scaling_beta=d(0.1, 0.2)))), ALL)
    if f == "mixtral": return d, lm("MixtralForCausalLM", C("MixtralConfig")(**dec(d, num_local_experts=d(4, 3, 5), num_experts_per_tok=2, sliding_window=None, rope_parameters=rope(d))), ["q_proj", "v_proj", "o_proj"])
    if f == "qwen3-moe": return d, lm("Qwen3MoeForCausalLM", C("Qwen3MoeConfig")(**dec(d, head_dim=d(8, 10, 12), num_experts=d(4, 5, 6), num_experts_per_tok=2, moe_intermediate_size=d(20, 24, 16), norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[0], rope_parameters=rope(d))), ["q_proj", "v_proj", "o_proj"])
    if f == "gpt-oss": n = d(4, 3, 5); return d, lm("GptOssForCausalLM", C("GptOssConfig")(**dec(d, head_dim=d(8, 10, 12), num_hidden_layers=n, num_local_experts=d(4, 3, 5), num_experts_per_tok=2, sliding_window=d(5, 4, 6), rope_parameters=rope(d))), ["q_proj", "v_proj", "o_proj"])
    if f == "qwen3.5": n = d(4, 6); return d, lm("Qwen3_5ForCausalLM", C("Qwen3_5TextConfig")(**dec(d, num_hidden_layers=n, head_dim=d(16, 12), linear_num_key_heads=2, linear_num_value_heads=d(4, 2), linear_key_head_dim=d(8, 6), linear_value_head_dim=d(8, 10), linear_conv_kernel_dim=d(4, 3), layer_types=["full_attention" if (i + 1) % d(2, 3) == 0 else "linear_attention" for i in range(n)], rope_parameters=dict(rope_type="default", rope_theta=1e6, partial_rotary_factor=0.5, mrope_section=[2, 1, 1] if SEED == 1 else [1, 1, 1], mrope_interleaved=True))), ["q_proj", "v_proj", "o_proj", "in_proj_qkv", "out_proj"])
    if f == "lfm2": n = d(4, 5, 6); return d, lm("Lfm2ForCausalLM", C("Lfm2Config")(**dec(d, num_hidden_layers=n, conv_L_cache=d(3, 4), conv_bias=False, block_auto_adjust_ff_dim=False, layer_types=["full_attention" if i % 2 else "conv" for i in range(n)], rope_parameters=rope(d), tie_word_embeddings=True)), ["q_proj", "v_proj", "in_proj", "out_proj", "w1"])
    if f == "glm4": return d, lm("Glm4ForCausalLM", C("Glm4Config")(**dec(d, head_dim=d(8, 12), attention_bias=True, rope_parameters=rope(d, partial_rotary_factor=0.5))), ["q_proj", "v_proj", "o_proj", "gate_up_proj"])
    if f == "cohere2": n = d(4, 5); return d, lm("Cohere2ForCausalLM", C("Cohere2Config")(**dec(d, num_hidden_layers=n, sliding_window=d(5, 4), logit_scale=d(0.25, 0.5), layer_norm_eps=1e-5, rope_parameters=rope(d))), ALL)
    if f == "starcoder2": return d, lm("Starcoder2ForCausalLM", C("Starcoder2Config")(**dec(d, sliding_window=d(6, 5), residual_dropout=0.0, embedding_dropout=0.0, attention_dropout=0.0, rope_parameters=rope(d))), ["q_proj", "v_proj", "c_fc"])
    if f == "stablelm": return d, lm("StableLmForCausalLM", C("StableLmConfig")(**dec(d, partial_rotary_factor=0.5, hidden_size=d(32, 48), num_attention_heads=4, num_key_value_heads=2, use_qkv_bias=True, hidden_dropout=0.0, rope_parameters=rope(d, partial_rotary_factor=0.5))), QKV)
    if f == "gpt-neox": return d, lm("GPTNeoXForCausalLM", C("GPTNeoXConfig")(**{k: v for k, v in dec(d, hidden_size=32 if SEED == 1 else 48, num_attention_heads=4).items() if k != "num_key_value_heads"}, hidden_dropout=0.0, attention_dropout=0.0, rope_parameters=rope(d, partial_rotary_factor=0.25 if SEED == 1 else 0.5)), ["query_key_value", "dense_h_to_4h"])
    if f == "opt": c = dec(d); return d, lm("OPTForCausalLM", C("OPTConfig")(vocab_size=c["vocab_size"], hidden_size=c["hidden_size"], word_embed_proj_dim=c["hidden_size"], num_hidden_layers=c["num_hidden_layers"], num_attention_heads=c["num_attention_heads"], ffn_dim=c["intermediate_size"], max_position_embeddings=64, dropout=0.0, attention_dropout=0.0, pad_token_id=1, bos_token_id=2, eos_token_id=2), ["q_proj", "v_proj", "fc1"], pad=1)
    if f == "bert-bare": return d, dict(cls="BertModel", cfg=C("BertConfig")(**enc(d, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)), targets=["query", "value"], kind="embed", auto="AutoModel")
    if f == "phi-norms": return d, lm("PhiForCausalLM", C("PhiConfig")(**dec(d, resid_pdrop=0.0, embd_pdrop=0.0, qk_layernorm=True, hidden_act="gelu_new", rope_parameters=rope(d, partial_rotary_factor=0.5), hidden_size=32)), ["q_proj", "v_proj", "dense", "fc2"])
    if f == "stablelm-parallel": return d, lm("StableLmForCausalLM", C("StableLmConfig")(**dec(d, hidden_size=32, use_parallel_residual=True, hidden_dropout=0.0, rope_parameters=rope(d, partial_rotary_factor=0.25))), ["k_proj", "o_proj", "down_proj"])
    if f == "gpt-neox-sequential": return d, lm("GPTNeoXForCausalLM", C("GPTNeoXConfig")(**{k: v for k, v in dec(d).items() if k != "num_key_value_heads"}, use_parallel_residual=False, attention_bias=False, hidden_dropout=0.0, rope_parameters=rope(d, partial_rotary_factor=1.0)), ["query_key_value", "dense", "dense_4h_to_h"])
    if f == "opt-350m": c = dec(d); return d, lm("OPTForCausalLM", C("OPTConfig")(vocab_size=c["vocab_size"], hidden_size=c["hidden_size"], word_embed_proj_dim=16, do_layer_norm_before=False, num_hidden_layers=3, num_attention_heads=c["num_attention_heads"], ffn_dim=c["intermediate_size"], max_position_embeddings=64, dropout=0.0, pad_token_id=1, bos_token_id=2, eos_token_id=2), ["q_proj", "fc2", "project_in", "project_out"], pad=1)
    if f == "modernbert": return d, dict(cls="ModernBertForSequenceClassification", cfg=C("ModernBertConfig")(**enc(d, num_hidden_layers=d(4, 5, 6), local_attention=d(8, 6), global_attn_every_n_layers=d(2, 3), classifier_pooling=d("mean", "cls"), cls_token_id=1, sep_token_id=2, bos_token_id=1, eos_token_id=2)), targets=["Wqkv", "Wi"], kind="cls", auto="AutoModelForSequenceClassification")
    if f == "electra": return d, dict(cls="ElectraForSequenceClassification", cfg=C("ElectraConfig")(**enc(d, embedding_size=d(16, 20), hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)), targets=["query", "value"], kind="cls", auto="AutoModelForSequenceClassification")
    if f == "mpnet": return d, dict(cls="MPNetForSequenceClassification", cfg=C("MPNetConfig")(**enc(d, pad_token_id=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)), targets=["q", "v"], kind="cls", auto="AutoModelForSequenceClassification", pad=1)
    if f == "albert": return d, dict(cls="AlbertForSequenceClassification", cfg=C("AlbertConfig")(**enc(d, embedding_size=d(16, 20), num_hidden_groups=1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, classifier_dropout_prob=0.0)), targets=["query", "value"], kind="cls", auto="AutoModelForSequenceClassification")
    if f == "nomic-bert": return d, dict(cls="NomicBertForSequenceClassification", cfg=C("NomicBertConfig")(**enc(d, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)), targets=["q_proj", "v_proj"], kind="cls", auto="AutoModelForSequenceClassification")
    if f == "eurobert": return d, dict(cls="EuroBertForSequenceClassification", cfg=C("EuroBertConfig")(**enc(d, bos_token_id=1, eos_token_id=2, mask_token_id=3, rope_parameters=rope(d), classifier_pooling=d("late", "mean"))), targets=QKV, kind="cls", auto="AutoModelForSequenceClassification")
    if f == "siglip": v = vis(d); n = v.pop("num_labels"); return d, dict(cls="SiglipForImageClassification", cfg=C("SiglipConfig")(vision_config=v, text_config=dict(hidden_size=32, num_attention_heads=4, intermediate_size=40, num_hidden_layers=1, vocab_size=40), num_labels=n), targets=QKV, kind="img", auto="AutoModelForImageClassification", image=v["image_size"])
    if f == "dinov2": v = vis(d); v.pop("intermediate_size"); return d, dict(cls="Dinov2ForImageClassification", cfg=C("Dinov2Config")(**v, mlp_ratio=2, layerscale_value=d(0.7, 0.4)), targets=QKV, kind="img", auto="AutoModelForImageClassification", image=v["image_size"])
    if f == "dinov2-registers": v = vis(d); v.pop("intermediate_size"); return d, dict(cls="Dinov2WithRegistersForImageClassification", cfg=C("Dinov2WithRegistersConfig")(**v, mlp_ratio=2, num_register_tokens=d(2, 3)), targets=QKV, kind="img", auto="AutoModelForImageClassification", image=v["image_size"])
    if f == "dinov3": v = vis(d); return d, dict(cls="DINOv3ViTModel", cfg=C("DINOv3ViTConfig")(**{k: w for k, w in v.items() if k != "num_labels"}, num_register_tokens=d(2, 3)), targets=QKV, kind="embed", auto="AutoModel", image=v["image_size"])
    if f == "deit": v = vis(d); return d, dict(cls="DeiTForImageClassification", cfg=C("DeiTConfig")(**v, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0), targets=QKV, kind="img", auto="AutoModelForImageClassification", image=v["image_size"])
    if f == "t5": h, a, i = d((24, 4, 40), (32, 4, 44), (36, 6, 52)); return d, dict(cls="T5ForConditionalGeneration", cfg=C("T5Config")(vocab_size=d(64, 56), d_model=h, d_kv=d(6, 8), d_ff=i, num_layers=d(2, 3), num_heads=a, relative_attention_num_buckets=d(8, 12), relative_attention_max_distance=d(16, 20), dropout_rate=0.0, feed_forward_proj="gated-gelu", tie_word_embeddings=False), targets=["q", "v"], kind="seq2seq", auto="AutoModelForSeq2SeqLM")
    # Text towers of vision-language models, with small vision towers that take no part.
    tower = lambda cls, text, vision, **k: lm(cls, C(cls.replace("ForConditionalGeneration", "Config"))(text_config=text, vision_config=dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14, **vision), **k), r".*(language_model|text_model)\..*\.(q_proj|v_proj|down_proj)", vision=True) | dict(auto="AutoModelForImageTextToText")
    if f == "gemma3-vision": n = d(4, 6, 5); return d, tower("Gemma3ForConditionalGeneration", dec(d, model_type="gemma3_text", head_dim=d(8, 10, 12), num_hidden_layers=n, sliding_window=d(5, 4, 6), query_pre_attn_scalar=d(12, 9, 20), layer_types=["full_attention" if (i + 1) % d(2, 3) == 0 else "sliding_attention" for i in range(n)]), dict(model_type="siglip_vision_model"))
    if f == "mistral3": return d, tower("Mistral3ForConditionalGeneration", dec(d, model_type="ministral3", head_dim=d(8, 10, 12), rope_parameters=dict(rope_type="yarn", rope_theta=1e6, factor=4.0, original_max_position_embeddings=d(16, 12), max_position_embeddings=64, beta_fast=32.0, beta_slow=1.0, mscale=1.0, mscale_all_dim=1.0, llama_4_scaling_beta=d(0.1, 0.2))), dict(model_type="pixtral", head_dim=8), tie_word_embeddings=False)
    if f == "qwen3-vl": return d, lm("Qwen3VLForConditionalGeneration", C("Qwen3VLConfig")(text_config=dec(d, head_dim=d(8, 12), rope_parameters=dict(rope_type="default", rope_theta=1e4, mrope_section=[2, 1, 1] if SEED == 1 else [2, 2, 2], mrope_interleaved=True)), vision_config=dict(depth=1, hidden_size=16, num_heads=2, intermediate_size=16, out_hidden_size=d(24, 32, 36, 20), patch_size=4, num_position_embeddings=16, deepstack_visual_indexes=[0])), r".*language_model\..*\.(q_proj|v_proj|down_proj)", vision=True) | dict(auto="AutoModelForImageTextToText")
    if f == "qwen3.5-vision": t = build("qwen3.5")[1]["cfg"].to_dict(); return d, lm("Qwen3_5ForConditionalGeneration", C("Qwen3_5Config")(text_config=t, vision_config=dict(depth=1, hidden_size=16, num_heads=2, intermediate_size=16, out_hidden_size=t["hidden_size"], patch_size=4, num_position_embeddings=16)), r".*language_model\..*\.(q_proj|v_proj|in_proj_qkv|down_proj)", vision=True) | dict(auto="AutoModelForImageTextToText")
    if f == "smolvlm": return d, tower("SmolVLMForConditionalGeneration", dec(d, model_type="llama", rms_norm_eps=1e-5, rope_parameters=rope(d)), dict())
    raise KeyError(f)
FAMILIES = "bert-bare phi-norms stablelm-parallel gpt-neox-sequential opt-350m gemma gemma2 gemma3 embedding-gemma phi phi3 phi4-mini smollm3 olmo2 olmo3 granite ministral3 mixtral qwen3-moe gpt-oss qwen3.5 lfm2 glm4 cohere2 starcoder2 stablelm gpt-neox opt modernbert electra mpnet albert nomic-bert eurobert siglip dinov2 dinov2-registers dinov3 deit t5 gemma3-vision mistral3 qwen3-vl qwen3.5-vision smolvlm seed-oss olmo ernie4-5".split()
def random_weights(m):
    with torch.no_grad():
        for n, p in m.named_parameters():
            norm = re.search("norm|ln_", n.lower())
            if "bias" in n.rsplit(".", 1)[-1]: p.normal_(0, 0.1)
            elif norm and p.dim() == 1: p.add_(0.2 * torch.randn_like(p))
            elif re.search("A_log|dt_bias|sinks|lambda|layer_scale|layerscale", n): p.add_(0.2 * torch.randn_like(p))
            elif p.dim() > 1 and not re.search("embed|wte|wpe|shared", n): p.normal_(0, 0.22)
            else: p.normal_(0, 0.5)
    return m.eval()
def save(path, d): os.makedirs(os.path.dirname(path), exist_ok=True); save_file({k: v.detach().contiguous().clone() for k, v in d.items()}, path)
def dump(path, o): os.makedirs(os.path.dirname(path), exist_ok=True); json.dump(o, open(path, "w"), indent=1)
def out(m, S, x): o = m(**x); return o.last_hidden_state if S["kind"] == "embed" else o.logits
def rel(a, b): return ((a.double() - b.double()).abs().max() / b.double().abs().max()).item()
wide = lambda x: {k: v.double() if v.is_floating_point() else v for k, v in x.items()}
first = lambda x: {k: v[:1] for k, v in x.items()}   # the row without padding: float64 masks overflow in rows where a window holds padding alone
vocabulary = lambda cfg: getattr(cfg, "vocab_size", None) or cfg.text_config.vocab_size
def inputs(f, S, d, cfg):
    seed(f, "inputs"); b, t = d(3, 2, 4), d(12, 9, 10, 14); pad = S.get("pad", 0)
    if "image" in S: return dict(pixel_values=torch.randn(4, 3, S["image"], S["image"]))
    ids = torch.randint(5, vocabulary(cfg) - 2, (b, t)); att = torch.ones_like(ids)
    for i in range(1, b): n = d.r.randrange(3, t - 1) if SEED != 1 else (9, 5)[i - 1]; ids[i, n:] = pad; att[i, n:] = 0
    x = dict(input_ids=ids, attention_mask=att)
    if S["kind"] == "seq2seq": x["decoder_input_ids"] = torch.cat([torch.zeros(b, 1, dtype=torch.long), torch.randint(5, cfg.vocab_size - 2, (b, d(6, 5, 7)))], 1)
    return x
def loss_of(m, S, x, y):
    o = out(m, S, x)
    if S["kind"] in ("cls", "img"): return torch.nn.functional.cross_entropy(o, y)
    if S["kind"] == "embed": return (o * y).sum() / o.shape[0]
    if S["kind"] == "seq2seq": return torch.nn.functional.cross_entropy(o.flatten(0, 1), y.flatten(), ignore_index=-100)
    return torch.nn.functional.cross_entropy(o[:, :-1].flatten(0, 1), y[:, 1:].flatten(), ignore_index=-100)
rp = f"{OUT}/report.json"; report = json.load(open(rp)) if ONLY and os.path.exists(rp) else dict(families={}); report.update(transformers=T.__version__, peft=peft.__version__, torch=torch.__version__)
for f in FAMILIES:
    if ONLY and f not in ONLY: continue
    base = f"{OUT}/{f}"; shutil.rmtree(base, ignore_errors=True)
    try:
        d, S = build(f); cfg = S["cfg"]; cfg._attn_implementation = "eager"; cfg._experts_implementation = "eager"; seed(f, "weights"); m = random_weights(getattr(T, S["cls"])(cfg)); m.config.use_cache = False
        m.save_pretrained(f"{base}/base"); dump(f"{base}/family.json", dict(auto_class=S["auto"], kind=S["kind"], model_class=S["cls"])); x = inputs(f, S, d, cfg); save(f"{base}/inputs.safetensors", x)
        with torch.no_grad(): o = out(m, S, x); assert o.isfinite().all(); gap = rel(out(m, S, first(x)), out(copy.deepcopy(m).double(), S, wide(first(x))))
        key = "last_hidden_state" if S["kind"] == "embed" else "logits"; mask = x.get("attention_mask"); save(f"{base}/base-outputs.safetensors", {key: o})
        again = getattr(T, S["auto"]).from_pretrained(f"{base}/base", dtype=torch.float32, attn_implementation="eager", **(dict(experts_implementation="eager") if "num_local_experts" in cfg.to_dict() or "num_experts" in cfg.to_dict() else {})).eval()
        with torch.no_grad(): assert rel(out(again, S, x), o) < 1e-6, ("reloaded differs", rel(out(again, S, x), o))
        R = report["families"][f] = dict(base_gap=float(f"{gap:.2g}"), parameters=sum(p.numel() for p in m.parameters()))
        for name in ("lora", "dora"):
            r, al = d(4, 3, 5), d(8, 5, 7); seed(f, name); tt = dict(lm=dict(task_type="CAUSAL_LM"), cls=dict(task_type="SEQ_CLS"), seq2seq=dict(task_type="SEQ_2_SEQ_LM")).get(S["kind"], {}); ms = {}
            pm = get_peft_model(copy.deepcopy(m), LoraConfig(r=r, lora_alpha=al, target_modules=S["targets"], use_dora=name == "dora", **tt, **ms))
            with torch.no_grad():
                for n, p in pm.named_parameters():
                    if "lora_magnitude" in n: p.mul_(1 + 0.4 * torch.rand_like(p))
                    elif "lora_" in n: p.normal_(0, 0.2)
                    elif p.requires_grad: p.add_(0.1 * torch.randn_like(p))
            pm.eval(); a = f"{base}/adapters/{name}"; pm.save_pretrained(a); os.path.exists(f"{a}/README.md") and os.remove(f"{a}/README.md")
            c = json.load(open(f"{a}/adapter_config.json")); c["base_model_name_or_path"] = f"golden/{f}"; c["target_modules"] = c["target_modules"] if isinstance(c["target_modules"], str) else sorted(c["target_modules"]); json.dump(c, open(f"{a}/adapter_config.json", "w"), indent=1, sort_keys=True)
            with torch.no_grad(): oa = out(pm, S, x)
            save(f"{a}/expected.safetensors", {key: oa}); R[name] = round(rel(oa, o), 4); assert R[name] > 0.01, "no effect"
            if name == "lora":
                seed(f, "labels"); y = torch.randint(0, cfg.num_labels, (o.shape[0],)) if S["kind"] in ("cls", "img") else torch.randn_like(o) * (1 if mask is None else mask.unsqueeze(-1)) if S["kind"] == "embed" else (torch.randint(5, cfg.vocab_size - 2, x["decoder_input_ids"].shape) if S["kind"] == "seq2seq" else x["input_ids"].masked_fill(mask == 0, -100))
                pm.train(not S.get("vision")); [mo.eval() for mo in pm.modules() if isinstance(mo, torch.nn.Dropout) or 'RopePosition' in type(mo).__name__]; y1 = y[:1]; grads = lambda q: {n: p.grad.clone() for n, p in q.named_parameters() if p.grad is not None}
                loss_of(pm, S, first(x), y1).backward(); g = grads(pm); pd = copy.deepcopy(pm).double(); pd.zero_grad(); loss_of(pd, S, wide(first(x)), y1.double() if y.is_floating_point() else y1).backward(); gd = grads(pd); R["gradient_gap"] = float(f"{max(rel(g[n], gd[n]) for n in g if gd[n].abs().max() > 1e-9):.2g}"); R["tensors_with_gradient"] = len(g)
                pm.zero_grad(); l = loss_of(pm, S, x, y); l.backward(); g = grads(pm); assert all(v.isfinite().all() for v in g.values())
                save(f"{base}/gradients.safetensors", dict(labels=y, loss=l.reshape(1), **{"grad." + n.replace(".default", ""): v for n, v in g.items()}))
        if S["kind"] == "lm":
            for k in range(200):
                seed(f, f"generate{k}"); ids = torch.randint(5, vocabulary(cfg) - 2, (1, x["input_ids"].shape[1])); m.config.use_cache = False
                ge = m.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=20, do_sample=False, use_cache=False, pad_token_id=S.get("pad", 0), output_logits=True, return_dict_in_generate=True); tk = torch.stack(ge.logits, 1).topk(2).values; mg = ((tk[..., 0] - tk[..., 1]) / tk[..., 0].abs().clamp(min=1)).min().item()
                if ge.sequences.shape[1] == ids.shape[1] + 20 and mg > 2e-3: save(f"{base}/generate-greedy.safetensors", dict(input_ids=ids, tokens=ge.sequences)); R["greedy_min_margin"] = round(mg, 4); break
            else: R["greedy"] = "no clear prompt"
        print(f, R, flush=True)
    except Exception as e:
        report["families"][f] = f"not made: {type(e).__name__}: {e}"; print(f, report["families"][f][:300], flush=True); shutil.rmtree(base, ignore_errors=True)
dump(rp, report)
for r, ds, fs in os.walk(OUT):
    for p in fs: os.chmod(os.path.join(r, p), 0o644)
bad = [f for f, r in report["families"].items() if isinstance(r, str)]; print(len(report["families"]) - len(bad), "made;", "not made:", bad)
