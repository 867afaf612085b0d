import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../bootstrap/paths.mjs';
import { ensureVulkanForTests } from '../bootstrap/vulkan.mjs';
import { ensureBuild } from '../build.mjs';
import { runNode, tools } from './steps.mjs';

// usage: npm run test:processors
// Runs the computing tests of which `npm test` takes a share: the engine's suites and the tests that judge a training as on a
// processor with AVX2 and no AVX-512, where this one has more (matrix products and kernels sum in another order there), and all of the
// conformance suite on WebGPU, with a model of every family. Trainings that are judged take other seeds than in `npm test`: none may
// need its own.
const nativeAddon = join(root, 'dist', 'native', 'coto-native.node');
const onWebgpu = ['conformance-webgpu', 'families-webgpu'].map((name) => `test/engine/compute/${name}.test.ts`);

await ensureBuild(['main']);
ensureVulkanForTests();
const codes = [
  await onLesser(),
  await runNode(tools.vitest, ['run', '--project', 'unit', ...onWebgpu], { env: { COTO_CONFORMANCE: 'all' } }),
];
process.exit(codes.find((code) => code !== 0) ?? 0);

/** Runs what computes on the instruction set below this processor's; on one with AVX2 alone, only what judges a training. */
function onLesser() {
  const addon = existsSync(nativeAddon) ? describeAddon() : '';
  const otherSeeds = { COTO_SEED_SHIFT: '1000' };
  if (addon.includes('kernels avx512'))
    return runNode(tools.vitest, ['run', '--project', 'native', '--project', 'outcomes'], {
      env: { ...otherSeeds, COTO_ISA: 'avx2', ONEDNN_MAX_CPU_ISA: 'AVX2' },
    });
  if (addon.includes('kernels avx2'))
    return runNode(tools.vitest, ['run', '--project', 'outcomes'], {
      env: { ...otherSeeds, COTO_ISA: 'baseline', ONEDNN_MAX_CPU_ISA: 'SSE41' },
    });
  console.log('skipped: the native compute backend is not built here, or this processor has no lesser instruction set');
  return 0;
}

/** Returns the native addon's description of itself and the processor. */
function describeAddon() {
  /** @type {{ describe: () => string }} */
  const addon = createRequire(import.meta.url)(nativeAddon);
  return addon.describe();
}
