import type { SampleAnswer } from '../../../src-shared/domain/runs/run-samples.ts';
import type { ExampleOutcomes } from '../../../src-shared/results/outcomes.ts';
import { ensembleShares } from '../adapters/model/ensemble-model.ts';
import { classes } from './classes.ts';
import type { EvaluationSteps } from './evaluation-steps.ts';
import { labelSets } from './label-sets.ts';
import { marks } from './marks.ts';
import { numbers } from './numbers.ts';
import type { AnswerLine, ExampleWords, OutcomeType, TaskScore } from './outcome-type.ts';
import { preferences } from './preferences.ts';
import { spans } from './spans.ts';
import { tags } from './tags.ts';
import { tokens } from './tokens.ts';
import { vectors } from './vectors.ts';

/** Every kind of outcome. */
const outcomes = { classes, 'label-sets': labelSets, numbers, tags, spans, tokens, preferences, vectors, marks };

type Kind = keyof typeof outcomes;
type Outputs = { [Own in Kind]: Parameters<(typeof outcomes)[Own]['predict']>[0] };
type Predictions = { [Own in Kind]: Parameters<(typeof outcomes)[Own]['score']>[0] };

/** Outputs of a model on test examples, in the order of their indices, and their targets. */
export type TaskOutputs<Own extends Kind = Kind> = { [One in Own]: Outputs[One] & { readonly kind: One } }[Own];
/** Predictions of a model or of an ensemble for test examples, and their targets: everything that a score is computed from. */
export type TaskPredictions<Own extends Kind = Kind> = { [One in Own]: Predictions[One] & { readonly kind: One } }[Own];

const byKind: { readonly [Own in Kind]: OutcomeType<TaskOutputs<Own>, TaskPredictions<Own>> } = outcomes;

/** Predictions of one model. @param steps of the ranking of vectors, which takes long @throws StudioError cancelled */
export async function predictionsOf<Own extends Kind>(
  outputs: TaskOutputs<Own>,
  steps: EvaluationSteps = {},
): Promise<TaskPredictions<Own>> {
  return byKind[outputs.kind].predict(outputs, steps);
}

/**
 * Predictions of several models together: the weighted mean of their probabilities or values; for answers, of their logits; for vectors,
 * of the similarities.
 * @param weights are divided by their sum
 * @throws StudioError invalid_input where weights are negative or all zero; refused for outputs that do not determine it:
 * language models are averaged token by token (`EnsembleModel`); cancelled
 */
export async function ensemblePredictions<Own extends Kind>(
  outputs: readonly TaskOutputs<Own>[],
  weights: readonly number[],
  steps: EvaluationSteps = {},
): Promise<TaskPredictions<Own>> {
  const [first, ...others] = outputs;
  if (first === undefined) throw new RangeError('An ensemble needs at least one member.');
  const other = others.find(({ kind }) => kind !== first.kind);
  if (other !== undefined) throw new TypeError(`An ensemble cannot have members with ${first.kind} and ${other.kind}.`);
  const shares = ensembleShares(weights);
  const member = (own: TaskOutputs<Own>, at: number) => ({ outputs: own, share: shares[at] ?? 0 });
  return byKind[first.kind].ensemble([member(first, 0), ...others.map((own, at) => member(own, at + 1))], steps);
}

/** Loss of each example, and whether it is right. Their means are the loss and the accuracy of the score. */
export function outcomesOf<Own extends Kind>(predictions: TaskPredictions<Own>): ExampleOutcomes {
  return byKind[predictions.kind].perExample(predictions);
}

export function scorePredictions<Own extends Kind>(predictions: TaskPredictions<Own>): TaskScore {
  return byKind[predictions.kind].score(predictions);
}

/** Score of one model. @throws StudioError cancelled */
export async function scoreOutputs(outputs: TaskOutputs, steps: EvaluationSteps = {}): Promise<TaskScore> {
  return scorePredictions(await predictionsOf(outputs, steps));
}

/** Score of an ensemble. @throws StudioError as `ensemblePredictions` */
export async function scoreEnsemble(
  members: readonly TaskOutputs[],
  weights: readonly number[],
  steps: EvaluationSteps = {},
): Promise<TaskScore> {
  return scorePredictions(await ensemblePredictions(members, weights, steps));
}

/**
 * Predictions of the first `count` examples as a run shows them; none of a language model, which writes its answers.
 * @param nameOf name of an output for the example in a row
 */
export function sampleAnswers<Own extends Kind>(
  predictions: TaskPredictions<Own>,
  count: number,
  nameOf: (row: number, output: number) => string,
): SampleAnswer[] {
  return Array.from(
    { length: count },
    (_, row) => byKind[predictions.kind].sample(predictions, row, (output) => nameOf(row, output)) ?? [],
  ).flat();
}

/** Truth, prediction and scores of one example, for a file of predictions. */
export function answerLine<Own extends Kind>(
  predictions: TaskPredictions<Own>,
  row: number,
  words: ExampleWords,
): AnswerLine {
  return byKind[predictions.kind].predictionLine(predictions, row, words);
}
