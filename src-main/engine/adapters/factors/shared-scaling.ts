import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ModuleStrength } from '../variant/variant.ts';

/**
 * The scaling that all modules have, for a config with one alpha for all of them; undefined without modules.
 * @throws StudioError refused where they differ.
 */
export function sharedScaling(label: string, modules: ReadonlyMap<string, ModuleStrength>): number | undefined {
  const [scaling, ...others] = new Set([...modules.values()].map((module) => module.scaling));
  if (others.length === 0) return scaling;
  throw new StudioError(
    'refused',
    `The modules of the ${label} adapter have different scalings, and its config has one alpha for all of them.`,
    'Merge it into a plain LoRA, which has alpha_pattern.',
  );
}
