import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventHub, joinMasks } from '../../src-main/backend/event-hub.ts';
import { silentLog } from '../../src-main/logging/log.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the event hub', () => {
  it('gathers metrics for a tenth of a second and keeps their order', () => {
    const hub = new EventHub();
    const seen: unknown[] = [];
    hub.subscribe((name, payload) => seen.push([name, payload]));
    hub.metricsAdded('r', [{ name: 'loss', step: 0, value: 1 }]);
    hub.metricsAdded('r', [{ name: 'loss', step: 1, value: 2 }]);
    hub.listChanged('runs');
    hub.listChanged('runs');
    expect(seen).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(seen).toEqual([
      [
        'run.metrics',
        {
          runId: 'r',
          rows: [
            { name: 'loss', step: 0, value: 1 },
            { name: 'loss', step: 1, value: 2 },
          ],
        },
      ],
      ['list.changed', { list: 'runs' }],
    ]);
    vi.advanceTimersByTime(1000);
    expect(seen).toHaveLength(2);
  });

  it('sends at most ten messages of a kind in a second', () => {
    const hub = new EventHub();
    let messages = 0;
    hub.subscribe(() => messages++);
    for (let at = 0; at < 1000; at += 10) {
      hub.metricsAdded('r', [{ name: 'loss', step: at, value: 0 }]);
      vi.advanceTimersByTime(10);
    }
    expect(messages).toBe(10);
  });

  it('lets one failing subscriber not keep the others from hearing', () => {
    const complaint = vi.spyOn(silentLog, 'error');
    const hub = new EventHub(silentLog);
    const heard: string[] = [];
    hub.subscribe(() => {
      throw new Error('broken');
    });
    const leave = hub.subscribe((name) => heard.push(name));
    hub.notify({ level: 'success', title: 't', message: 'm', error: null });
    leave();
    hub.notify({ level: 'success', title: 't', message: 'm', error: null });
    expect(heard).toEqual(['notification']);
    expect(complaint).toHaveBeenCalledTimes(2);
    complaint.mockRestore();
  });

  it('joins masks that follow one another, and only those', () => {
    const part = (firstStep: number, ...bytes: number[]) => ({
      firstStep,
      groupCount: 2,
      bytes: Uint8Array.from(bytes),
    });
    expect(joinMasks([part(0, 1, 0), part(1, 1, 1, 0, 1), part(4, 1, 0), part(2, 0, 0)])).toEqual([
      part(0, 1, 0, 1, 1, 0, 1),
      part(4, 1, 0),
      part(2, 0, 0),
    ]);
  });
});
