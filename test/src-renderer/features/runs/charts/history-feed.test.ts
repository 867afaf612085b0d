import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EventName, EventPayload } from '../../../../../src-shared/contract/events.ts';
import type { RequestOutput } from '../../../../../src-shared/contract/requests.ts';
import { column, makeCurve, plain } from '../../../../src-shared/curves/make-curve.ts';

type Answer = RequestOutput<'runs.history'>;
const listeners = new Map<string, (payload: unknown) => void>();
const connections = new Set<(connected: boolean) => void>();
const requests: { input: unknown; answer: (histories: Answer) => Promise<void> }[] = [];
vi.mock('../../../../../src-renderer/api/client.ts', () => ({
  onEvent: (name: string, listener: (payload: unknown) => void) => {
    listeners.set(name, listener);
    return () => listeners.delete(name);
  },
  onConnection: (listener: (connected: boolean) => void) => {
    connections.add(listener);
    return () => connections.delete(listener);
  },
  request: (_name: string, input: unknown) =>
    new Promise((resolve) => {
      const answer = async (histories: Answer) => {
        resolve(histories);
        await vi.advanceTimersByTimeAsync(0);
      };
      requests.push({ input, answer });
    }),
}));
const { HistoryFeed } = await import('../../../../../src-renderer/features/runs/charts/history-feed.ts');
type Snapshot = Parameters<ConstructorParameters<typeof HistoryFeed>[1]>[0];

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  requests.length = 0;
  listeners.clear();
  connections.clear();
});

function send<Name extends EventName>(name: Name, payload: EventPayload<Name>): void {
  listeners.get(name)?.(payload);
}

const metrics = (runId: string, name: string, steps: number[], values: number[]) =>
  send('run.metrics', { runId, columns: [column(name, steps, values)] });

function start(query: Partial<Snapshot['query']> = {}) {
  const seen: Snapshot[] = [];
  const whole = {
    ids: ['r'],
    metrics: ['loss', 'grad_norm/'],
    masks: true,
    from: null,
    to: null,
    buckets: 4,
    ...query,
  };
  const feed = new HistoryFeed(whole, (snapshot) => seen.push(snapshot));
  feed.start();
  const curve = (name: string) => {
    const found = seen.at(-1)?.runs.get('r')?.curves.get(name);
    return found ? plain(found) : null;
  };
  return { feed, seen, curve };
}
const answered = (...steps: number[]): Answer => [{ id: 'r', curves: [makeCurve('loss', steps, steps)], masks: null }];

describe('the feed of a run’s curves', () => {
  test('asks once, then grows in place by what was asked for, and tells of it four times a second', async () => {
    const { feed, seen, curve } = start();
    expect(requests).toHaveLength(1);
    await requests[0]?.answer(answered(0, 1));
    expect(seen).toHaveLength(1);
    for (let step = 2; step < 12; step++) {
      metrics('r', 'loss', [step], [step]);
      metrics('other', 'loss', [step], [step]);
      metrics('r', 'learning_rate', [step], [step]);
      metrics('r', 'grad_norm/layers.0', [step], [1]);
      vi.advanceTimersByTime(50);
    }
    // Half a second of growth.
    expect(seen).toHaveLength(3);
    vi.advanceTimersByTime(250);
    expect(curve('loss')).toMatchObject({ width: 4, counts: [4, 4, 4], mean: [1.5, 5.5, 9.5] });
    expect(curve('grad_norm/layers.0')).toMatchObject({ counts: [2, 4, 4] });
    expect(curve('learning_rate')).toBeNull();
    expect(requests).toHaveLength(1);
    feed.stop();
    expect(listeners.size).toBe(0);
  });

  test('reports seldom in a long run whose new values are within its last point', async () => {
    const { seen, curve } = start({ buckets: 2 });
    await requests[0]?.answer([{ id: 'r', curves: [makeCurve('loss', [0, 63, 64], [1, 2, 3], 64)], masks: null }]);
    for (let step = 65; step < 85; step++) {
      metrics('r', 'loss', [step], [step]);
      vi.advanceTimersByTime(50);
    }
    expect(seen).toHaveLength(1);
    vi.advanceTimersByTime(1000);
    expect(seen).toHaveLength(2);
    expect(curve('loss')).toMatchObject({ width: 64, counts: [2, 21] });
    // A new point is told of as soon as ever.
    metrics('r', 'loss', [128], [1]);
    vi.advanceTimersByTime(250);
    expect(seen).toHaveLength(3);
  });

  test('counts what came while it waited once, whether the answer holds it or not', async () => {
    const { curve } = start({ buckets: 100 });
    metrics('r', 'loss', [2], [2]);
    metrics('r', 'loss', [3], [3]);
    await requests[0]?.answer(answered(0, 1, 2));
    expect(curve('loss')).toMatchObject({ steps: [0, 1, 2, 3] });
    expect(requests).toHaveLength(1);
  });

  test('asks again where a run was taken up from a checkpoint, and draws nothing of what is forgotten', async () => {
    const { curve } = start({ buckets: 100 });
    await requests[0]?.answer(answered(0, 1, 2, 3));
    send('run.restarted', { runId: 'r', step: 2 });
    metrics('r', 'loss', [2], [20]);
    expect(requests).toHaveLength(2);
    await requests[1]?.answer(answered(0, 1));
    expect(curve('loss')).toMatchObject({ steps: [0, 1, 2], mean: [0, 1, 20] });
    // Steps that do not follow say as much, even where nothing said that it was taken up.
    metrics('r', 'loss', [1], [5]);
    expect(requests).toHaveLength(3);
  });

  test('keeps to its stretch of steps, and leaves the answer to an older question alone', async () => {
    const { seen, curve } = start({ from: 2, to: 3, buckets: 100 });
    for (const listener of connections) listener(true);
    expect(requests).toHaveLength(2);
    await requests[0]?.answer(answered(0, 1));
    expect(seen).toHaveLength(0);
    await requests[1]?.answer(answered(2));
    metrics('r', 'loss', [3, 4], [3, 4]);
    vi.advanceTimersByTime(250);
    expect(curve('loss')).toMatchObject({ steps: [2, 3] });
  });

  test('grows the masks too', async () => {
    const { seen } = start();
    await requests[0]?.answer(answered(0));
    const masks = (firstStep: number, ...bytes: number[]) =>
      send('run.masks', { runId: 'r', masks: { firstStep, groupCount: 2, bytes: Uint8Array.from(bytes) } });
    masks(0, 1, 0);
    masks(1, 1, 1, 0, 1);
    vi.advanceTimersByTime(250);
    expect(seen.at(-1)?.runs.get('r')?.masks).toMatchObject({
      width: 1,
      nextStep: 3,
      on: Uint32Array.of(1, 0, 1, 1, 0, 1),
    });
  });
});
