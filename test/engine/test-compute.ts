import type { ComputeChoice } from '../../src-main/engine/compute/index.ts';

/** The compute backend that the engine's suites run on: wasm, or what the vitest project names (vitest.config.ts). */
export const testCompute: ComputeChoice = process.env['COTO_TEST_COMPUTE'] === 'native' ? 'native' : 'wasm';
