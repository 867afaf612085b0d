import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventHub } from '../../../src-main/backend/services/event-hub.ts';
import { silentLog } from '../../../src-main/logging/log.ts';
import { column } from '../../src-shared/curves/make-curve.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('the event hub', () => {
  it('passes on at once what the engine has gathered, and gathers changes for a tenth of a second', () => {
    const hub = new EventHub();
    const seen: unknown[] = [];
    hub.subscribe((name, payload) => seen.push([name, payload]));
    hub.listChanged('runs');
    hub.listChanged('runs');
    const columns = [column('loss', [0, 1], [1, 2])];
    hub.metricsAdded('r', columns);
    expect(seen).toEqual([['run.metrics', { runId: 'r', columns }]]);
    vi.advanceTimersByTime(100);
    expect(seen.slice(1)).toEqual([['list.changed', { list: 'runs' }]]);
    vi.advanceTimersByTime(1000);
    expect(seen).toHaveLength(2);
  });

  it('sends at most ten messages of a kind in a second', () => {
    const hub = new EventHub();
    let messages = 0;
    hub.subscribe(() => messages++);
    for (let at = 0; at < 1000; at += 10) {
      hub.listChanged('runs');
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
});
