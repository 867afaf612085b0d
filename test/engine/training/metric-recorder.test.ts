import { describe, expect, test } from 'vitest';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import { MetricRecorder } from '../../../src-main/engine/training/metric-recorder.ts';
import { column } from '../../src-shared/curves/make-curve.ts';

function record() {
  const events: EngineEvent[] = [];
  const recorder = new MetricRecorder({ emit: (event) => events.push(event), signal: async () => null });
  return { recorder, events };
}

describe('the recorder of metrics', () => {
  test('sends columns, one a metric, without what is no number', () => {
    const { recorder, events } = record();
    recorder.record(0, { loss: 2, grad_norm: Number.NaN });
    recorder.recordMask(0, Uint8Array.of(1, 0));
    recorder.record(1, { loss: 1.5, grad_norm: 3, p: Number.POSITIVE_INFINITY });
    recorder.recordMask(1, Uint8Array.of(0, 1));
    recorder.flush();
    recorder.flush();
    expect(events).toEqual([
      { kind: 'metrics', columns: [column('loss', [0, 1], [2, 1.5]), column('grad_norm', [1], [3])] },
      { kind: 'masks', masks: { firstStep: 0, groupCount: 2, bytes: Uint8Array.of(1, 0, 0, 1) } },
    ]);
  });

  test('sends at most ten times a second', () => {
    const { recorder, events } = record();
    for (let step = 0; step < 1000; step++) {
      recorder.record(step, { loss: step });
      recorder.flushWhenDue(1000 + step);
    }
    expect(events).toHaveLength(10);
  });
});
