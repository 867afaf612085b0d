import { expect, it } from 'vitest';
import { resolveComputeDtype } from '../../../src-main/engine/compute/compute-dtype.ts';
import { wasmBackend } from '../../../src-main/engine/compute/wasm.ts';

it('is float32 where the backend has nothing else, and bfloat16 is refused there with the way out', () => {
  expect(resolveComputeDtype('auto', 'wasm')).toBe('float32');
  expect(resolveComputeDtype('float32', 'wasm')).toBe('float32');
  expect(() => resolveComputeDtype('bfloat16', 'wasm')).toThrow(
    expect.objectContaining({
      code: 'refused',
      message: 'compute_dtype is bfloat16, but the compute backend WebAssembly computes in float32 only.',
    }),
  );
});

it.each([
  [true, 'bfloat16'],
  [false, 'float32'],
] as const)(
  'of a backend that timed bfloat16 as faster: %s is %s by itself, and what is wished for else',
  (faster, dtype) => {
    const backend = Object.assign(wasmBackend, { bfloat16: { isAvailable: () => true, isFaster: () => faster } });
    try {
      expect(resolveComputeDtype('auto', 'wasm')).toBe(dtype);
      expect(resolveComputeDtype('bfloat16', 'wasm')).toBe('bfloat16');
      expect(resolveComputeDtype('float32', 'wasm')).toBe('float32');
      // A resumed run goes on as it began, whatever is timed now.
      expect(resolveComputeDtype('auto', 'wasm', 'bfloat16')).toBe('bfloat16');
      expect(resolveComputeDtype('auto', 'wasm', 'float32')).toBe('float32');
    } finally {
      Reflect.deleteProperty(backend, 'bfloat16');
    }
  },
);

it('goes on in float32 where a run began in bfloat16 on a backend that is not taken now', () => {
  expect(resolveComputeDtype('auto', 'wasm', 'bfloat16')).toBe('float32');
});

it('is float16 where matrices of 16 bits stay as they are, and refused elsewhere with the way out', () => {
  expect(resolveComputeDtype('float16', 'webgpu')).toBe('float16');
  expect(resolveComputeDtype('bfloat16', 'webgpu')).toBe('bfloat16');
  // Nothing is rounded that was not asked for.
  expect(resolveComputeDtype('auto', 'webgpu')).toBe('float32');
  expect(resolveComputeDtype('auto', 'webgpu', 'float16')).toBe('float16');
  expect(resolveComputeDtype('auto', 'native', 'float16')).toBe('float32');
  expect(() => resolveComputeDtype('float16', 'native')).toThrow(
    expect.objectContaining({ code: 'refused', hint: expect.stringContaining('webgpu') }),
  );
});
