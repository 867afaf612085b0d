/** Kinds of outcomes that evaluations have; `src-main/engine/metrics/metric.ts` has the data of each. */
export const outcomeKinds = [
  'classes',
  'label-sets',
  'numbers',
  'tags',
  'tokens',
  'preferences',
  'alike',
  'retrieval',
  'answers',
  'texts',
] as const;
export type OutcomeKind = (typeof outcomeKinds)[number];

/** Unit and digits of values; `index.ts` has both. */
export type Quantity = 'share' | 'loss' | 'perplexity' | 'score';

/** A metric of an evaluation as every screen, report and file shows it; the engine adds how the metric is computed. */
export interface MetricDeclaration {
  readonly id: string;
  readonly label: string;
  /** Source of the definition. */
  readonly summary: string;
  readonly quantity: Quantity;
  readonly better: 'higher' | 'lower';
  /** Lowest and highest value; default: those of the quantity. */
  readonly range?: readonly [lowest: number, highest: number];
  readonly definedFor: readonly OutcomeKind[];
  /** Number of classes that the metric is defined for; absent: any. */
  readonly classCount?: number;
  /** True where run pages and reports draw the evaluations as a curve. */
  readonly isCurve: boolean;
  /** Symbol of the axis of the curve; default: the label. */
  readonly symbol?: string;
  /** Labels for the kinds of outcomes whose values are shares of something else. */
  readonly labels?: Readonly<Partial<Record<OutcomeKind, string>>>;
  /** Kinds of outcomes for which another metric has the same value; lists of scores leave the repetition out. */
  readonly repeatedFor?: readonly OutcomeKind[];
  /** Curve of the quantity over the training steps: its name in the run's history, and its title (default: the label). */
  readonly training?: { readonly name: string; readonly title?: string };
  /** True for a mean over examples whose values a score keeps: intervals are over examples too. */
  readonly isExampleMean?: boolean;
  /** True for a metric that scores of earlier versions lack; a study that names the metric computes those scores again. */
  readonly isLackedByEarlier?: boolean;
  /** Value that studies count where the metric is not defined; default: the study fails. */
  readonly ifUndefined?: number;
}
