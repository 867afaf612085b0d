import type { MetricDeclaration } from '../../../src-shared/metrics/metric.ts';
import * as declared from '../../../src-shared/metrics/retrieval.ts';
import { defineMetric, type OutcomeOf } from './metric.ts';

type Query = OutcomeOf<'retrieval'>['queries'][number];

/** Places in a ranking that are looked at, at most. */
export const rankedPlaces = 10;

function meanOver({ queries }: OutcomeOf<'retrieval'>, of: (query: Query) => number): number | null {
  return queries.length === 0 ? null : queries.reduce((sum, query) => sum + of(query), 0) / queries.length;
}

function recallAt(declaration: MetricDeclaration & { readonly definedFor: readonly ['retrieval'] }, places: number) {
  return defineMetric(declaration, (outcome) =>
    meanOver(outcome, ({ hits, relevant }) => hits.slice(0, places).filter(Boolean).length / Math.max(1, relevant)),
  );
}

export const recallAt1 = recallAt(declared.recallAt1, 1);
export const recallAt5 = recallAt(declared.recallAt5, 5);
export const recallAt10 = recallAt(declared.recallAt10, 10);

export const mrrAt10 = defineMetric(declared.mrrAt10, (outcome) =>
  meanOver(outcome, ({ hits }) => {
    const place = hits.indexOf(true);
    return place < 0 ? 0 : 1 / (place + 1);
  }),
);

/** Discounted gain of a list of hits. */
function gain(hits: readonly boolean[]): number {
  return hits.reduce((sum, isHit, place) => sum + (isHit ? 1 / Math.log2(place + 2) : 0), 0);
}

export const ndcgAt10 = defineMetric(declared.ndcgAt10, (outcome) =>
  meanOver(outcome, ({ hits, relevant }) => {
    const best = gain(new Array<boolean>(Math.min(rankedPlaces, relevant)).fill(true));
    return best === 0 ? 0 : gain(hits) / best;
  }),
);
