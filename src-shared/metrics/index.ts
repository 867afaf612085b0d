import { formatFixed, formatNumber, type MaybeNumber, missing } from '../format/numbers.ts';

/** The quantity of a metric: a share is shown in per cent, a loss in nats; a perplexity and a score have no unit. */
type Quantity = 'share' | 'loss' | 'perplexity' | 'score';

/** A metric of an evaluation as every screen, report and file shows it; the engine adds how it is computed. */
interface MetricDeclaration {
  readonly id: string;
  readonly label: string;
  readonly quantity: Quantity;
  readonly better: 'higher' | 'lower';
  /** Symbol of the axis of its curve; default: the label. */
  readonly symbol?: string;
}

/** Every metric, in display order. */
const declarations = [
  { id: 'loss', label: 'Loss', quantity: 'loss', better: 'lower' },
  { id: 'accuracy', label: 'Accuracy', quantity: 'share', better: 'higher' },
  { id: 'answer_f1', label: 'Answer F1', quantity: 'share', better: 'higher' },
  { id: 'entity_f1', label: 'Entity F1', quantity: 'share', better: 'higher' },
  { id: 'entity_precision', label: 'Entity precision', quantity: 'share', better: 'higher' },
  { id: 'entity_recall', label: 'Entity recall', quantity: 'share', better: 'higher' },
  { id: 'f1_macro', label: 'F1 (macro)', quantity: 'share', better: 'higher', symbol: 'F1' },
  { id: 'f1_micro', label: 'F1 (micro)', quantity: 'share', better: 'higher', symbol: 'F1' },
  { id: 'f1_weighted', label: 'F1 (weighted)', quantity: 'share', better: 'higher', symbol: 'F1' },
  { id: 'f1_binary', label: 'F1', quantity: 'share', better: 'higher' },
  { id: 'matthews', label: 'Matthews', quantity: 'score', better: 'higher', symbol: 'Matthews correlation' },
  { id: 'ndcg_at_10', label: 'NDCG@10', quantity: 'score', better: 'higher' },
  { id: 'mrr_at_10', label: 'MRR@10', quantity: 'score', better: 'higher' },
  { id: 'recall_at_1', label: 'Recall@1', quantity: 'share', better: 'higher' },
  { id: 'recall_at_5', label: 'Recall@5', quantity: 'share', better: 'higher' },
  { id: 'recall_at_10', label: 'Recall@10', quantity: 'share', better: 'higher' },
  { id: 'average_precision', label: 'Average precision', quantity: 'score', better: 'higher' },
  { id: 'spearman', label: 'Spearman', quantity: 'score', better: 'higher', symbol: 'ρ' },
  { id: 'pearson', label: 'Pearson', quantity: 'score', better: 'higher', symbol: 'r' },
  { id: 'perplexity', label: 'Perplexity', quantity: 'perplexity', better: 'lower' },
  { id: 'exact_match', label: 'Exact match', quantity: 'share', better: 'higher' },
  { id: 'answerable_f1', label: 'F1, answerable', quantity: 'share', better: 'higher' },
  { id: 'unanswerable_accuracy', label: 'Accuracy, unanswerable', quantity: 'share', better: 'higher' },
  { id: 'rewards_margins', label: 'Reward margin', quantity: 'score', better: 'higher', symbol: 'reward' },
  { id: 'rewards_chosen', label: 'Reward of chosen answers', quantity: 'score', better: 'higher', symbol: 'reward' },
  { id: 'rewards_rejected', label: 'Reward of rejected answers', quantity: 'score', better: 'lower', symbol: 'reward' },
] as const satisfies readonly MetricDeclaration[];

/** Id of a metric that the engine computes. */
export type MetricId = Exclude<(typeof declarations)[number]['id'], 'loss'>;

const byId: ReadonlyMap<string, MetricDeclaration> = new Map(declarations.map((one) => [one.id, one]));

/** Ids of the metrics other than accuracy and loss, in display order. */
export const metricIds: readonly string[] = declarations
  .map(({ id }) => id)
  .filter((id) => id !== 'loss' && id !== 'accuracy');

/** The declaration of a metric; an unknown one is a score that has its id for a label. */
function declarationOf(id: string): MetricDeclaration {
  return byId.get(id) ?? { id, label: id, quantity: 'score', better: 'higher' };
}

export function metricLabel(id: string): string {
  return declarationOf(id).label;
}

/** Label of the axis of a curve, without the unit. */
export function metricSymbol(id: string): string {
  const { symbol, label } = declarationOf(id);
  return symbol ?? label;
}

export function isPercentage(id: string): boolean {
  return declarationOf(id).quantity === 'share';
}

export function isLowerBetter(id: string): boolean {
  return declarationOf(id).better === 'lower';
}

/** Scale and unit of a metric as it is shown; `label` is the unit in brackets, to follow a name. */
export function metricUnit(id: string): { scale: number; unit: string; label: string } {
  const { quantity } = declarationOf(id);
  if (quantity === 'share') return { scale: 100, unit: '%', label: ' (%)' };
  return quantity === 'loss' ? { scale: 1, unit: 'nats', label: ' (nats)' } : { scale: 1, unit: '', label: '' };
}

/**
 * A value without its unit: per cent to a tenth, a perplexity to three figures, anything else to a thousandth. A missing value
 * is a dash.
 */
export function valueText(id: string, value: MaybeNumber): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return formatNumber(value);
  const { quantity } = declarationOf(id);
  if (quantity === 'perplexity') return formatNumber(value);
  return quantity === 'share' ? formatFixed(100 * value, 1) : formatFixed(value, 3);
}

/** "70.1 %", "0.412 nats", "0.713": a text of a metric with its unit, if it has one. */
export function withUnit(id: string, text: string): string {
  const { unit } = metricUnit(id);
  return unit === '' ? text : `${text} ${unit}`;
}

/** A value with its unit: "93.2 %", "4.42". */
export function scoreText(id: string, value: MaybeNumber): string {
  return value === null || value === undefined ? missing : withUnit(id, valueText(id, value));
}
