import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, reportOn } from '../../../../src-main/engine/compute/index.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const report = await reportOn('tensorflow');

describe.skipIf(!report?.available)(`tensorflow${report?.available ? '' : ` (not here: ${report?.reason})`}`, () => {
  beforeAll(async () => {
    await activateCompute('tensorflow');
  });

  it('rounds: whole numbers stay as they are, halves go to the even one', async () => {
    const [whole, halves] = [tf.tensor1d([3, -7, 0], 'int32'), tf.tensor1d([0.5, 1.5, -2.5, 2.4])];
    const [rounded, even] = [tf.round(whole), tf.round(halves)];
    expect(rounded.dtype).toBe('int32');
    expect([...(await rounded.data())]).toEqual([3, -7, 0]);
    expect([...(await even.data())]).toEqual([0, 2, -2, 2]);
    whole.dispose();
    expect([...(await rounded.data())]).toEqual([3, -7, 0]);
    tf.dispose([halves, rounded, even]);
  });
});
