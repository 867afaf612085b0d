import * as tf from '@tensorflow/tfjs-core';
import type { HiddenStates } from '../../models/base-model.ts';

/** `tf.tidy` for hidden states: all tensors but theirs are disposed. */
export function tidyHiddenStates(run: () => HiddenStates): HiddenStates {
  const made: HiddenStates[] = [];
  tf.tidy(() => {
    const states = run();
    made.push(states);
    return stateTensors(states);
  });
  const [states] = made;
  if (states === undefined) throw new Error('a layer gave no states');
  return states;
}

/** All tensors of hidden states, with what the layers read beside them. */
export function stateTensors({ hidden, context }: HiddenStates): tf.Tensor[] {
  const { rotaries, mask, tensors } = context ?? {};
  return [
    hidden,
    ...(rotaries ?? []).flatMap(({ cos, sin }) => [cos, sin]),
    ...(mask ? [mask] : []),
    ...Object.values(tensors ?? {}),
  ];
}
