import type { MetricId } from '../../../src-shared/metrics/index.ts';

/** Outcome of an evaluation, in the form of its task. */
export type Outcome =
  /** counts[actual][predicted] over all classes, square */
  | { readonly kind: 'classes'; readonly confusion: readonly (readonly number[])[] }
  /** Multi-label: for each example, for each label, 0 or 1. */
  | {
      readonly kind: 'label-sets';
      readonly labels: readonly (readonly number[])[];
      readonly predictions: readonly (readonly number[])[];
    }
  /** Regression: as many predictions as labels. */
  | { readonly kind: 'numbers'; readonly labels: readonly number[]; readonly predictions: readonly number[] }
  /** Token classification: for each text, the IOB2 tags of its words. */
  | {
      readonly kind: 'tags';
      readonly labels: readonly (readonly string[])[];
      readonly predictions: readonly (readonly string[])[];
    }
  /** Language modelling: the cross-entropy summed over `tokens` predicted tokens, in nats. */
  | { readonly kind: 'tokens'; readonly lossSum: number; readonly tokens: number }
  /** Preferences: rewards of the chosen and of the rejected answers, and for each example whether its are on the right side. */
  | {
      readonly kind: 'preferences';
      readonly chosen: readonly number[];
      readonly rejected: readonly number[];
      readonly right: readonly boolean[];
    }
  /** Pairs of texts, alike or not, and how similar their vectors are. */
  | { readonly kind: 'alike'; readonly labels: readonly boolean[]; readonly predictions: readonly number[] }
  /**
   * Texts looked up by their vectors: of each query the nearest ones in order, each right or not, and how many right ones there are;
   * and for each example whether the nearest text is right.
   */
  | {
      readonly kind: 'retrieval';
      readonly queries: readonly { readonly hits: readonly boolean[]; readonly relevant: number }[];
      readonly right: readonly boolean[];
    }
  /** Questions on a text: the right answers of each (none: it has none), and the one given (empty: none). */
  | {
      readonly kind: 'answers';
      readonly labels: readonly (readonly string[])[];
      readonly predictions: readonly string[];
    }
  /** Generation: reference and generated texts. */
  | { readonly kind: 'texts'; readonly labels: readonly string[]; readonly predictions: readonly string[] };

export type OutcomeKind = Outcome['kind'];
export type OutcomeOf<Kind extends OutcomeKind> = Extract<Outcome, { kind: Kind }>;

/** A metric of an evaluation. */
export interface Metric {
  readonly id: MetricId;
  /** Source of the definition. */
  readonly summary: string;
  readonly needs: readonly OutcomeKind[];
  /** Number of classes that it is defined for; absent: any. */
  readonly classCount?: number;
  /** Null if undefined for this outcome: another kind, no examples, more than two classes. */
  score(outcome: Outcome): number | null;
}

type MetricDeclaration<Kind extends OutcomeKind> = Pick<Metric, 'id' | 'summary' | 'classCount'> & {
  readonly needs: readonly Kind[];
};

/** Defines a metric whose `compute` only gets the kinds that it supports. */
export function defineMetric<Kind extends OutcomeKind>(
  { needs, ...words }: MetricDeclaration<Kind>,
  compute: (outcome: OutcomeOf<Kind>) => number | null,
): Metric {
  const kinds: ReadonlySet<string> = new Set(needs);
  const fits = (outcome: Outcome): outcome is OutcomeOf<Kind> => kinds.has(outcome.kind);
  return {
    ...words,
    needs,
    score: (outcome) => {
      const value = fits(outcome) ? compute(outcome) : null;
      return value === null || Number.isNaN(value) ? null : value;
    },
  };
}
