import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import { divergedHint } from './training-step.ts';

/** Adds the step and a hint to an error about values that are not finite. */
export function divergedAt(thrown: unknown, where: string): unknown {
  if (!(thrown instanceof StudioError) || thrown.code !== 'not_finite') return thrown;
  return new StudioError(thrown.code, `${thrown.message.replace(/\.$/, '')} (${where}).`, divergedHint, thrown.details);
}

/** An update can overflow before the loss does; such weights must not become a checkpoint. */
export function refuseDiverged({ modules, saved }: AdapterState, where: string): void {
  const tensors = [...[...modules.values()].flatMap((module) => [...module.tensors.values()]), ...saved.values()];
  if (!tensors.every(({ data }) => data.every(Number.isFinite)))
    throw divergedAt(new StudioError('not_finite', "The adapter's weights are not numbers."), where);
}
