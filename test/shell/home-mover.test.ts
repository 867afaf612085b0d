import { expect, test } from 'vitest';
import { HomeMover, type HomeMoverOptions } from '../../src-main/shell/home-mover.ts';
import { moveAnswers, moveQuestion } from '../../src-main/shell/home-questions.ts';
import { StudioError, toErrorValue } from '../../src-shared/contract/errors.ts';
import type { HomeMoverMessage } from '../../src-shared/contract/home-move.ts';
import type { Channel } from '../../src-shared/rpc/channel.ts';
import { inProcessChannels } from '../../src-shared/rpc/in-process.ts';

const plan = { state: 'planned', from: '/old', to: '/new', bytes: 5e9, freeBytes: 9e9 } as const;
const progress = { phase: 'Copying', done: 1, total: 2, unit: 'MiB', perSecond: null, etaSeconds: null };

/** The other end says the plan, and then what `act` has it say. */
function mover(act: (order: unknown, say: (message: HomeMoverMessage) => void, channel: Channel) => void, more = {}) {
  const happened: string[] = [];
  const options: HomeMoverOptions = {
    open(folder) {
      happened.push(`open ${folder}`);
      const [own, other] = inProcessChannels();
      const say = (message: HomeMoverMessage) => other.post(message);
      other.on((order) => act(order, say, other));
      setImmediate(() => say(plan));
      return own;
    },
    running: () => 0,
    agree: async () => ({ keep: true }),
    async rest() {
      happened.push('rest');
      return () => happened.push('start');
    },
    onProgress: ({ phase }) => happened.push(phase),
    ...more,
  };
  return { happened, mover: new HomeMover(options) };
}

test('the backend rests while the home is moved, and is not started where it was', async () => {
  const orders: unknown[] = [];
  const { happened, mover: moving } = mover((order, say) => {
    orders.push(order);
    say({ state: 'moving', progress });
    say({ state: 'moved', to: '/new' });
  });
  expect(await moving.move('/new')).toBe('/new');
  expect(orders).toEqual([{ act: 'move', keep: true }]);
  expect(happened).toEqual(['open /new', 'rest', 'Copying']);
  expect(moving.isMoving).toBe(false);
});

test('the backend resumes after a failure, an end or a cancel', async () => {
  const error = toErrorValue(new StudioError('cancelled', 'It was not moved.'));
  const failing = mover((_order, say) => say({ state: 'failed', error }));
  await expect(failing.mover.move('/new')).rejects.toThrow('It was not moved.');
  expect(failing.happened).toEqual(['open /new', 'rest', 'start']);
  const ending = mover((_order, _say, channel) => channel.close());
  await expect(ending.mover.move('/new')).rejects.toThrow(/ended unexpectedly/);
  expect(ending.happened).toEqual(['open /new', 'rest', 'start']);
  const cancelled = mover((order, say) => {
    if (JSON.stringify(order).includes('cancel')) say({ state: 'failed', error });
    else void cancelled.mover.cancel();
  });
  await expect(cancelled.mover.move('/new')).rejects.toThrow('It was not moved.');
});

test('nothing is touched where the person does not agree, or something is running', async () => {
  const refused = mover(() => undefined, { agree: async () => null });
  expect(await refused.mover.move('/new')).toBeNull();
  expect(refused.happened).toEqual(['open /new']);
  const busy = mover(() => undefined, { running: () => 1 });
  await expect(busy.mover.move('/new')).rejects.toThrow(/while something is running/);
  expect(busy.happened).toEqual([]);
});

test('the question says how much is moved, and Escape moves nothing', () => {
  const question = moveQuestion(plan);
  expect(question.detail).toMatch(/^4\.66 GiB are copied from \/old .* 8\.38 GiB are free/);
  expect(question.buttons).toHaveLength(moveAnswers.length);
  expect(moveAnswers[question.cancelId ?? 0]).toBe('cancel');
});
