import type { MetricDeclaration, OutcomeKind } from '../../../src-shared/metrics/metric.ts';

/** Probabilities of all classes for each example, and the true classes. */
export interface ClassProbabilities {
  /** Row-major [examples, classCount]; each row adds up to 1. */
  readonly probabilities: Float64Array;
  readonly labels: Int32Array;
  readonly classCount: number;
}

/** Outcome of an evaluation, in the form of its task. */
export type Outcome =
  /** counts[actual][predicted] over all classes, square; probabilities where they are known. */
  | {
      readonly kind: 'classes';
      readonly confusion: readonly (readonly number[])[];
      readonly probabilities?: ClassProbabilities;
    }
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
  /** Language modeling: the cross-entropy in nats, summed over `tokens` predicted tokens that do not only end a text. */
  | {
      readonly kind: 'tokens';
      readonly lossSum: number;
      readonly tokens: number;
      /** Right tokens of all that are in the loss. */
      readonly right: { readonly tokens: number; readonly of: number };
      /** Completions all of whose tokens are right; null where the examples have no completions. */
      readonly exact: { readonly completions: number; readonly of: number } | null;
    }
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

export type OutcomeOf<Kind extends OutcomeKind> = Extract<Outcome, { kind: Kind }>;

/** A metric of an evaluation. */
export interface Metric {
  readonly declaration: MetricDeclaration;
  /** Null where the outcome is of another kind, or the metric is not defined for it, as for no examples. */
  score(outcome: Outcome): number | null;
}

/** Defines how a metric is computed; `compute` gets only the kinds of outcomes that the metric is defined for. */
export function defineMetric<Declaration extends MetricDeclaration>(
  declaration: Declaration,
  compute: (outcome: OutcomeOf<Declaration['definedFor'][number]>) => number | null,
): Metric {
  const kinds: ReadonlySet<string> = new Set(declaration.definedFor);
  const fits = (outcome: Outcome): outcome is OutcomeOf<Declaration['definedFor'][number]> => kinds.has(outcome.kind);
  return {
    declaration,
    score: (outcome) => {
      const value = fits(outcome) ? compute(outcome) : null;
      return value === null || Number.isNaN(value) ? null : value;
    },
  };
}
