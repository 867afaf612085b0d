import { splitWords, stripEnd } from '../functions/python-text.ts';

const longestNgram = 4;

/** sacreBLEU's international tokenization: punctuation that is not between digits and every symbol are tokens. */
function tokens(text: string): string[] {
  const spaced = stripEnd(text)
    .replaceAll(/(\P{N})(\p{P})/gsu, '$1 $2 ')
    .replaceAll(/(\p{P})(\P{N})/gsu, ' $1 $2')
    .replaceAll(/\p{S}/gu, ' $& ');
  return splitWords(spaced);
}

/** Occurrences of each n-gram, by its tokens as JSON. */
export function countNgrams(words: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + n <= words.length; start++) {
    const ngram = JSON.stringify(words.slice(start, start + n));
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  return counts;
}

/** Number of n-grams that two texts share, each as often as it is in both. */
export function sharedNgrams(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  let shared = 0;
  for (const [ngram, count] of one) shared += Math.min(count, other.get(ngram) ?? 0);
  return shared;
}

/** BLEU of one text against one reference, 0 to 100, as sacreBLEU computes it with exponential smoothing. */
export function bleu(reference: string, text: string): number {
  const [right, own] = [tokens(reference), tokens(text)];
  const orders = Array.from({ length: longestNgram }, (_, index) => ({
    correct: sharedNgrams(countNgrams(right, index + 1), countNgrams(own, index + 1)),
    total: Math.max(0, own.length - index),
  }));
  if (orders.every(({ correct }) => correct === 0)) return 0;
  // A text that is shorter than the longest n-gram has a precision of 0.
  if (orders.some(({ total }) => total === 0)) return 0;
  const brevity = own.length < right.length ? Math.exp(1 - right.length / own.length) : 1;
  let smoothing = 1;
  const logarithms = orders.map(({ correct, total }) => {
    if (correct === 0) smoothing *= 2;
    return Math.log(correct === 0 ? 100 / (smoothing * total) : (100 * correct) / total);
  });
  return brevity * Math.exp(logarithms.reduce((sum, one) => sum + one, 0) / longestNgram);
}
