import { sampleActiveGroups } from '../../../src-shared/coto/sampling.ts';
import { activationProbability } from '../../../src-shared/coto/schedule.ts';
import type { CotoSettings } from '../../../src-shared/domain/coto.ts';
import type { ActivationMasks } from '../../../src-shared/domain/run.ts';
import { RandomStream } from '../../../src-shared/random.ts';

/**
 * The masks that a run of these settings and this seed will draw: the engine's own rule and stream, one draw an
 * optimizer step. Bytes: totalSteps × groupCount, step-major, 1 is on.
 */
export function previewMasks(
  settings: CotoSettings,
  totalSteps: number,
  groupCount: number,
  seed: number,
): ActivationMasks {
  const random = RandomStream.seeded(seed, 'coto');
  const bytes = new Uint8Array(totalSteps * groupCount);
  for (let step = 0; step < totalSteps; step++) {
    const probability = activationProbability(settings, step, totalSteps);
    bytes.set(
      sampleActiveGroups(probability, groupCount, () => random.uniform()),
      step * groupCount,
    );
  }
  return { firstStep: 0, groupCount, bytes };
}
