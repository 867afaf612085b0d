import { mean } from '../../../src-shared/statistics/student.ts';
import { spanLoss } from '../losses/batch-loss.ts';
import { answerScore } from '../metrics/squad.ts';
import {
  type AnswerDecoding,
  type AnswerWindow,
  type DecodedAnswer,
  decodeAnswer,
  type PlacedContext,
  type WindowLogits,
} from './decode-answer.ts';
import { type Members, type OutcomeType, taskScore } from './outcome-type.ts';
import { meanByShare, negativeLog, softmaxRows } from './probabilities.ts';

/** A question on a text. */
export interface PlacedQuestion {
  readonly question: string;
  readonly context: PlacedContext;
  /** Stretches of the text, each a row of the model. */
  readonly windows: readonly AnswerWindow[];
  /** First and last token of the answer in each row; 0 where it has none. */
  readonly labels: readonly (readonly [number, number])[];
  /** The right answers; none where the text has none. */
  readonly golds: readonly string[];
}

/** Outputs of a head that finds the start and the end of answers. */
export interface SpanOutputs {
  readonly kind: 'spans';
  readonly questions: readonly PlacedQuestion[];
  /** Logits by question and window. */
  readonly logits: readonly (readonly WindowLogits[])[];
  readonly decoding: AnswerDecoding;
}

/** An answer, the right answers and its loss. */
interface AnsweredQuestion extends DecodedAnswer {
  readonly golds: readonly string[];
  /** Mean over the question's windows of the cross-entropy of the answer's start and end, in nats. */
  readonly loss: number;
}

interface SpanPredictions {
  readonly kind: 'spans';
  readonly questions: readonly AnsweredQuestion[];
}

export const spans: OutcomeType<SpanOutputs, SpanPredictions, typeof spanLoss> = {
  kind: 'spans',
  loss: spanLoss,
  predict: (outputs) => answers([{ outputs, share: 1 }]),
  ensemble: answers,
  perExample: ({ questions }) => ({
    losses: Float32Array.from(questions, ({ loss }) => loss),
    correct: Uint8Array.from(questions, ({ golds, text }) => answerScore(golds, text).exact),
    tokens: null,
  }),
  score: ({ questions }) =>
    taskScore(
      {
        kind: 'answers',
        labels: questions.map(({ golds }) => golds),
        predictions: questions.map(({ text }) => text),
      },
      mean(questions.map(({ loss }) => loss)),
    ),
  sample({ questions }, row) {
    const { text = '', golds = [] } = questions[row] ?? {};
    return {
      text: text === '' ? 'no answer' : text,
      probability: null,
      isRight: answerScore(golds, text).exact === 1,
    };
  },
  predictionLine({ questions }, row) {
    const { golds = [], text = '', score = null, nullScoreDifference = null } = questions[row] ?? {};
    const scores = {
      ...(score === null ? {} : { score }),
      ...(nullScoreDifference === null ? {} : { null_score_diff: nullScoreDifference }),
    };
    return { truth: golds, prediction: text, scores };
  },
};

/** Answers by the mean of the members' logits. */
function answers(members: Members<SpanOutputs>): SpanPredictions {
  const { questions, decoding } = members[0].outputs;
  return {
    kind: 'spans',
    questions: questions.map(({ context, windows, labels, golds }, question) => {
      const meanOf = (window: number, part: keyof WindowLogits) =>
        meanByShare(members, ({ logits }) => Float64Array.from(logits[question]?.[window]?.[part] ?? []));
      const logits = windows.map((_, window) => ({ starts: meanOf(window, 'starts'), ends: meanOf(window, 'ends') }));
      const loss = mean(logits.map((own, window) => windowLoss(own, labels[window] ?? [0, 0])));
      return { ...decodeAnswer(context, windows, logits, decoding), golds, loss };
    }),
  };
}

function windowLoss({ starts, ends }: WindowLogits, [start, end]: readonly [number, number]): number {
  const lossOf = (logits: ArrayLike<number>, place: number) =>
    negativeLog(softmaxRows(Float64Array.from(logits), logits.length)[place] ?? 0);
  return (lossOf(starts, start) + lossOf(ends, end)) / 2;
}
