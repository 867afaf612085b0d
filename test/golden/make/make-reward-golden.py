"""Makes test/golden/reward: rewards, losses, gradients and trainings of reward models by Transformers and PEFT, in float64.

usage: python test/golden/make/make-reward-golden.py
needs: pip install torch==2.13.0 transformers==5.24.0 peft==0.21.2 safetensors

adapter/: a LoRA adapter of PEFT (SEQ_CLS, one label) with its head, on LlamaForSequenceClassification of the golden llama.
pairs.json: pairs of texts in tokens, their rewards, and for each center_rewards_coefficient the loss and the losses of a short
training with AdamW; gradients.safetensors: the gradients of the first loss. The loss is that of TRL 1.16's RewardTrainer:
-logsigmoid(chosen - rejected) in the mean over the pairs, plus the coefficient times the mean of (chosen + rejected)².
"""

import json

import peft
import torch
import transformers
from safetensors.torch import save_file
from torch.nn.functional import logsigmoid

from folders import GOLDEN, OUTPUT

FOLDER = OUTPUT / "reward"
COEFFICIENTS = [0.0, 0.01, 0.5]
STEPS, RATE = 6, 0.01


def load(adapter=None):
    base = transformers.AutoModelForSequenceClassification.from_pretrained(
        GOLDEN / "llama" / "base", num_labels=1, dtype=torch.float64
    )
    if adapter is not None:
        return peft.PeftModel.from_pretrained(base, adapter, is_trainable=True).double().eval()
    return base


def fresh():
    torch.manual_seed(11)
    config = peft.LoraConfig(task_type="SEQ_CLS", r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"])
    model = peft.get_peft_model(load(), config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name or "modules_to_save" in name:
                parameter.normal_(std=0.2)
    model.float().save_pretrained(FOLDER / "adapter")
    (FOLDER / "adapter" / "README.md").unlink()
    config = json.loads((FOLDER / "adapter" / "adapter_config.json").read_text())
    config = {**config, "base_model_name_or_path": "golden/llama/base"}
    (FOLDER / "adapter" / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n")


def rewards_of(model, texts):
    width = max(map(len, texts))
    ids = torch.tensor([[*text, *[0] * (width - len(text))] for text in texts])
    mask = torch.tensor([[1] * len(text) + [0] * (width - len(text)) for text in texts])
    return model(input_ids=ids, attention_mask=mask).logits[:, 0]


def loss_of(rewards, coefficient):
    chosen, rejected = rewards.chunk(2)
    return -logsigmoid(chosen - rejected).mean() + coefficient * torch.mean((chosen + rejected) ** 2)


def trained(model, texts, coefficient):
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=RATE, weight_decay=0.0)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(rewards_of(model, texts), coefficient)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, rewards_of(model, texts).tolist()


FOLDER.mkdir(parents=True, exist_ok=True)
fresh()
# "the film was" → "very good ." or "bad ." and three more, as the studio writes them with the vocabulary of test/engine/tasks/text-task.ts.
prompts = [[2, 9, 7, 10], [2, 11, 13, 8, 10], [2, 10, 9, 8, 14], [2, 9, 8, 10]]
chosen = [[12, 5, 15, 3], [5, 15, 3], [12, 14, 15, 3], [5, 3]]
rejected = [[6, 15, 3], [16, 12, 5, 15, 3], [13, 15, 3], [12, 6, 3]]
texts = [p + c for p, c in zip(prompts, chosen)] + [p + r for p, r in zip(prompts, rejected)]
tensors, cases, rewards = {}, [], None
for coefficient in COEFFICIENTS:
    model = load(FOLDER / "adapter")
    rewards = rewards_of(model, texts)
    loss = loss_of(rewards, coefficient)
    loss.backward()
    for key, parameter in model.named_parameters():
        if parameter.requires_grad and parameter.grad is not None:
            name = key.replace(".default", "").replace(".modules_to_save", "")
            tensors[f"{len(cases)}.{name}"] = parameter.grad.to(torch.float32).contiguous()
    losses, after = trained(load(FOLDER / "adapter"), texts, coefficient)
    cases.append({"coefficient": coefficient, "loss": loss.item(), "losses": losses, "rewardsAfter": after})
save_file(tensors, FOLDER / "gradients.safetensors")
made_by = f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}, float64"
made = {"madeBy": made_by, "prompts": prompts, "chosen": chosen, "rejected": rejected, "rate": RATE}
(FOLDER / "pairs.json").write_text(json.dumps({**made, "rewards": rewards.tolist(), "cases": cases}, indent=1))
