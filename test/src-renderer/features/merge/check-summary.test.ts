import { expect, test } from 'vitest';
import { conflictOf, remediesOf, summarizeChecks } from '../../../../src-renderer/features/merge/check-summary.ts';
import type { PreflightLine } from '../../../../src-shared/domain/evaluation/evaluation.ts';

const line = (changes: Partial<PreflightLine>): PreflightLine => ({
  check: 'ranks',
  verdict: 'ok',
  message: '',
  remedy: null,
  adapter: null,
  ...changes,
});
const methods = ['factor-average', 'weight-average', 'ensemble'];

test('errors that block a merge come first, passed checks apart', () => {
  const lines = [
    line({ check: 'base' }),
    line({ check: 'CoTo', verdict: 'warning', adapter: 1 }),
    line({ check: 'ranks', verdict: 'refused', adapter: 1 }),
  ];
  const { open, passed } = summarizeChecks(lines);
  expect(open.map(({ check }) => check)).toEqual(['ranks', 'CoTo']);
  expect(passed.map(({ check }) => check)).toEqual(['base']);
  expect(conflictOf(lines, 1)?.check).toBe('ranks');
  expect(conflictOf(lines, 0)).toBeNull();
});

test('each way out is one button: another method, else without the adapter that does not fit', () => {
  const ranks = line({ verdict: 'refused', adapter: 1, remedy: 'Use the ΔW average, which supports different ranks.' });
  expect(remediesOf(ranks, 'factor-average', methods)).toEqual([
    { kind: 'method', method: 'weight-average' },
    { kind: 'remove', place: 1 },
  ]);
  expect(remediesOf(ranks, 'weight-average', methods)).toEqual([{ kind: 'remove', place: 1 }]);
  const variant = line({
    check: 'variant',
    verdict: 'refused',
    adapter: 0,
    remedy: 'Use the output ensemble, as it is.',
  });
  expect(remediesOf(variant, 'factor-average', methods)[0]).toEqual({ kind: 'method', method: 'ensemble' });
  expect(remediesOf(line({ check: 'weights', verdict: 'refused', remedy: 'Raise one.' }), 'ties', methods)).toEqual([
    { kind: 'equal-weights' },
  ]);
  expect(remediesOf({ ...ranks, verdict: 'warning' }, 'factor-average', methods)).toEqual([]);
});
