import { expect, it } from 'vitest';
import { EngineLostError } from '../../../src-main/backend/engine/engine-supervisor.ts';
import { endingOfThrown, InterruptedError } from '../../../src-main/backend/jobs/job-endings.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';

it('a job that was cancelled has no error', () => {
  expect(endingOfThrown(new StudioError('cancelled', 'It was cancelled.'), false)).toEqual({
    status: 'cancelled',
    error: null,
  });
});

it.each([
  ['its engine ended', new EngineLostError(null)],
  ['its device was lost', new StudioError('device_lost', 'The GPU is gone.')],
  ['a part of it was interrupted', new InterruptedError('refused', 'A run was paused.')],
])('a job can go on where %s', (_, thrown) => {
  expect(endingOfThrown(thrown, false)).toMatchObject({
    status: 'interrupted',
    error: { code: thrown.code, message: thrown.message },
  });
});

it('a lost connection is no failure of a job while the studio closes', () => {
  const lost = new StudioError('disconnected', 'The other side of the connection is gone.');
  expect(endingOfThrown(lost, true).status).toBe('interrupted');
  expect(endingOfThrown(lost, false).status).toBe('failed');
});

it('anything else has failed, closing or not', () => {
  for (const isClosing of [true, false]) {
    expect(endingOfThrown(new StudioError('invalid_file', 'It is damaged.'), isClosing).status).toBe('failed');
    expect(endingOfThrown(new Error('a bug'), isClosing)).toMatchObject({
      status: 'failed',
      error: { code: 'internal' },
    });
  }
});
