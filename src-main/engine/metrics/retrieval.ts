import { defineMetric, type OutcomeOf } from './metric.ts';

type Query = OutcomeOf<'retrieval'>['queries'][number];

/** Places in a ranking that are looked at, at most. */
export const rankedPlaces = 10;

function meanOver({ queries }: OutcomeOf<'retrieval'>, of: (query: Query) => number): number | null {
  return queries.length === 0 ? null : queries.reduce((sum, query) => sum + of(query), 0) / queries.length;
}

function recallAt(places: 1 | 5 | 10) {
  return defineMetric(
    {
      id: `recall_at_${places}`,
      summary: `sentence-transformers’ recall@${places}: the share of an anchor’s positives among its ${places} nearest texts, as a mean over anchors.`,
      needs: ['retrieval'],
    },
    (outcome) =>
      meanOver(outcome, ({ hits, relevant }) => hits.slice(0, places).filter(Boolean).length / Math.max(1, relevant)),
  );
}

export const recallAt1 = recallAt(1);
export const recallAt5 = recallAt(5);
export const recallAt10 = recallAt(10);

export const mrrAt10 = defineMetric(
  {
    id: 'mrr_at_10',
    summary:
      'sentence-transformers’ mrr@10: 1 over the place of the first positive among the 10 nearest texts, 0 where there is none, as a mean over anchors.',
    needs: ['retrieval'],
  },
  (outcome) =>
    meanOver(outcome, ({ hits }) => {
      const place = hits.indexOf(true);
      return place < 0 ? 0 : 1 / (place + 1);
    }),
);

/** Discounted gain of a list of hits. */
function gain(hits: readonly boolean[]): number {
  return hits.reduce((sum, isHit, place) => sum + (isHit ? 1 / Math.log2(place + 2) : 0), 0);
}

export const ndcgAt10 = defineMetric(
  {
    id: 'ndcg_at_10',
    summary:
      'sentence-transformers’ ndcg@10: the discounted gain of the positives among the 10 nearest texts over that of the best order, as a mean over anchors.',
    needs: ['retrieval'],
  },
  (outcome) =>
    meanOver(outcome, ({ hits, relevant }) => {
      const best = gain(new Array<boolean>(Math.min(rankedPlaces, relevant)).fill(true));
      return best === 0 ? 0 : gain(hits) / best;
    }),
);
