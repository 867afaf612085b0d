import { expect, test } from 'vitest';
import { demoTable } from '../../../src-shared/results/demo-table.ts';
import { leadParagraph } from '../../../src-shared/results/lead.ts';
import { runRecord, runs, studies } from '../../backend/reports/records.ts';

const sides = { without: 'DoRA', coto: 'DoRA + CoTo' };

test('begins with the score alone, and adds the two largest differences with what they show', () => {
  // Alone: 73 against 71, differences 3 and 1. Low third gains 10 and 12: 11 ± 12.7. Every other layer and half gain 9.
  expect(leadParagraph(demoTable(runs, studies), sides, 100)).toMatch(
    /^DoRA \+ CoTo compared with DoRA \(2 seeds, 100 test examples\)\. Alone: 71\.0 % without and 73\.0 % with CoTo \(\+2\.0 ± 12\.7 points: no clear difference\)\. Low third: 51\.0 % without and 62\.0 % with CoTo \(\+11\.0 ± 12\.7 points: no clear difference\)\./,
  );
});

test('names clear differences first, without a remark', () => {
  const clear = [1, 2, 3].flatMap((seed) => [
    runRecord(`a${seed}`, seed, false, 0.7 + seed / 100, 300),
    runRecord(`b${seed}`, seed, true, 0.75 + (seed === 1 ? 0 : seed / 100), 300),
  ]);
  // Differences 4, 5 and 5: 4.67 ± 4.303 · 0.577 / √3.
  expect(leadParagraph(demoTable(clear, []), sides, null)).toBe(
    'DoRA + CoTo compared with DoRA (3 seeds). Alone: 72.0 % without and 76.7 % with CoTo (+4.7 ± 1.4 points).',
  );
});

test('is missing where nothing is compared', () => {
  expect(leadParagraph([], sides, 100)).toBeNull();
  expect(leadParagraph(demoTable(runs.slice(0, 1), []), sides, 100)).toBeNull();
});
