import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  type Handle,
  type KernelFunctions,
  NativeKernels,
} from '../../../src-main/engine/compute/native/kernel-calls.generated.ts';
import { generatedFiles } from '../../../src-main/engine/compute/native/manifest/generate.ts';
import { parseParameters } from '../../../src-main/engine/compute/native/manifest/signature.ts';

const folder = new URL('../../../src-main/engine/compute/native/', import.meta.url);

describe("the native kernels' manifest", () => {
  it.each([...generatedFiles()])('has %s made of it as it stands (npm run make:kernels)', (path, text) => {
    expect(readFileSync(fileURLToPath(new URL(path, folder)), 'utf8')).toBe(text);
  });

  it('reads types, names, what may be null and what may be left out', () => {
    expect(parseParameters('const float* x, float* bias?, float scale = 1')).toEqual([
      { type: 'const float*', name: 'x', isOptional: false, default: null },
      { type: 'float*', name: 'bias', isOptional: true, default: 'nullptr' },
      { type: 'float', name: 'scale', isOptional: false, default: '1' },
    ]);
    expect(parseParameters('')).toEqual([]);
    expect(() => parseParameters('float')).toThrow('no type and name in "float"');
  });

  it('hands parameters over one after another: shapes with their rank, operations by number, fields with their defaults', () => {
    const { kernels, calls } = recorded();
    kernels.compare('greater', handle(1), [2, 3], handle(2), [3], handle(3), [2, 3]);
    kernels.gemm({ a: handle(1), b: handle(2), c: handle(3), m: 4, n: 5, k: 6, transposeB: true, bias: handle(7) });
    kernels.transpose(handle(1), handle(2), 4, [2, 3], [1, 0]);
    expect(calls).toEqual([
      ['compare', 4, 1, 2, 2, 3, 2, 1, 3, 3, 2, 2, 3],
      ['gemm', 1, 2, 3, 4, 5, 6, false, true, 0, 1, 7, 0, 0, 0, 0, 0, false, 1, 0, 0, 0, false],
      ['transpose', 1, 2, 4, 2, 2, 3, 1, 0],
    ]);
  });
});

/** Kernels on an addon that only writes down how it is called. */
function recorded(): { kernels: NativeKernels; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const addon = new Proxy<Partial<KernelFunctions>>(
    {},
    {
      get:
        (_, name) =>
        (...parameters: unknown[]) =>
          void calls.push([name, ...parameters]),
    },
  );
  return { kernels: new NativeKernels(addon as KernelFunctions), calls };
}

function handle(number: number): Handle {
  return number as Handle;
}
