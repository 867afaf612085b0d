/** Python's \w, whose boundaries decide what an article is. */
const letter = String.raw`[\p{L}\p{N}_]`;
const article = new RegExp(`(?<!${letter})(?:a|an|the)(?!${letter})`, 'gu');
/** Python's string.punctuation. */
export const punctuation = /[!-/:-@[-`{-~]/g;
/** White space of Python's split, which includes four ASCII separators. */
const space = new RegExp(`[\\p{White_Space}${String.fromCharCode(0x1c, 0x1d, 0x1e, 0x1f)}]+`, 'u');

/** A text with spaces in place of its articles. */
export function withoutArticles(text: string): string {
  return text.replace(article, ' ');
}

/** The words of an answer as SQuAD's official script compares them: lowercased, without punctuation and articles. */
function answerTokens(text: string): string[] {
  const words = withoutArticles(text.toLowerCase().replace(punctuation, ''));
  return words.split(space).filter((word) => word !== '');
}

export interface AnswerScore {
  readonly exact: number;
  readonly f1: number;
}

/**
 * Exact match and F1 of an answer in [0, 1], the best over the right ones, by the formulas of SQuAD 2's official script (those of 1.1
 * give the same where there are answers). An empty text says that there is none; so does a list without answers.
 */
export function answerScore(golds: readonly string[], predicted: string): AnswerScore {
  const lists = golds.map(answerTokens).filter((tokens) => tokens.length > 0);
  const own = answerTokens(predicted);
  let [exact, f1] = [0, 0];
  for (const gold of lists.length > 0 ? lists : [[]]) {
    const overlap = overlapOf(gold, own);
    exact = Math.max(exact, overlap.exact);
    f1 = Math.max(f1, overlap.f1);
  }
  return { exact, f1 };
}

/** Exact match and F1 of an answer with one right answer, which may be empty. */
export function answerOverlap(gold: string, predicted: string): AnswerScore {
  return overlapOf(answerTokens(gold), answerTokens(predicted));
}

function overlapOf(gold: readonly string[], own: readonly string[]): AnswerScore {
  return { exact: Number(gold.join(' ') === own.join(' ')), f1: tokenF1(gold, own) };
}

function tokenF1(gold: readonly string[], own: readonly string[]): number {
  if (gold.length === 0 || own.length === 0) return gold.length === own.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const token of gold) left.set(token, (left.get(token) ?? 0) + 1);
  let same = 0;
  for (const token of own) {
    const count = left.get(token) ?? 0;
    if (count > 0) same++;
    left.set(token, count - 1);
  }
  if (same === 0) return 0;
  const [precision, recall] = [same / own.length, same / gold.length];
  return (2 * precision * recall) / (precision + recall);
}
