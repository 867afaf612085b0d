import type { EvaluationResult } from '../../../src-shared/domain/evaluation/evaluation.ts';
import type { SampleAnswer } from '../../../src-shared/domain/runs/run-samples.ts';
import type { ExampleOutcomes } from '../../../src-shared/results/outcomes.ts';
import type { BatchLoss } from '../losses/batch-loss.ts';
import { scoreOutcome } from '../metrics/index.ts';
import type { Outcome } from '../metrics/metric.ts';
import type { EvaluationSteps } from './evaluation-steps.ts';

/** Tag of outputs and predictions. */
interface Kinded {
  readonly kind: string;
}

/**
 * One kind of outcome: how outputs of a model become predictions, and how predictions are scored and shown. A new kind is one file
 * and one line in `index.ts`.
 */
export interface OutcomeType<
  Outputs extends Kinded,
  Predictions extends Kinded,
  Loss extends (...of: never[]) => BatchLoss = (...of: never[]) => BatchLoss,
> {
  readonly kind: Outputs['kind'] & Predictions['kind'];
  /** Creates the loss of a training batch of such examples. */
  readonly loss: Loss;
  /** Predictions of one model. @throws StudioError cancelled */
  predict(outputs: Outputs, steps: EvaluationSteps): Predictions | Promise<Predictions>;
  /**
   * Predictions of several models together on the same examples.
   * @param members at least one; their shares add up to 1
   * @throws StudioError refused where the outputs cannot be averaged, cancelled
   */
  ensemble(members: Members<Outputs>, steps: EvaluationSteps): Predictions | Promise<Predictions>;
  /** Loss of each example, and whether it is right. Their means are the loss and the accuracy of the score. */
  perExample(predictions: Predictions): ExampleOutcomes;
  score(predictions: Predictions): TaskScore;
  /** Prediction of one example as a run shows it; null where the model writes its answer instead. */
  sample(predictions: Predictions, row: number, nameOf: (output: number) => string): SampleAnswer | null;
  /** Fields of one example in a file of predictions. */
  predictionLine(predictions: Predictions, row: number, words: ExampleWords): AnswerLine;
}

/** Outputs of the models of an ensemble, each with its share in the mean. */
export type Members<Outputs> = readonly [Member<Outputs>, ...Member<Outputs>[]];

interface Member<Outputs> {
  readonly outputs: Outputs;
  readonly share: number;
}

/** Mean loss over examples in nats (tokens: over tokens; tags: over words), for regression the mean squared error. */
export type TaskScore = Pick<
  EvaluationResult,
  'accuracy' | 'loss' | 'confusion' | 'metrics' | 'entities' | 'reliability'
>;

/** Names of an example's outputs, and its reference text. */
export interface ExampleWords {
  readonly names: readonly string[];
  readonly reference: string;
}

/** Truth, prediction and scores of one example, as docs/guide/command.md describes them. */
export interface AnswerLine {
  readonly truth: string | number | readonly string[];
  readonly prediction: string | number | readonly string[] | null;
  readonly scores: Readonly<Record<string, number>>;
}

/** Score with the metrics of `outcome` and its accuracy, if it has one. */
export function taskScore(outcome: Outcome, loss: number): TaskScore {
  const metrics = scoreOutcome(outcome);
  const { accuracy = null } = metrics;
  return { accuracy, loss, confusion: [], metrics };
}
