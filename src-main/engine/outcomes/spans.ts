import { negativeLog, softmaxRows } from '../evaluation/evaluation.ts';
import type { SpanOutputs } from '../evaluation/task-outputs.ts';
import { type DecodedAnswer, decodeAnswer, type WindowLogits } from './decode-answer.ts';

/** An answer with what it is compared with. */
export interface AnsweredQuestion extends DecodedAnswer {
  readonly golds: readonly string[];
  /** Mean over the question's windows of the cross-entropy of the answer's start and end, in nats. */
  readonly loss: number;
}

export interface SpanPredictions {
  readonly kind: 'spans';
  readonly questions: readonly AnsweredQuestion[];
}

/** The answers by the logits of one model, or by their weighted mean over several. */
export function spanPredictions(members: readonly SpanOutputs[], weights: readonly number[]): SpanPredictions {
  const [first] = members;
  if (first === undefined) throw new RangeError('An ensemble needs at least one member.');
  const questions = first.questions.map(({ context, windows, labels, golds }, question): AnsweredQuestion => {
    const logits = windows.map((_, window) => {
      const own = members.flatMap(({ logits }) => logits[question]?.[window] ?? []);
      return own.length === 1 && own[0] ? own[0] : meanLogits(own, weights);
    });
    const losses = logits.map((one, window) => windowLoss(one, labels[window] ?? [0, 0]));
    const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
    return { ...decodeAnswer(context, windows, logits, first.decoding), golds, loss };
  });
  return { kind: 'spans', questions };
}

function windowLoss({ starts, ends }: WindowLogits, [start, end]: readonly [number, number]): number {
  const lossOf = (logits: ArrayLike<number>, place: number) =>
    negativeLog(softmaxRows(Float64Array.from(logits), logits.length)[place] ?? 0);
  return (lossOf(starts, start) + lossOf(ends, end)) / 2;
}

function meanLogits(members: readonly WindowLogits[], weights: readonly number[]): WindowLogits {
  const total = members.reduce((sum, _, member) => sum + (weights[member] ?? 0), 0);
  const mean = (part: keyof WindowLogits) =>
    Float64Array.from(members[0]?.[part] ?? [], (_, at) =>
      members.reduce(
        (sum, { [part]: values }, member) => sum + ((weights[member] ?? 0) / total) * (values[at] ?? 0),
        0,
      ),
    );
  return { starts: mean('starts'), ends: mean('ends') };
}
