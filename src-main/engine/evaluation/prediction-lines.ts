import { writeFileAtomicWith } from '../../files/atomic.ts';
import { isRight, namedTags, outcomesOf, type TaskPredictions } from '../outcomes/index.ts';
import { pairLine } from '../outcomes/vectors.ts';
import type { OpenTask } from '../tasks/task-type.ts';
import { predictedClass } from './evaluation.ts';

/** Lines that are written at once. */
const linesAtOnce = 256;

/**
 * One line of a file of predictions: JSON without line breaks. With `scores` and `truth`, every metric can be computed
 * again; docs/guide/command.md describes the fields.
 */
export interface PredictionLine {
  readonly index: number;
  readonly id?: string;
  readonly truth: string | number | readonly string[];
  readonly prediction: string | number | readonly string[] | null;
  readonly scores: Readonly<Record<string, number>>;
  /** In the unit of the evaluation's loss. */
  readonly loss: number;
}

/** The lines of the evaluated examples, in the order of `indices`. */
export function* predictionLines(
  predictions: TaskPredictions,
  indices: Int32Array,
  task: Pick<OpenTask, 'classNames' | 'describe'>,
): Generator<PredictionLine> {
  const { losses } = outcomesOf(predictions);
  const tagged = predictions.kind === 'tags' ? namedTags(predictions) : [];
  for (const [row, place] of indices.entries()) {
    const { index, id, choices, reference } = task.describe(place);
    const identity = { index, ...(id === null ? {} : { id }) };
    const answer = answerOf(predictions, row, choices ?? task.classNames, reference ?? '', tagged[row]);
    yield { ...identity, ...answer, loss: losses[row] ?? Number.NaN };
  }
}

function answerOf(
  predictions: TaskPredictions,
  row: number,
  names: readonly string[],
  reference: string,
  tags: ReturnType<typeof namedTags>[number] | undefined,
): Pick<PredictionLine, 'truth' | 'prediction' | 'scores'> {
  const named = (values: Float64Array | Float32Array) =>
    Object.fromEntries(names.map((name, at) => [name, values[at] ?? Number.NaN]));
  switch (predictions.kind) {
    case 'classes': {
      const { probabilities, logLikelihoods, labels, classCount } = predictions;
      const [start, end] = [row * classCount, (row + 1) * classCount];
      const own = probabilities.subarray(start, end);
      return {
        truth: names[labels[row] ?? 0] ?? '',
        prediction: names[predictedClass(own)] ?? '',
        scores: named(logLikelihoods?.subarray(start, end) ?? own),
      };
    }
    case 'label-sets': {
      const { probabilities, targets, width } = predictions;
      const [start, end] = [row * width, (row + 1) * width];
      const above = (values: Float64Array | Float32Array) => names.filter((_, at) => (values[start + at] ?? 0) > 0.5);
      return {
        truth: above(targets),
        prediction: above(probabilities),
        scores: named(probabilities.subarray(start, end)),
      };
    }
    case 'numbers': {
      const value = predictions.values[row] ?? Number.NaN;
      return { truth: predictions.targets[row] ?? Number.NaN, prediction: value, scores: { value } };
    }
    case 'tags':
      return { truth: tags?.actual ?? [], prediction: tags?.predicted ?? [], scores: {} };
    case 'spans': {
      const { golds = [], text = '', score = null, nullScoreDifference = null } = predictions.questions[row] ?? {};
      const scores = {
        ...(score === null ? {} : { score }),
        ...(nullScoreDifference === null ? {} : { null_score_diff: nullScoreDifference }),
      };
      return { truth: golds, prediction: text, scores };
    }
    case 'tokens': {
      const { lossSums, tokens, right } = predictions;
      const scores = { log_likelihood: -(lossSums[row] ?? 0), tokens: tokens[row] ?? 0, right: right[row] ?? 0 };
      return { truth: reference, prediction: null, scores };
    }
    case 'vectors': {
      const { truth, prediction, scores } = pairLine(predictions, row);
      return { truth: truth ?? reference, prediction, scores };
    }
    case 'preferences': {
      const rewards = { chosen: predictions.chosen[row], rejected: predictions.rejected[row] };
      const scores = Object.fromEntries(
        Object.entries(rewards).flatMap(([name, reward = Number.NaN]) =>
          Number.isNaN(reward) ? [] : [[name, reward]],
        ),
      );
      const truth = 'chosen' in scores ? 'chosen' : 'rejected';
      const other = truth === 'chosen' ? 'rejected' : 'chosen';
      return { truth, prediction: isRight(rewards.chosen, rewards.rejected) ? truth : other, scores };
    }
  }
}

/** Writes the lines piece by piece; the file has all of them, or stays what it was. */
export async function writePredictions(file: string, lines: Iterable<PredictionLine>): Promise<void> {
  await writeFileAtomicWith(file, async (handle) => {
    let piece: string[] = [];
    const flush = async () => {
      await handle.writeFile(piece.join(''));
      piece = [];
    };
    for (const line of lines) {
      piece.push(`${JSON.stringify(line)}\n`);
      if (piece.length === linesAtOnce) await flush();
    }
    await flush();
  });
}
