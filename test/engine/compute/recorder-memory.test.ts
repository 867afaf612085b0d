import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { passRecorder } from '../../../src-main/engine/compute/active-recorder.ts';
import { activateCompute, followMemoryLimit, reportOn } from '../../../src-main/engine/compute/index.ts';
import type { PassMarks, PassPart } from '../../../src-main/engine/compute/pass-recorder.ts';
import { GpuPassRecorder } from '../../../src-main/engine/compute/webgpu/replay/pass-recorder.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const report = await reportOn('webgpu');

const small = 1024;
const copies = 512;
const partsOf = (variant: string): PassPart[] => [0, 1].map((layer) => ({ layer, isBackward: false, variant }));

let owner: object;

beforeAll(async () => {
  if (report?.available) await activateCompute('webgpu');
});
beforeEach(() => {
  owner = {};
});
afterEach(() => {
  limitTo(null);
  passRecorder()?.release(owner);
});

function limitTo(bytes: number | null): void {
  if (bytes === null) delete process.env['COTO_WEBGPU_MEGABYTES'];
  else process.env['COTO_WEBGPU_MEGABYTES'] = String(bytes / 1e6);
  followMemoryLimit();
}

/** Programs of tfjs in two parts, of which the second has a tensor of 2 MiB. */
async function run(value: number, wrong?: () => void, variant = ''): Promise<number> {
  const loss = lossOf(value, wrong, variant);
  try {
    return (await loss.data())[0] ?? Number.NaN;
  } finally {
    loss.dispose();
  }
}

function lossOf(value: number, wrong?: () => void, variant = '', isKept = true): tf.Tensor {
  const recorder = passRecorder();
  if (recorder === null) throw new Error('nothing records');
  return tf.tidy(() => {
    const given = tf.tensor1d(new Float32Array(small).fill(value));
    const pass = ({ enter, handOver }: PassMarks) => {
      enter({ layer: 0, isBackward: false });
      const states = tf.sqrt(tf.square(given));
      handOver(0, states);
      enter({ layer: 1, isBackward: false });
      wrong?.();
      return { value: tf.mean(tf.tile(states, [copies])), gradients: new Map<string, tf.Tensor>() };
    };
    const request = { owner, shapes: '', parts: partsOf(variant), inputs: { given }, variables: [], isKept };
    return recorder.run(request, pass).value;
  });
}

const memory = (name: 'numBytesInGPU' | 'numBytesAllocatedInGPU') => Number(Reflect.get(tf.memory(), name));

describe.skipIf(report?.available !== true)('the buffers of a recording', () => {
  it('are given back once where there is no memory for all of them', async () => {
    expect(await run(2)).toBe(2);
    const before = memory('numBytesInGPU');
    // For small ones.
    limitTo(memory('numBytesAllocatedInGPU') + 0.5e6);
    expect(await run(3)).toBe(3);
    limitTo(null);
    expect(passRecorder()).toMatchObject({ refusal: 'there is no memory for it' });
    // Each of them is another's by now.
    for (const value of [4, 5, 6]) expect(await run(value)).toBe(value);
    expect(memory('numBytesInGPU')).toBe(before);
  });

  it('are given back where the pass itself fails', async () => {
    expect(await run(2)).toBe(2);
    const before = memory('numBytesInGPU');
    const wrong = () => {
      throw new Error('wrong');
    };
    await expect(run(3, wrong)).rejects.toThrow('wrong');
    expect(await run(4)).toBe(4);
    const recorder = passRecorder();
    expect(recorder).toBeInstanceOf(GpuPassRecorder);
    recorder?.release(owner);
    expect(memory('numBytesInGPU')).toBe(before);
  });

  it('are given back where they rest and others need their memory', async () => {
    const recorder = passRecorder();
    if (!(recorder instanceof GpuPassRecorder)) throw new Error('nothing records');
    const before = memory('numBytesInGPU');
    for (const value of [2, 3, 4]) expect(await run(value)).toBe(value);
    const { recorded, replayed } = recorder.counts;
    // More than is left beside them.
    const most = memory('numBytesInGPU') + 0.5e6;
    expect(most).toBeGreaterThan(before + 2e6);
    limitTo(most);
    const large = () => tf.fill([0.5e6], 1);
    const inUse = lossOf(5, undefined, '', false);
    expect(recorder.counts.replayed).toBe(replayed + 1);
    expect(large).toThrow(expect.objectContaining({ code: 'out_of_memory' }));
    expect((await inUse.data())[0]).toBe(5);
    inUse.dispose();
    const other = large();
    const mean = tf.mean(other);
    expect((await mean.data())[0]).toBe(1);
    tf.dispose([other, mean]);
    expect(memory('numBytesInGPU')).toBe(before);
    limitTo(null);
    for (const value of [6, 7, 8]) expect(await run(value)).toBe(value);
    expect(recorder.counts).toEqual({ recorded: recorded + 1, replayed: replayed + 3 });
  });

  it('do not grow with every combination of variants', async () => {
    const recorder = passRecorder();
    if (!(recorder instanceof GpuPassRecorder)) throw new Error('nothing records');
    const { maxDispatches } = recorder;
    recorder.maxDispatches = 40;
    try {
      const bytes: number[] = [];
      for (let step = 0; step < 60; step++) {
        expect(await run(step, undefined, `variant ${step}`)).toBe(step);
        bytes.push(memory('numBytesInGPU'));
      }
      expect(recorder.refusal).toBe(null);
      expect(Math.max(...bytes.slice(30))).toBeLessThanOrEqual(Math.max(...bytes.slice(0, 30)));
      const { replayed } = recorder.counts;
      expect(await run(60, undefined, 'variant 59')).toBe(60);
      expect(recorder.counts.replayed).toBe(replayed + 1);
    } finally {
      recorder.maxDispatches = maxDispatches;
    }
  });
});
