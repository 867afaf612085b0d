import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { isLowerBetter, type MetricValues, metricValue } from '../../../src-shared/metrics/index.ts';
import { loss } from '../../../src-shared/metrics/loss.ts';
import type { TaskDeclaration } from '../../../src-shared/tasks/task.ts';

/** Criterion by which one evaluation is better than another. */
export interface Criterion {
  /** Id of a metric, accuracy, or loss. */
  readonly metric: string;
  readonly greaterIsBetter: boolean;
}

export interface Score {
  /** Null for regression. */
  readonly accuracy: number | null;
  readonly loss: number;
  /** By metric id. */
  readonly metrics: Readonly<Record<string, number>>;
}

type ChoiceFields = Pick<
  RunConfig,
  'metric_for_best_model' | 'greater_is_better' | 'eval_steps' | 'early_stopping_patience'
>;

/**
 * The criterion of a run: `metric_for_best_model`, with or without Transformers' prefix eval_, else accuracy or loss, as the
 * task says.
 *
 * @param metrics ids of the task's metrics
 * @throws StudioError invalid_input listing the metrics where the task does not have it, or where nothing would be evaluated
 * that could stop the run early
 */
export function criterionOf(
  config: ChoiceFields,
  { declaration: { bestBy } }: { readonly declaration: Pick<TaskDeclaration, 'bestBy'> },
  metrics: readonly string[],
): Criterion {
  const { metric_for_best_model: wanted, greater_is_better, eval_steps, early_stopping_patience: patience } = config;
  if (patience > 0 && eval_steps === 0)
    throw new StudioError(
      'invalid_input',
      `early_stopping_patience is ${patience}, but eval_steps is 0: nothing is evaluated before the end.`,
      'Set eval_steps, or early_stopping_patience to 0.',
    ).at('early_stopping_patience');
  const usual = bestBy.find((id) => metrics.includes(id)) ?? loss.id;
  const metric = wanted === null ? usual : wanted.replace(/^eval_/, '');
  if (!metrics.includes(metric))
    throw new StudioError(
      'invalid_input',
      `metric_for_best_model is "${wanted}", but the task has no such metric.`,
      `Choose one of ${metrics.join(', ')}.`,
    ).at('metric_for_best_model');
  return { metric, greaterIsBetter: greater_is_better ?? !isLowerBetter(metric) };
}

export interface BestState {
  readonly step: number;
  readonly accuracy: number | null;
  readonly loss: number | null;
  /** Value of the criterion's metric; null in checkpoints of versions that only knew accuracy and loss. */
  readonly value: number | null;
}

/**
 * The best evaluation so far, and for how many the metric has not improved: Transformers' rules. Any improvement makes a new
 * best; only one by more than the threshold starts the count again. An evaluation without the metric (a correlation with a
 * constant) is no improvement.
 */
export class BestEvaluation {
  readonly criterion: Criterion;
  private readonly patience: number;
  private readonly threshold: number;
  private best: BestState | null = null;
  private withoutImprovement = 0;

  /** @param patience evaluations; 0: no early stopping */
  constructor(
    criterion: Criterion,
    {
      early_stopping_patience: patience,
      early_stopping_threshold: threshold,
    }: Pick<RunConfig, 'early_stopping_patience' | 'early_stopping_threshold'>,
  ) {
    this.criterion = criterion;
    this.patience = patience;
    this.threshold = threshold;
  }

  get state(): { readonly best: BestState | null; readonly withoutImprovement: number } {
    return { best: this.best, withoutImprovement: this.withoutImprovement };
  }

  restore(best: BestState | null, withoutImprovement: number): void {
    this.best = best && { ...best, value: best.value ?? valueIn({ ...best, metrics: {} }, this.criterion.metric) };
    this.withoutImprovement = withoutImprovement;
  }

  /** True if patience has run out. */
  get isOver(): boolean {
    return this.patience > 0 && this.withoutImprovement >= this.patience;
  }

  /** Takes in one evaluation; returns whether it is the best so far. */
  add(score: Score, step: number): boolean {
    const value = valueIn(score, this.criterion.metric);
    const before = this.best?.value ?? null;
    const gain =
      value === null || before === null ? null : this.criterion.greaterIsBetter ? value - before : before - value;
    const improves = value !== null && (gain === null || gain > this.threshold);
    this.withoutImprovement = improves ? 0 : this.withoutImprovement + 1;
    const isBest = this.best === null || (value !== null && (gain === null || gain > 0));
    if (isBest) this.best = { step, accuracy: score.accuracy, loss: score.loss, value };
    return isBest;
  }
}

/** The finite value of a metric, else null. */
function valueIn(score: MetricValues, metric: string): number | null {
  const value = metricValue(score, metric);
  return value !== null && Number.isFinite(value) ? value : null;
}
