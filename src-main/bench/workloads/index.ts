import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Workload } from '../workload.ts';
import { decoderShape } from './decoder.ts';
import { encoderShape } from './encoder.ts';
import { llama1bShape, smollm2Shape } from './llama.ts';
import { denseTwin, mixtureShape } from './mixture.ts';
import { vitShape } from './vit.ts';

/** All workloads, in the order of the table. */
export const workloads: readonly Workload[] = [
  vitShape,
  encoderShape,
  decoderShape,
  smollm2Shape,
  llama1bShape,
  mixtureShape,
  denseTwin,
];

/** Throws StudioError('not_found') where there is none. */
export function workloadOf(id: string): Workload {
  const found = workloads.find((workload) => workload.id === id);
  if (found === undefined) throw new StudioError('not_found', `The bench has no workload "${id}".`);
  return found;
}
