import { describe, expect, it } from 'vitest';
import { resolveComputeDtype } from '../../../../src-main/engine/compute/compute-dtype.ts';
import { loadAddon } from '../../../../src-main/engine/compute/native/load-addon.ts';
import { measuredReport } from '../../../../src-main/engine/probe.ts';

interface LesserProcessor {
  /** Our kernels' instruction set. */
  readonly kernels: string;
  /** oneDNN's, as its variable has it and as the addon says it. */
  readonly products: string;
  readonly name: string;
}

/**
 * Holds the native backend to the conformance suite, and to what it says of bfloat16, as on an x64 processor that has no more
 * than these. The addon asks once, when it is first used: call this from a test file of its own.
 */
export async function describeLesserProcessor({ kernels, products, name }: LesserProcessor): Promise<void> {
  process.env['COTO_ISA'] = kernels;
  process.env['ONEDNN_MAX_CPU_ISA'] = products;
  if (process.arch !== 'x64' || !('addon' in loadAddon())) {
    it.skip(`the native backend with ${name} (not here)`);
    return;
  }
  describe(`the native backend with ${name}`, () => {
    it('is tried and timed, without bfloat16', async () => {
      const report = await measuredReport('native');
      expect(report?.device).toContain(`${name}; kernels ${kernels}`);
      expect(report).toMatchObject({ available: true, gemmBfloat16Gflops: null });
      expect(report?.gemmGflops).toBeGreaterThan(0);
    });

    it('takes float32 by itself, and refuses bfloat16 with the way out', () => {
      expect(resolveComputeDtype('auto', 'native')).toBe('float32');
      expect(resolveComputeDtype('auto', 'native', 'bfloat16')).toBe('float32');
      expect(() => resolveComputeDtype('bfloat16', 'native')).toThrow(
        expect.objectContaining({
          code: 'refused',
          message: expect.stringContaining('this processor has no matrix products in bfloat16'),
          hint: 'Set compute_dtype to auto or float32.',
        }),
      );
    });
  });
  await import('../conformance-native.test.ts');
}
