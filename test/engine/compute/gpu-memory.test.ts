import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, followMemoryLimit, reportOn } from '../../../src-main/engine/compute/index.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const device = await reportOn('webgpu');

describe.skipIf(!device?.available)(
  `the memory of a GPU${device?.available ? '' : ` (not here: ${device?.reason})`}`,
  () => {
    beforeAll(async () => {
      await activateCompute('webgpu');
      tf.env().set('WEBGPU_CPU_FORWARD', false);
    });
    afterEach(() => limitTo(undefined));

    const megabyte = 1e6;

    function limitTo(megabytes: number | undefined): void {
      if (megabytes === undefined) delete process.env['COTO_WEBGPU_MEGABYTES'];
      else process.env['COTO_WEBGPU_MEGABYTES'] = String(megabytes);
      followMemoryLimit();
    }

    /** Creates a tensor of this many megabytes, written by the device. */
    const tensorOf = (megabytes: number): tf.Tensor => tf.fill([(megabytes * megabyte) / 4], 1);
    const allocated = () => Number(Reflect.get(tf.memory(), 'numBytesAllocatedInGPU'));

    it('is not exceeded: what has no place is refused with the way out, and what was freed can be taken again', async () => {
      limitTo(allocated() / megabyte + 10);
      const held = tensorOf(8);
      expect(() => tensorOf(4)).toThrow(
        expect.objectContaining({
          code: 'out_of_memory',
          message: expect.stringMatching(
            /^A tensor of 3\.81 MiB does not fit into the memory of the graphics device: [\d.]+ MiB of [\d.]+ MiB are in use\.$/,
          ),
          hint: expect.stringContaining('batch'),
        }),
      );
      held.dispose();
      const next = tensorOf(4);
      expect((await next.data())[0]).toBe(1);
      next.dispose();
    });

    it('takes what waits for reuse for tensors of other sizes', async () => {
      const limit = allocated() + 10 * megabyte;
      limitTo(limit / megabyte);
      // 30 megabytes in all, no two of one size.
      for (const size of [5, 6, 7, 8, 4]) {
        const made = tensorOf(size);
        expect((await made.data())[0]).toBe(1);
        made.dispose();
        expect(allocated()).toBeLessThanOrEqual(limit);
      }
    });

    it('allows no tensor that a program could not bind', () => {
      const largest = device?.card?.largestTensorBytes ?? 0;
      expect(() => tf.fill([largest / 4 + 1024], 1)).toThrow(
        /^A tensor would have .*, and the graphics device allows /,
      );
    });
  },
);
