"""Makes test/golden/masked-head: small checkpoints of pre-training with their masked-language heads, and the losses that
transformers gives for them, for test/engine/models/masked-head.test.ts.

usage: python test/golden/make/make-masked-head-golden.py
needs: pip install torch transformers==5.24 safetensors
"""
import torch
from safetensors.torch import save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    DebertaV2Config,
    DebertaV2ForMaskedLM,
    DistilBertConfig,
    DistilBertForMaskedLM,
    RobertaConfig,
    RobertaForMaskedLM,
)

from folders import OUTPUT

sizes = {
    'vocab_size': 80,
    'hidden_size': 32,
    'num_hidden_layers': 2,
    'num_attention_heads': 4,
    'intermediate_size': 64,
    'max_position_embeddings': 140,
}
models = {
    'bert': lambda: BertForMaskedLM(BertConfig(**sizes)),
    'roberta': lambda: RobertaForMaskedLM(RobertaConfig(**sizes)),
    'deberta-v2': lambda: DebertaV2ForMaskedLM(DebertaV2Config(**sizes, relative_attention=True, pos_att_type=['p2c', 'c2p'])),
    'distilbert': lambda: DistilBertForMaskedLM(
        DistilBertConfig(
            vocab_size=80, dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=140, activation='relu'
        )
    ),
}


def make(name, output):
    torch.manual_seed(3)
    model = models[name]().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    ids = torch.randint(5, 80, (2, 10))
    labels = torch.full_like(ids, -100)
    for row, column in ((0, 2), (0, 7), (1, 1), (1, 8), (1, 9)):
        labels[row, column] = ids[row, column]
        ids[row, column] = 4
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    places = (labels.flatten() >= 0).nonzero().flatten()
    answers = labels.flatten()[places]
    losses = torch.nn.functional.cross_entropy(logits.flatten(0, 1)[places], answers, reduction='none')
    model.save_pretrained(output / name / 'base')
    tensors = {'input_ids': ids, 'places': places, 'answers': answers}
    tensors = {key: value.to(torch.int32).contiguous() for key, value in tensors.items()}
    save_file({**tensors, 'losses': losses.contiguous()}, output / name / 'expected.safetensors')


for name in models:
    make(name, OUTPUT / "masked-head")
