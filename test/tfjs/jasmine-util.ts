import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { nativeBackend } from '../../src-main/engine/compute/native.ts';
import { leftOut } from './left-out.ts';

/** Stands in for tfjs-core's jasmine_util: every suite runs on the native backend, if it can run on a synchronous one. */
export const ALL_ENVS = {};
export const SYNC_BACKEND_ENVS = {};
export const NODE_ENVS = {};

expect.extend({ nothing: () => ({ pass: true, message: () => 'nothing is expected' }) });

const environment = { name: 'native', backendName: 'native', isDataSync: true };

export function describeWithFlags(name: string, _: object, tests: (environment_: typeof environment) => void): void {
  // Its body asks jasmine itself, which is not here.
  if (name === 'concat3d') return;
  describe(name, () => {
    beforeAll(async () => {
      // tfjs then counts after every kernel whether it left a tensor behind.
      tf.env().set('IS_TEST', true);
      await nativeBackend.activate();
    });
    beforeEach(({ task, skip }) => {
      skip(leftOut.test(`${name} ${task.name}`), 'left out of the native backend');
      tf.engine().startScope();
    });
    afterEach(() => {
      tf.engine().endScope();
      tf.disposeVariables();
    });
    tests(environment);
  });
}
