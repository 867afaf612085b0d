import type * as tf from '@tensorflow/tfjs-core';
import type { LinearModule } from '../../../../src-shared/domain/models/model.ts';
import type { LinearOptions } from '../../ops/linear/linear-options.ts';
import type { HiddenStates, LinearRunner } from '../base-model.ts';
import type { NormLayout, PartContents } from '../decoder/part.ts';
import { type DecoderNorm, loadDecoderNorm } from './decoder-norm.ts';
import type { FrozenTensors } from './weights.ts';

/** Mixes the tokens of `x` [rows, hidden]; `states` tell how they lie. The options are those of the part's last linear. */
export type Mixer = (
  x: tf.Tensor2D,
  states: HiddenStates,
  runner: LinearRunner,
  options: Pick<LinearOptions, 'residual'>,
) => tf.Tensor2D;

/** Treats each row of `x` [rows, hidden] by itself. The options are those of the part's last linear. */
export type FeedForward = (
  x: tf.Tensor2D,
  runner: LinearRunner,
  options: Pick<LinearOptions, 'residual'>,
) => tf.Tensor2D;

/** The loaded modules, norms and tensors of a decoder, by the names of its layout. */
export interface LayerTensors {
  module(name: string): LinearModule;
  norm({ name }: Pick<NormLayout, 'name'>): DecoderNorm;
  tensor(name: string): tf.Tensor;
}

/**
 * Loads norms and other tensors.
 * @param tensors has the linears of the model already
 * @param keyOf turns a name of the layout into the one in the file
 */
export async function loadLayerTensors(
  { norms, tensors: others }: Pick<PartContents, 'norms' | 'tensors'>,
  tensors: FrozenTensors,
  module: LayerTensors['module'],
  keyOf: (name: string) => string = (name) => name,
): Promise<LayerTensors> {
  const loadedNorms = new Map<string, DecoderNorm>();
  for (const norm of norms) loadedNorms.set(norm.name, await loadDecoderNorm(norm, keyOf(norm.name), tensors));
  const loaded = new Map<string, tf.Tensor>();
  for (const { name, shape } of others) loaded.set(name, await tensors.load(keyOf(name), shape));
  return { module, norm: ({ name }) => found(loadedNorms, name), tensor: (name) => found(loaded, name) };
}

function found<Value>(loaded: ReadonlyMap<string, Value>, name: string): Value {
  const value = loaded.get(name);
  if (value === undefined) throw new Error(`the layout lacks ${name}`);
  return value;
}
