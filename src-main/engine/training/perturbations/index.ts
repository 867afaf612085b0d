import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { schedules } from '../../../../src-shared/coto/schedules/index.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import { mergopt } from './mergopt.ts';
import type { Perturbation, PerturbationKind } from './perturbation.ts';
import { sam } from './sam.ts';

/** Every perturbation by its name in `weight_perturbation`: one file each. */
export const perturbationKinds: Readonly<Record<Exclude<RunConfig['weight_perturbation'], 'none'>, PerturbationKind>> =
  {
    sam,
    mergopt,
  };

/**
 * The perturbation of a run; null without one.
 * @throws StudioError refused with a schedule over ranks, which the shift would switch on again.
 */
export function perturbationOf(config: RunConfig): Perturbation | null {
  const { weight_perturbation: id, coto } = config;
  if (id === 'none') return null;
  const kind = perturbationKinds[id];
  if (coto !== null && schedules[coto.schedule].unit === 'rank')
    throw new StudioError(
      'refused',
      `${kind.declaration.label} shifts the ranks that the schedule "${schedules[coto.schedule].declaration.label}" switches off.`,
      'Choose a schedule over layers, such as coto.schedule: coto, or weight_perturbation: none.',
    ).at('weight_perturbation');
  return kind.create(config);
}
