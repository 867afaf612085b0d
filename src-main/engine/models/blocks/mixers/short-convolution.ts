import * as tf from '@tensorflow/tfjs-core';
import { as1D, as2D, at } from '../../../ops/autograd/operation.ts';
import { sliceColumns } from '../../../ops/indexing/slice-columns.ts';
import type { ShortConvolutionLayout } from '../../decoder/mixers/short-convolution.ts';
import type { LayerTensors, Mixer } from '../layer-tensors.ts';
import { convolved, overSequences, withoutPadding } from './sequences.ts';

/** LFM2's gated convolution over the last tokens. */
export function shortConvolutionMixer(layout: ShortConvolutionLayout, index: number, tensors: LayerTensors): Mixer {
  const [input, output] = [tensors.module(layout.input.name), tensors.module(layout.output.name)];
  const [stored, bias] = [tensors.tensor(layout.weight.name), layout.bias && as1D(tensors.tensor(layout.bias.name))];
  const width = output.inFeatures;
  return (x, states, runner, options) => {
    const weight = as2D(tf.reshape(stored, [width, -1]));
    const all = runner.linear(input, withoutPadding(x, states));
    const part = (place: number) => sliceColumns(all, place * width, width);
    const gated = tf.mul<tf.Tensor2D>(part(0), part(2));
    const mixed = overSequences([gated], states, index, (inputs, sequences) => {
      const { y, last } = convolved(at(inputs, 0), { weight, bias }, sequences);
      return { y, after: () => ({ last: last() }) };
    });
    return runner.linear(output, tf.mul<tf.Tensor2D>(part(1), mixed), options);
  };
}
