"""Makes test/golden/preference: losses, rewards and gradients of preference training by TRL's own code, in float64.

usage: python test/golden/make/make-preference-golden.py
needs: pip install torch==2.13.0 transformers==5.24.0 peft==0.21.2 trl==1.16.0 safetensors

losses.json: of log-likelihoods that are given, each case with its gradients. llama.safetensors and llama.json: of the golden llama
with its golden LoRA adapter on a batch, the gradients of the adapter's tensors. The methods that compute the losses are called on
stand-ins for their trainers, whose models return float64 log-likelihoods.
"""

import json
import types
from collections import defaultdict

import peft
import torch
import transformers
import trl
from safetensors.torch import save_file
from trl.experimental.cpo.cpo_trainer import CPOTrainer
from trl.experimental.orpo.orpo_trainer import ORPOTrainer
from trl.trainer.dpo_trainer import DPOTrainer
from trl.trainer.kto_trainer import KTOTrainer

from folders import GOLDEN, OUTPUT

FOLDER = OUTPUT / "preference"
# ORPO casts to float32 before it takes differences: here everything stays float64.
torch.Tensor.float = torch.Tensor.double

CASES = [
    ("dpo", {"beta": 0.1, "label_smoothing": 0.0}),
    ("dpo", {"beta": 0.5, "label_smoothing": 0.0}),
    ("dpo", {"beta": 0.3, "label_smoothing": 0.1}),
    ("orpo", {"beta": 0.1}),
    ("orpo", {"beta": 1.0}),
    ("simpo", {"beta": 0.1, "simpo_gamma": 0.5, "cpo_alpha": 0.0, "label_smoothing": 0.0}),
    ("simpo", {"beta": 2.0, "simpo_gamma": 1.0, "cpo_alpha": 0.0, "label_smoothing": 0.05}),
    ("simpo", {"beta": 2.0, "simpo_gamma": 0.5, "cpo_alpha": 0.7, "label_smoothing": 0.0}),
    ("kto", {"beta": 0.1, "desirable_weight": 1.0, "undesirable_weight": 1.0}),
    ("kto", {"beta": 0.4, "desirable_weight": 1.33, "undesirable_weight": 0.8}),
    ("ipo", {"beta": 0.1}),
    ("ipo", {"beta": 0.7}),
    ("hinge", {"beta": 0.1}),
    ("hinge", {"beta": 0.4}),
    ("bco_pair", {"beta": 0.1}),
    ("bco_pair", {"beta": 0.5}),
]


def stand_in(**own):
    """A trainer's attributes that its losses read."""
    accelerator = types.SimpleNamespace(device="cpu", gather=lambda x: x, gather_for_metrics=lambda x: x)
    return types.SimpleNamespace(
        accelerator=accelerator,
        model=types.SimpleNamespace(training=True),
        aux_loss_enabled=False,
        _metrics=defaultdict(lambda: defaultdict(list)),
        _total_train_tokens=0,
        _tp_size=1,
        **own,
    )


def outputs_of(sums):
    """A model's outputs of which each row has one completion token, with the row's log-likelihood."""
    one = sums.unsqueeze(1)
    zeros = torch.zeros_like(one).detach()
    return types.SimpleNamespace(log_probs=one, entropy=zeros, mean_logits=zeros, is_top1=zeros.bool())


def rows(count):
    ones = torch.ones(count, 2, dtype=torch.long)
    return {"input_ids": ones, "attention_mask": ones, "completion_mask": ones}


# Losses of DPOTrainer under the names of the app.
DPO_TYPES = {"dpo": "sigmoid", "ipo": "ipo", "hinge": "hinge", "bco_pair": "bco_pair"}


def of_length(sums, lengths):
    """Rows whose first completion token has the log-likelihood, and the others none."""
    width = max(lengths) + 1
    log_probs = torch.cat([sums.unsqueeze(1), torch.zeros(len(sums), width - 2)], 1) if width > 2 else sums.unsqueeze(1)
    zeros = torch.zeros_like(log_probs).detach()
    mask = torch.tensor([[0, *[1] * length, *[0] * (width - 1 - length)] for length in lengths])
    ones = torch.ones_like(mask)
    outputs = types.SimpleNamespace(log_probs=log_probs, entropy=zeros, mean_logits=zeros, is_top1=zeros.bool())
    return outputs, {"input_ids": ones, "attention_mask": ones, "completion_mask": mask}


def dpo(loss_type, settings, chosen, rejected, ref_chosen, ref_rejected, lengths):
    """With smoothing, TRL 1.16 has `sigmoid` only as `aot`, which for a single pair sorts nothing."""
    losses, rewards = [], []
    settings = {"label_smoothing": 0.0, **settings}
    for pair in range(len(chosen)):
        own = slice(pair, pair + 1)
        sums = torch.cat([chosen[own], rejected[own]])
        trainer = stand_in(
            ld_alpha=None,
            precompute_ref_logps=True,
            f_divergence_type="reverse_kl",
            loss_types=["aot" if settings["label_smoothing"] > 0 else DPO_TYPES[loss_type]],
            loss_weights=[1.0],
            use_weighting=False,
            **settings,
        )
        outputs, texts = of_length(sums, [lengths[0][pair], lengths[1][pair]])
        inputs = {**texts, "ref_chosen_logps": ref_chosen[own], "ref_rejected_logps": ref_rejected[own]}
        losses.append(DPOTrainer._compute_loss(trainer, lambda **_: outputs, inputs, False))
        logged = trainer._metrics["train"]
        rewards.append((logged["rewards/chosen"][0], logged["rewards/rejected"][0]))
    return torch.stack(losses).mean(), [chosen for chosen, _ in rewards], [rejected for _, rejected in rewards]


def reference_free(trainer_class, trainer, forward):
    """ORPO's and CPO's loss of log-likelihoods a token, and of the chosen texts' mean negative log-likelihood."""
    trainer.concatenated_forward = lambda model, batch: forward
    for name in ("odds_ratio_loss", "cpo_loss"):
        if hasattr(trainer_class, name):
            setattr(trainer, name, types.MethodType(getattr(trainer_class, name), trainer))
    loss, _ = trainer_class.get_batch_loss_metrics(trainer, None, {})
    rewards = [(trainer.beta * means).tolist() for means in forward[:2]]
    return loss, *rewards


def orpo(settings, chosen, rejected, nll):
    nothing = torch.zeros(1, 1, 1)
    return reference_free(ORPOTrainer, stand_in(**settings), (chosen, rejected, nothing, nothing, nll))


def simpo(settings, chosen, rejected, nll):
    nothing = torch.zeros(1, 1, 1)
    trainer = stand_in(loss_type="simpo", alpha=0.0, **settings)
    return reference_free(CPOTrainer, trainer, (chosen, rejected, nothing, nothing, nll))


def kto(settings, sums, references, labels, kl_sums, kl_references):
    trainer = stand_in(
        calculate_KL=True,
        precompute_ref_logps=True,
        loss_type="kto",
        _compute_kl_logps=lambda model, batch: kl_sums,
        **settings,
    )
    batch = {**rows(len(sums)), "label": labels, "ref_logps": references, "ref_KL_logps": kl_references}
    loss = KTOTrainer._compute_loss(trainer, lambda **_: outputs_of(sums), batch, False)
    return loss, trainer._metrics["train"]["kl"][0], (settings["beta"] * (sums - references)).tolist()


def drawn(generator, size, mean, spread, grad=False):
    values = torch.randn(size, generator=generator, dtype=torch.float64) * spread + mean
    values = values.clamp(max=-0.05)
    return values.requires_grad_(grad)


def given_losses():
    generator = torch.Generator().manual_seed(7)
    found = []
    for loss_type, settings in CASES:
        if loss_type == "kto":
            labels = torch.tensor([True, False, True, True, False])
            sums, kl_sums = drawn(generator, 5, -30, 8, True), drawn(generator, 5, -60, 9)
            references, kl_references = sums.detach() + drawn(generator, 5, -1, 3), kl_sums + drawn(generator, 5, -2, 1)
            loss, kl, rewards = kto(settings, sums, references, labels, kl_sums, kl_references)
            loss.backward()
            given = {
                "labels": labels.tolist(),
                "sums": sums.tolist(),
                "references": references.tolist(),
                "klSums": kl_sums.tolist(),
                "klReferences": kl_references.tolist(),
            }
            made = {"loss": loss.item(), "kl": kl, "rewards": rewards, "gradients": sums.grad.tolist()}
        else:
            means = loss_type not in DPO_TYPES
            mean, spread = (-1.2, 0.6) if means else (-30, 6)
            chosen, rejected = drawn(generator, 4, mean, spread, True), drawn(generator, 4, mean, spread, True)
            given = {"chosen": chosen.tolist(), "rejected": rejected.tolist()}
            if means:
                nll = torch.tensor(1.75, dtype=torch.float64, requires_grad=True)
                make = orpo if loss_type == "orpo" else simpo
                loss, *rewards = make(settings, chosen, rejected, nll)
                given["nll"] = nll.item()
            else:
                references = [drawn(generator, 4, -30, 6) for _ in range(2)]
                given |= {"chosenReference": references[0].tolist(), "rejectedReference": references[1].tolist()}
                lengths = [[3, 1, 7, 4], [2, 5, 6, 1]]
                given |= {"chosenTokens": lengths[0], "rejectedTokens": lengths[1]}
                loss, *rewards = dpo(loss_type, settings, chosen, rejected, *references, lengths)
            loss.backward()
            made = {
                "loss": loss.item(),
                "rewards": {"chosen": rewards[0], "rejected": rewards[1]},
                "gradients": {"chosen": chosen.grad.tolist(), "rejected": rejected.grad.tolist()},
            }
            if means:
                made["gradients"]["nll"] = 0.0 if nll.grad is None else nll.grad.item()
        found.append({"loss_type": loss_type, "settings": settings, "given": given, "made": made})
    return found


def padded(lists, value):
    width = max(map(len, lists))
    return torch.tensor([[*own, *[value] * (width - len(own))] for own in lists])


def on_llama():
    """Three pairs, and the same texts as six completions with their labels, each beside the completion of the one before it."""
    generator = torch.Generator().manual_seed(3)
    draw = lambda length: torch.randint(3, 64, (length,), generator=generator).tolist()
    prompts = [draw(length) for length in (3, 6, 4)]
    chosen, rejected = [draw(n) for n in (5, 2, 7)], [draw(n) for n in (3, 6, 4)]
    base = transformers.AutoModelForCausalLM.from_pretrained(GOLDEN / "llama" / "base", dtype=torch.float64)
    model = peft.PeftModel.from_pretrained(base, GOLDEN / "llama" / "adapters" / "lora", is_trainable=True).double().eval()

    def run(texts, starts):
        """Sums and means of the log-likelihoods of the tokens from `starts` on."""
        ids = padded(texts, 0)
        mask = padded([[1] * len(text) for text in texts], 0)
        labels = padded([[-100] * start + text[start:] for text, start in zip(texts, starts)], -100)
        logits = model(input_ids=ids, attention_mask=mask).logits
        sums, means = (ORPOTrainer.get_batch_logps(logits, labels, average_log_prob=mean) for mean in (False, True))
        return sums, means, logits, torch.where(mask == 1, ids, -100), labels

    tensors, cases = {}, []
    texts = [p + c for p, c in zip(prompts, chosen)] + [p + r for p, r in zip(prompts, rejected)]
    starts = [len(prompt) for prompt in prompts] * 2
    crossed = [p + c for p, c in zip(prompts * 2, [rejected[-1], *chosen, *rejected[:-1]])]
    cross_entropy = lambda logits, labels: torch.nn.CrossEntropyLoss()(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten())
    for loss_type, settings in CASES:
        model.zero_grad()
        with torch.no_grad(), model.disable_adapter():
            references = run(texts, starts)[0]
            kl_references = run(crossed, starts)[0]
        sums, means, logits, every, completions = run(texts, starts)
        if loss_type == "kto":
            labels = torch.tensor([True] * 3 + [False] * 3)
            with torch.no_grad():
                kl_sums = run(crossed, starts)[0]
            loss = kto(settings, sums, references, labels, kl_sums, kl_references)[0]
        elif loss_type in DPO_TYPES:
            lengths = [list(map(len, answers)) for answers in (chosen, rejected)]
            loss = dpo(loss_type, settings, *sums.chunk(2), *references.chunk(2), lengths)[0]
        else:
            make, seen = (orpo, every) if loss_type == "orpo" else (simpo, completions)
            loss = make(settings, *means.chunk(2), cross_entropy(logits[:3], seen[:3]))[0]
        loss.backward()
        name = f"{len(cases)}"
        for key, parameter in model.named_parameters():
            if parameter.requires_grad and parameter.grad is not None:
                tensors[f"{name}.{key.replace('.default', '')}"] = parameter.grad.to(torch.float32).contiguous()
        cases.append({"loss_type": loss_type, "settings": settings, "loss": loss.item(), "sums": sums.tolist()})
        cases[-1]["references"] = references.tolist()
    save_file(tensors, FOLDER / "llama.safetensors")
    return {"prompts": prompts, "chosen": chosen, "rejected": rejected, "cases": cases}


FOLDER.mkdir(parents=True, exist_ok=True)
made_by = f"trl {trl.__version__}, torch {torch.__version__}, float64"
(FOLDER / "losses.json").write_text(json.dumps({"madeBy": made_by, "cases": given_losses()}, indent=1))
(FOLDER / "llama.json").write_text(json.dumps({"madeBy": made_by, **on_llama()}, indent=1))
