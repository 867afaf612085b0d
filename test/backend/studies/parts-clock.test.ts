import { expect, test } from 'vitest';
import { PartsClock } from '../../../src-main/backend/studies/parts-clock.ts';
import { coveredMilliseconds } from '../../../src-main/backend/studies/provenance.ts';

const progress = (done: number, total: number, etaSeconds: number | null) => ({
  phase: 'Training',
  done,
  total,
  unit: 'steps',
  perSecond: null,
  etaSeconds,
});

test('the time left is that of the part, and the mean of its kind for each that follows', () => {
  const clock = new PartsClock();
  clock.begin('train', 0);
  expect(clock.state(4, 1000)).toEqual({ share: 0, etaSeconds: null });
  // A quarter of the first of four in 10 s, 30 s of it left: 40 s each.
  clock.progress(progress(25, 100, 30));
  expect(clock.state(4, 10_000)).toEqual({ share: 0.0625, etaSeconds: 30 + 3 * 40 });
  // An evaluation in between says nothing of the part.
  clock.progress(progress(500, 500, null));
  expect(clock.state(4, 10_000).share).toBe(0.0625);
  clock.end(44_000);
  expect(clock.finished).toBe(1);
  // The second has not said anything yet: as long as the first.
  clock.begin('train', 44_000);
  expect(clock.state(4, 48_000)).toEqual({ share: 0.25, etaSeconds: 40 + 2 * 44 });
  clock.end(100_000);
  // (44 + 56) / 2 = 50 s a training; the scores are of another kind.
  clock.begin('train', 100_000);
  clock.progress(progress(50, 100, 20));
  expect(clock.state(4, 120_000)).toEqual({ share: 0.625, etaSeconds: 20 + 50 });
  clock.end(150_000);
  clock.begin('score', 150_000);
  expect(clock.state(4, 151_000)).toEqual({ share: 0.75, etaSeconds: null });
  clock.progress(progress(1, 2, 5));
  expect(clock.state(4, 155_000)).toEqual({ share: 0.875, etaSeconds: 5 });
  // A later round adds parts.
  expect(clock.state(6, 155_000)).toEqual({ share: 3.5 / 6, etaSeconds: 5 + 2 * 10 });
});

test('the time of jobs that ran together counts once', () => {
  const spans = [
    { startedAt: 10, finishedAt: 30 },
    { startedAt: 0, finishedAt: 20 },
    { startedAt: 15, finishedAt: 18 },
    { startedAt: 50, finishedAt: 60 },
    { startedAt: null, finishedAt: 90 },
  ];
  expect(coveredMilliseconds(spans)).toBe(40);
});
