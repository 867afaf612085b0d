import { expect, test } from 'vitest';
import { placeBefore, queueTime } from '../../../../src-renderer/features/home/queue-order.ts';
import { runRecord } from '../../../backend/reports/records.ts';
import { training } from './home-records.ts';

const queued = { status: 'queued' } as const;
const queue = ['a', 'b', 'c'].map((id) => training(id, queued));

test('a job is put before the one whose place it takes, or at the end', () => {
  expect(placeBefore(queue, 2, 0)).toBe('job-a');
  expect(placeBefore(queue, 0, 1)).toBe('job-c');
  expect(placeBefore(queue, 0, 2)).toBeNull();
  expect(placeBefore(queue, 1, 1)).toBeUndefined();
  expect(placeBefore(queue, 0, -1)).toBeUndefined();
  expect(placeBefore(queue, 2, 3)).toBeUndefined();
});

test('the time of the queue counts what is known: finished runs of the same length, and the job that runs', () => {
  const done = runRecord('done', 1, false, 0.7, 300);
  const alike = { ...runRecord('a', 2, false, 0, 0), status: 'queued' as const, result: null };
  const longer = { ...alike, id: 'b', config: { ...alike.config, max_steps: 80 } };
  const progress = { phase: 'Training', done: 1, total: 4, unit: 'steps', perSecond: 1, etaSeconds: 3 };
  const running = training('r', { progress });
  const runs = [done, alike, longer];
  expect(queueTime([running, training('a', queued)], runs)).toEqual({ seconds: 13, isWhole: true });
  expect(queueTime([running, training('a', queued), training('b', queued)], runs)).toEqual({
    seconds: 13,
    isWhole: false,
  });
  expect(queueTime([training('part', { ...queued, parentId: 's' })], runs)).toEqual({ seconds: 0, isWhole: true });
});
