"""What the similarities of texts are worth: the metrics of sentence-transformers' evaluators, as CoTo Studio computes them."""

import torch

PLACES = 10  # of a ranking that are looked at


def search_scores(vectors, anchors, others, negatives):
    """Every anchor's right texts among all texts that are a candidate of some example. Rows of `vectors` are texts."""
    candidates = sorted({*others, *negatives})
    relevant = {}
    for anchor, other in zip(anchors, others):
        relevant.setdefault(anchor, set()).add(other)
    queries = list(relevant)
    tops = {}
    for start in range(0, len(queries), 64):
        some = queries[start : start + 64]
        similarities = vectors[some] @ vectors[candidates].T
        # Of equal ones the first.
        order = similarities.sort(dim=1, descending=True, stable=True).indices[:, :PLACES]
        tops.update({query: [candidates[place] for place in places] for query, places in zip(some, order.tolist())})
    hits = {query: [row in relevant[query] for row in top] for query, top in tops.items()}
    gains = (1 / torch.arange(2, PLACES + 2, dtype=torch.float64).log2()).tolist()

    def mean(of):
        return sum(of(hits[query], len(relevant[query])) for query in queries) / len(queries)

    def ndcg(found, count):
        return sum(gain for gain, hit in zip(gains, found) if hit) / sum(gains[: min(PLACES, count)])

    def reciprocal_rank(found, _):
        return 1 / (found.index(True) + 1) if True in found else 0.0

    return {
        "eval_accuracy": sum(hits[anchor][0] for anchor in anchors) / len(anchors),
        "eval_ndcg_at_10": mean(ndcg),
        "eval_mrr_at_10": mean(reciprocal_rank),
        **{f"eval_recall_at_{at}": mean(lambda found, count: sum(found[:at]) / count) for at in (1, 5, 10)},
    }


def scores_of_values(targets, cosines):
    found = {"eval_pearson": correlation(targets, cosines), "eval_spearman": correlation(ranks(targets), ranks(cosines))}
    # There is none where all values are the same.
    return {name: value for name, value in found.items() if value == value}


def correlation(one, other):
    return float(torch.corrcoef(torch.stack([one, other]))[0, 1])


def ranks(values):
    """Equal values share the mean of their ranks."""
    _, places, counts = values.unique(return_inverse=True, return_counts=True)
    return (counts.cumsum(0) - (counts - 1) / 2).double()[places]


def scores_of_labels(targets, cosines):
    """Accuracy at the best threshold, and the average precision of the pairs that are alike."""
    values, places = cosines.unique(return_inverse=True)
    right = torch.zeros(len(values), dtype=torch.float64).index_add_(0, places, (targets > 0.5).double()).flip(0)
    taken = torch.bincount(places).double().flip(0)
    alike, total = right.sum(), taken.sum()
    hits, count = right.cumsum(0), taken.cumsum(0)
    correct = torch.cat([(total - alike)[None], hits + (total - count) - (alike - hits)])
    scores = {"eval_accuracy": float(correct.max() / total)}
    if alike > 0:
        scores["eval_average_precision"] = float((right / alike * hits / count).sum())
    return scores
