import { countNgrams, sharedNgrams } from './bleu.ts';

/** Words of ROUGE: small letters of ASCII and digits. */
function words(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

/** F1 of n-grams of one text against a reference, 0 to 1, as rouge-score computes it without a stemmer. */
export function rougeN(reference: string, text: string, n: number): number {
  const [right, own] = [countNgrams(words(reference), n), countNgrams(words(text), n)];
  const count = (ngrams: ReadonlyMap<string, number>) => [...ngrams.values()].reduce((sum, one) => sum + one, 0);
  const shared = sharedNgrams(right, own);
  return harmonicMean(shared / Math.max(1, count(own)), shared / Math.max(1, count(right)));
}

/** F1 of the longest common subsequences of lines (rougeLsum), 0 to 1. */
export function rougeLines(reference: string, text: string): number {
  const lines = (whole: string) => whole.split('\n').map(words);
  const [right, own] = [lines(reference), lines(text)];
  const left = [right.flat(), own.flat()].map((all) => countNgrams(all, 1));
  const [rightCount, ownCount] = [right.flat().length, own.flat().length];
  if (rightCount === 0 || ownCount === 0) return 0;
  let hits = 0;
  for (const line of right) {
    const union = new Set(own.flatMap((other) => commonIndices(line, other)));
    for (const index of [...union].sort((one, other) => one - other)) {
      const word = JSON.stringify([line[index]]);
      if (left.some((counts) => (counts.get(word) ?? 0) === 0)) continue;
      hits++;
      for (const counts of left) counts.set(word, (counts.get(word) ?? 0) - 1);
    }
  }
  return harmonicMean(hits / ownCount, hits / rightCount);
}

/** Indices in `line` of a longest common subsequence, read from its end as rouge-score reads it. */
function commonIndices(line: readonly string[], other: readonly string[]): number[] {
  const lengths = Array.from({ length: line.length + 1 }, () => new Array<number>(other.length + 1).fill(0));
  const at = (row: number, column: number) => lengths[row]?.[column] ?? 0;
  for (let row = 1; row <= line.length; row++)
    for (let column = 1; column <= other.length; column++) {
      const isSame = line[row - 1] === other[column - 1];
      const length = isSame ? at(row - 1, column - 1) + 1 : Math.max(at(row - 1, column), at(row, column - 1));
      (lengths[row] ?? [])[column] = length;
    }
  const indices: number[] = [];
  let [row, column] = [line.length, other.length];
  while (row > 0 && column > 0) {
    if (line[row - 1] === other[column - 1]) {
      indices.push(row - 1);
      row--;
      column--;
    } else if (at(row, column - 1) > at(row - 1, column)) column--;
    else row--;
  }
  return indices;
}

function harmonicMean(precision: number, recall: number): number {
  return precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
}
