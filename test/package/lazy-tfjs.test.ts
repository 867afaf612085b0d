import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

const script = pathToFileURL(join(import.meta.dirname, '../../scripts/lazy-tfjs.mjs')).href;
const { lazyTfjs } = z
  .object({ lazyTfjs: z.custom<() => Plugin>((value) => typeof value === 'function') })
  .parse({ ...(await import(script)) });

const folder = mkdtempSync(join(tmpdir(), 'coto-lazy-'));
const file = join(folder, 'built.mjs');

/** Uses of tfjs in a module; prints before and after each if it is loaded. */
const program = `
import * as tf from '@tensorflow/tfjs-core';
import Module from 'node:module';
const isLoaded = () => Object.keys(Module._cache).some((path) => path.includes('tf-core'));
tf.registerGradient({ kernelName: 'Early', gradFunc: () => ({}) });
const told = { kernel: tf.Identity, atFirst: isLoaded() };
class Own extends tf.KernelBackend {}
told.extended = new Own() instanceof tf.KernelBackend && new Own().refCount === tf.KernelBackend.prototype.refCount;
told.instance = new tf.TensorBuffer([2], 'float32') instanceof tf.TensorBuffer;
told.other = {} instanceof tf.Tensor;
told.size = tf.util.sizeFromShape([2, 3]);
told.one = tf.engine() === tf.engine() && tf.Variable.prototype instanceof tf.Tensor;
tf.registerGradient({ kernelName: 'Late', gradFunc: () => ({}) });
told.gradients = ['Early', 'Late', 'None'].map((name) => tf.getGradient(name) !== undefined);
told.atLast = isLoaded();
process.stdout.write(JSON.stringify(told));
`;

beforeAll(async () => {
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'));
  await build({
    stdin: { contents: program, resolveDir: folder, loader: 'js' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'bundle',
    external: ['@tensorflow/*'],
    plugins: [lazyTfjs()],
    outfile: file,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a built module loads tfjs at its first call, and has all of it then', () => {
  expect(JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8' }))).toEqual({
    kernel: 'Identity',
    atFirst: false,
    extended: true,
    instance: true,
    other: false,
    size: 6,
    one: true,
    gradients: [true, true, false],
    atLast: true,
  });
});
