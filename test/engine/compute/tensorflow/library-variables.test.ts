import { afterEach, expect, it } from 'vitest';
import { libraryVariables } from '../../../../src-main/engine/compute/tensorflow/library-variables.ts';

afterEach(() => {
  delete process.env['COTO_TF32'];
});

it('lets memory grow, and keeps float32 unless TF32 is allowed', () => {
  expect(libraryVariables()).toMatchObject({ TF_FORCE_GPU_ALLOW_GROWTH: 'true', NVIDIA_TF32_OVERRIDE: '0' });
  process.env['COTO_TF32'] = '1';
  expect(libraryVariables()).not.toHaveProperty('NVIDIA_TF32_OVERRIDE');
});
