import { writeFileAtomicWith } from '../../files/atomic.ts';
import { answerLine, outcomesOf, type TaskPredictions } from '../outcomes/index.ts';
import type { AnswerLine } from '../outcomes/outcome-type.ts';
import type { OpenTask } from '../tasks/task-type.ts';

/** Lines that are written at once. */
const linesAtOnce = 256;

/**
 * One line of a file of predictions: JSON without line breaks. With `scores` and `truth`, every metric can be computed
 * again; docs/guide/command.md describes the fields.
 */
export interface PredictionLine extends AnswerLine {
  readonly index: number;
  readonly id?: string;
  /** Loss in the unit of the evaluation's loss. */
  readonly loss: number;
}

/** The lines of the evaluated examples, in the order of `indices`. */
export function* predictionLines(
  predictions: TaskPredictions,
  indices: Int32Array,
  task: Pick<OpenTask, 'classNames' | 'describe'>,
): Generator<PredictionLine> {
  const { losses } = outcomesOf(predictions);
  for (const [row, place] of indices.entries()) {
    const { index, id, choices = task.classNames, reference = '' } = task.describe(place);
    const identity = { index, ...(id === null ? {} : { id }) };
    const answer = answerLine(predictions, row, { names: choices, reference });
    yield { ...identity, ...answer, loss: losses[row] ?? Number.NaN };
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
