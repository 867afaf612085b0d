import { expect, test, vi } from 'vitest';

vi.mock('../../../../src-renderer/api/client.ts', () => ({}));
const { mergeMasks, mergeRows } = await import('../../../../src-renderer/features/runs/history.ts');

const row = (name: string, step: number, value: number) => ({ name, step, value });

test('a resumed run walks its last steps anew: the old ones give way, metric by metric', () => {
  const known = [row('loss', 0, 3), row('loss', 1, 2), row('loss', 2, 1), row('eval_loss', 2, 9)];
  expect(mergeRows(known, [row('loss', 1, 7), row('loss', 2, 6)])).toEqual([
    row('loss', 0, 3),
    row('eval_loss', 2, 9),
    row('loss', 1, 7),
    row('loss', 2, 6),
  ]);
});

test('masks grow step by step, are overwritten from where a run was resumed, and a gap is noticed', () => {
  const known = { firstStep: 0, groupCount: 2, bytes: Uint8Array.of(1, 0, 0, 1, 1, 1) };
  const appended = mergeMasks(known, { firstStep: 3, groupCount: 2, bytes: Uint8Array.of(0, 1) });
  expect(appended?.bytes).toEqual(Uint8Array.of(1, 0, 0, 1, 1, 1, 0, 1));
  const resumed = mergeMasks(known, { firstStep: 1, groupCount: 2, bytes: Uint8Array.of(1, 1) });
  expect(resumed?.bytes).toEqual(Uint8Array.of(1, 0, 1, 1));
  expect(mergeMasks(known, { firstStep: 5, groupCount: 2, bytes: Uint8Array.of(1, 1) })).toBeNull();
});
