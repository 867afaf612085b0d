"""Makes test/golden/misc/embedding.json: losses, gradients, pooling and metrics of embeddings by sentence-transformers' own code.

usage: python test/golden/make/make-embedding-golden.py
needs: pip install torch==2.13.0 transformers==5.24.0 sentence-transformers==6.2.0 scikit-learn

Losses are computed in float64 from vectors that are given, with the gradient of each; the evaluators read vectors that are given
in place of a model's.
"""

import json
from unittest import mock

import numpy
import sentence_transformers
import torch
from sentence_transformers.sentence_transformer import evaluation, losses
from sentence_transformers.sentence_transformer.modules import Pooling

from folders import OUTPUT

FILE = OUTPUT / "misc" / "embedding.json"
# Losses that cast to float32 on the way stay in float64.
torch.Tensor.float = torch.Tensor.double
WIDTH = 4
generator = torch.Generator().manual_seed(11)


def drawn(*shape):
    values = torch.randn(*shape, generator=generator, dtype=torch.float64)
    return (values * 1000).round() / 1000


def loss_case(name, settings, texts, targets, make):
    vectors = [drawn(count, WIDTH).requires_grad_() for count in texts]
    labels = torch.tensor([] if targets is None else targets, dtype=torch.float64)
    loss = make().compute_loss_from_embeddings(vectors, labels)
    loss.backward()
    return {
        "loss": name,
        "settings": settings,
        "vectors": [own.tolist() for own in vectors],
        "targets": targets,
        "value": loss.item(),
        "gradients": [own.grad.flatten().tolist() for own in vectors],
    }


def loss_cases():
    scores, labels = [0.9, 0.2, 0.2, 0.55, 0.0], [1, 0, 0, 1, 0]
    ranking = lambda **own: lambda: losses.MultipleNegativesRankingLoss(None, **own)
    return [
        loss_case("multiple_negatives_ranking", {}, [4, 4], None, ranking()),
        loss_case("multiple_negatives_ranking", {"similarity_scale": 7}, [3, 3, 3], None, ranking(scale=7)),
        loss_case("multiple_negatives_ranking", {}, [3, 3, 3, 3], None, ranking()),
        loss_case("cosent", {}, [5, 5], scores, lambda: losses.CoSENTLoss(None)),
        loss_case("cosent", {"similarity_scale": 3}, [5, 5], labels, lambda: losses.CoSENTLoss(None, scale=3)),
        loss_case("cosine_similarity", {}, [5, 5], scores, lambda: losses.CosineSimilarityLoss(None)),
        loss_case("contrastive", {}, [5, 5], labels, lambda: losses.ContrastiveLoss(None)),
        loss_case("contrastive", {"contrastive_margin": 1.3}, [5, 5], labels, lambda: losses.ContrastiveLoss(None, margin=1.3)),
    ]


def pooling_cases():
    lengths, tokens = [3, 1, 4], 4
    states = drawn(len(lengths), tokens, WIDTH)
    mask = torch.tensor([[int(at < length) for at in range(tokens)] for length in lengths])
    pooled = {}
    for mode in ("mean", "cls", "lasttoken", "weightedmean", "mean_sqrt_len_tokens"):
        features = {"token_embeddings": states, "attention_mask": mask}
        pooled[mode] = Pooling(WIDTH, pooling_mode=mode)(features)["sentence_embedding"].flatten().tolist()
    return {"states": states.flatten().tolist(), "lengths": lengths, "tokens": tokens, "pooled": pooled}


class Given:
    """A model whose vector of a text is given."""

    model_card_data = mock.MagicMock()
    similarity_fn_name = "cosine"

    def __init__(self, vectors):
        self.vectors = vectors
        self.similarity = None

    def encode(self, texts, convert_to_tensor=False, **_):
        rows = torch.stack([self.vectors[text] for text in texts])
        return rows if convert_to_tensor else rows.numpy()

    encode_query = encode_document = encode


def evaluator_of(kind, *given, **own):
    return getattr(evaluation, kind)(*given, write_csv=False, batch_size=8, show_progress_bar=False, **own)


def named(results, **names):
    return {own: float(results[theirs]) for own, theirs in names.items()}


def pair_case(targets, kind, **names):
    left, right = [f"left {at}" for at in range(len(targets))], [f"right {at}" for at in range(len(targets))]
    vectors = dict(zip(left + right, drawn(2 * len(targets), WIDTH)))
    # The vectors tell something of the targets.
    for at, target in enumerate(targets):
        vectors[right[at]] = vectors[right[at]] + 0.8 * float(target) * vectors[left[at]]
    own = {"similarity_fn_names": ["cosine"]} if kind == "BinaryClassificationEvaluator" else {"main_similarity": "cosine"}
    results = evaluator_of(kind, left, right, targets, **own)(Given(vectors))
    return {
        "left": [vectors[text].tolist() for text in left],
        "right": [vectors[text].tolist() for text in right],
        "targets": targets,
        "metrics": named(results, **names),
    }


def retrieval_case(queries, documents, relevant):
    """relevant: of each query, the documents that answer it."""
    asked = {f"q{at}": f"query {at}" for at in range(queries)}
    corpus = {f"d{at:02}": f"document {at}" for at in range(documents)}
    vectors = dict(zip([*asked.values(), *corpus.values()], drawn(queries + documents, WIDTH)))
    for query, answers in enumerate(relevant):
        for answer in answers:
            vectors[f"document {answer}"] = vectors[f"document {answer}"] + 0.6 * vectors[f"query {query}"]
    right = {f"q{at}": {f"d{answer:02}" for answer in answers} for at, answers in enumerate(relevant)}
    results = evaluator_of(
        "InformationRetrievalEvaluator",
        asked,
        corpus,
        right,
        precision_recall_at_k=[1, 5, 10],
        score_functions={"cosine": sentence_transformers.util.cos_sim},
    )(Given(vectors))
    return {
        "queries": [vectors[text].tolist() for text in asked.values()],
        "documents": [vectors[text].tolist() for text in corpus.values()],
        "relevant": relevant,
        "metrics": named(
            results,
            recall_at_1="cosine_recall@1",
            recall_at_5="cosine_recall@5",
            recall_at_10="cosine_recall@10",
            mrr_at_10="cosine_mrr@10",
            ndcg_at_10="cosine_ndcg@10",
        ),
    }


numpy.random.seed(0)
made = {
    "madeBy": f"sentence-transformers {sentence_transformers.__version__}, torch {torch.__version__}, float64",
    "losses": loss_cases(),
    "pooling": pooling_cases(),
    "scores": pair_case(
        [0.1, 0.9, 0.5, 0.5, 0.0, 1.0, 0.3, 0.75], "EmbeddingSimilarityEvaluator", pearson="pearson_cosine", spearman="spearman_cosine"
    ),
    "labels": pair_case(
        [0, 1, 0, 1, 1, 0, 0, 1, 0, 1], "BinaryClassificationEvaluator", accuracy="cosine_accuracy", average_precision="cosine_ap"
    ),
    "retrieval": [
        retrieval_case(6, 25, [[0], [1], [2], [3], [4], [5]]),
        retrieval_case(4, 20, [[0, 4], [1], [2, 5, 6], [3, 19]]),
    ],
}
FILE.parent.mkdir(parents=True, exist_ok=True)
FILE.write_text(json.dumps(made, separators=(",", ":")) + "\n")
