"""Options of the config classes of supported model families. usage: make-config-golden.py [--out OUT]
misc/config-fields.json: by model_type, each field of its class in transformers that PreTrainedConfig lacks, with its type;
and the fields that older configs have in place of rope_parameters. Fields of a tower's config are named by their path, e.g.
vision_config.hidden_size."""
import dataclasses, json
from transformers import PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from folders import OUTPUT
MODEL_TYPES = "albert bert clip cohere2 deberta-v2 deit dinov2 dinov2_with_registers dinov3_vit distilbert electra ernie4_5 eurobert gemma gemma2 gemma3_text glm4 gpt2 gpt_neox gpt_oss granite lfm2 llama ministral3 mistral mixtral modernbert mpnet nomic_bert olmo olmo2 olmo3 opt phi phi3 qwen2 qwen3 qwen3_5_text qwen3_moe roberta seed_oss siglip siglip_vision_model smollm3 stablelm starcoder2 t5 vit xlm-roberta".split()
OLDER = {"rope_theta": "float | None", "rope_scaling": "dict | None", "partial_rotary_factor": "float | None"}
shared = {field.name for field in dataclasses.fields(PreTrainedConfig)}
def named(kind): return kind.__name__ if isinstance(kind, type) else str(kind).replace("transformers.modeling_rope_utils.RopeParameters | ", "").replace("typing.", "")
NEOX = {"rotary_emb_base": "float | None", "rotary_pct": "float | None"}
def own_fields(config):
    towers = config.sub_configs
    own = {field.name: named(field.type) for field in dataclasses.fields(config) if field.name not in shared and field.name not in towers}
    inner = {f"{tower}.{name}": kind for tower, part in towers.items() for name, kind in own_fields(part).items()}
    return {**own, **inner}
fields = {}
for model_type in MODEL_TYPES:
    own = own_fields(CONFIG_MAPPING[model_type])
    fields[model_type] = {**own, **(OLDER if "rope_parameters" in own else {}), **(NEOX if model_type == "gpt_neox" else {})}
(OUTPUT / "misc").mkdir(exist_ok=True)
(OUTPUT / "misc" / "config-fields.json").write_text(json.dumps(fields, indent=1) + "\n")
