/** A text in which the answers to questions are looked for, and the UTF-16 places of each of its tokens. */
export interface PlacedContext {
  readonly text: string;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** A stretch of a context as a row of the model: its tokens `first` to `end`, which is excluded, begin at `offset` in the row. */
export interface AnswerWindow {
  readonly offset: number;
  readonly first: number;
  readonly end: number;
}

/** Logits of each token of a row. */
export interface WindowLogits {
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
}

/** Settings for choosing an answer; names and defaults of Transformers' run_qa.py. */
export interface AnswerDecoding {
  readonly n_best_size: number;
  /** Tokens. */
  readonly max_answer_length: number;
  readonly null_score_diff_threshold: number;
  /** True if a question may have no answer. */
  readonly hasUnanswerable: boolean;
}

export interface DecodedAnswer {
  /** Empty: the text does not answer the question. */
  readonly text: string;
  /** Score of the best stretch of the text: the sum of the logits of its start and its end; null without one. */
  readonly score: number | null;
  /** The score of no answer less that one; an answer is given where it is at most the threshold. */
  readonly nullScoreDifference: number | null;
}

interface Candidate {
  readonly text: string;
  readonly score: number;
}

/**
 * The answer to a question by the logits of its windows, as `postprocess_qa_predictions` of Transformers' examples: of each window
 * the best starts and ends, together the best pair in order and not too long; no answer by the logits of the first token
 * ([CLS]), the lowest of all windows.
 */
export function decodeAnswer(
  context: PlacedContext,
  windows: readonly AnswerWindow[],
  logits: readonly WindowLogits[],
  { n_best_size, max_answer_length, null_score_diff_threshold, hasUnanswerable }: AnswerDecoding,
): DecodedAnswer {
  let nullScore = Number.POSITIVE_INFINITY;
  let best: Candidate | null = null;
  let bestText: Candidate | null = null;
  for (const [index, { offset, first, end }] of windows.entries()) {
    const { starts, ends } = logits[index] ?? { starts: [], ends: [] };
    nullScore = Math.min(nullScore, (starts[0] ?? 0) + (ends[0] ?? 0));
    const tokenOf = (place: number) => {
      const token = first + place - offset;
      return place >= offset && token < end ? token : null;
    };
    const lasts = highest(ends, n_best_size);
    for (const from of highest(starts, n_best_size)) {
      const start = tokenOf(from);
      if (start === null) continue;
      for (const to of lasts) {
        const stop = tokenOf(to);
        if (stop === null || to < from || to - from + 1 > max_answer_length) continue;
        const score = (starts[from] ?? 0) + (ends[to] ?? 0);
        if (bestText !== null && score <= bestText.score) continue;
        const candidate = { text: context.text.slice(context.starts[start], context.ends[stop]), score };
        if (best === null || score > best.score) best = candidate;
        if (candidate.text !== '') bestText = candidate;
      }
    }
  }
  if (!hasUnanswerable) return { text: best?.text ?? '', score: best?.score ?? null, nullScoreDifference: null };
  if (bestText === null) return { text: '', score: null, nullScoreDifference: null };
  const nullScoreDifference = nullScore - bestText.score;
  const text = nullScoreDifference > null_score_diff_threshold ? '' : bestText.text;
  return { text, score: bestText.score, nullScoreDifference };
}

/** Places of the `count` highest values, highest first. */
function highest(values: ArrayLike<number>, count: number): number[] {
  const places = Array.from(values, (_, place) => place);
  return places.sort((one, other) => (values[other] ?? 0) - (values[one] ?? 0)).slice(0, count);
}
