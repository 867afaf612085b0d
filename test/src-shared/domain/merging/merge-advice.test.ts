import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mapNote, pairSimilarity } from '../../../../src-shared/domain/merging/mergeability.ts';

/** A published pair: its tasks, its measures by name, and the percentages that its two merges lose. */
interface Pair {
  readonly tasks: ReadonlySet<string>;
  readonly measures: ReadonlyMap<string, number>;
  readonly factors: number;
  readonly update: number;
}

const page = fileURLToPath(new URL('../../../../docs/results/studies/images-mergeability.md', import.meta.url));

function publishedPairs(): Pair[] {
  return readFileSync(page, 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter((cells) => cells.length === 13 && /, seed \d/.test(cells[2] ?? ''))
    .map((cells) => {
      const number = (at: number) => Number((cells[at] ?? '').replace('−', '-').replace('+', ''));
      const [one = '', other = ''] = [cells[2], cells[3]].map((name) => name?.split(',')[0]);
      const measures = new Map([
        ['overlap above random', number(5) - number(6)],
        ['cosine', number(7)],
        ['sign conflict', number(8)],
        ['norm balance', number(9)],
        ['same task', one === other ? 1 : 0],
      ]);
      return { tasks: new Set([one, other]), measures, factors: number(10), update: number(11) };
    });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** A rule that takes the factor average on one side of a threshold, and the ΔW average on the other. */
type Rule = (pair: Pair) => number;

function bestRule(pairs: readonly Pair[], measure: string): Rule {
  const measured = (pair: Pair) => pair.measures.get(measure) ?? Number.NaN;
  const values = [...new Set(pairs.map(measured))].sort((one, other) => one - other);
  let best: Rule = ({ update }) => update;
  let least = mean(pairs.map(best));
  for (const [at, value] of values.slice(1).entries())
    for (const side of [1, -1]) {
      const threshold = ((values[at] ?? 0) + value) / 2;
      const rule: Rule = (pair) => (side * (measured(pair) - threshold) > 0 ? pair.factors : pair.update);
      const lost = mean(pairs.map(rule));
      if (lost < least - 1e-9) [best, least] = [rule, lost];
    }
  return best;
}

test('no rule on the published pairs beats the ΔW average on tasks that it was not fitted to', () => {
  const pairs = publishedPairs();
  expect(pairs).toHaveLength(140);
  const always = mean(pairs.map(({ update }) => update));
  const lost = ['overlap above random', 'cosine', 'sign conflict', 'norm balance', 'same task'].map((measure) =>
    mean(
      pairs.map((pair) =>
        bestRule(
          pairs.filter(({ tasks }) => [...tasks].every((task) => !pair.tasks.has(task))),
          measure,
        )(pair),
      ),
    ),
  );
  for (const value of lost) expect(value).toBeGreaterThanOrEqual(always);
  // So the map gives no advice, and names these numbers.
  expect(mapNote).toContain(
    `the rules lost ${Math.min(...lost).toFixed(1)} to ${Math.max(...lost).toFixed(1)} % of the own scores, the ΔW average ${always.toFixed(1)} %`,
  );
});

test('describes a pair by its measures without advising a method', () => {
  const text = pairSimilarity({
    overlap: 0.136,
    expected: 0.031,
    deviations: 9,
    cosine: 0.03,
    cosineDeviations: 1,
    conflict: 0.467,
    balance: 0.84,
  });
  expect(text).toBe(
    'overlap of subspaces 0.14 (random 0.03), cosine 0.03, opposite signs 47 %, norm of the weaker 84 % of the stronger',
  );
  expect(text + mapNote).not.toMatch(/TIES|KnOTS|elect/);
});
