import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { canHalveStates } from '../ops/autograd/half-state.ts';

/** Storage of a forward pass's states until the backward pass. Default: all of them, in float32. */
export interface StateKeeping {
  /** Layers keep only their input, and run again in the backward pass. */
  readonly gradientCheckpointing?: boolean;
  /** In bfloat16, rounded. The active backend must have that. */
  readonly halved?: boolean;
}

/**
 * Returns the state keeping that a run's settings request.
 * @throws StudioError refused where the active backend cannot.
 */
export function stateKeeping({
  gradient_checkpointing,
  activation_dtype,
}: Pick<RunConfig, 'gradient_checkpointing' | 'activation_dtype'>): StateKeeping {
  const halved = activation_dtype === 'bfloat16';
  if (halved && !canHalveStates())
    throw new StudioError(
      'refused',
      'activation_dtype is bfloat16, but this compute backend keeps activations in float32 only.',
      'Set activation_dtype to float32, or choose the compute backend native or webgpu.',
    ).at('activation_dtype');
  return { gradientCheckpointing: gradient_checkpointing, halved };
}
