import * as tf from '@tensorflow/tfjs-core';
import { elementwise } from '../../../ops/activation/elementwise.ts';
import { gated } from '../../../ops/activation/gated.ts';
import { as1D, as2D, at } from '../../../ops/autograd/operation.ts';
import { sliceColumns } from '../../../ops/indexing/slice-columns.ts';
import { scaled } from '../../../ops/linear/add-multiple.ts';
import { gatedDeltaRule } from '../../../ops/recurrence/gated-delta-rule.ts';
import { logDecay } from '../../../ops/recurrence/log-decay.ts';
import type { DeltaNetLayout } from '../../decoder/mixers/delta-net.ts';
import { applyDecoderNorm } from '../decoder-norm.ts';
import type { LayerTensors, Mixer } from '../layer-tensors.ts';
import { convolved, overSequences, withoutPadding } from './sequences.ts';

/** Linear attention by the gated delta rule, whose state takes the place of keys and values. */
export function deltaNetMixer(layout: DeltaNetLayout, index: number, tensors: LayerTensors): Mixer {
  const { keyHeads, valueHeads, keySize } = layout;
  const [input, gate, rate, decay, output] = [
    tensors.module(layout.input.name),
    tensors.module(layout.gate.name),
    tensors.module(layout.rate.name),
    tensors.module(layout.decay.name),
    tensors.module(layout.output.name),
  ];
  const stored = tensors.tensor(layout.weight.name);
  const logRate = as1D(tensors.tensor(layout.logRate.name));
  const stepBias = as1D(tensors.tensor(layout.stepBias.name));
  const [unitNorm, norm] = [tensors.norm(layout.unitNorm), tensors.norm(layout.norm)];
  const keys = keyHeads * keySize;
  return (x, states, runner, options) => {
    const weight = as2D(tf.reshape(stored, [input.outFeatures, -1]));
    const own = withoutPadding(x, states);
    const parts = [
      runner.linear(input, own),
      logDecay(runner.linear(decay, own), logRate, stepBias),
      elementwise(runner.linear(rate, own), 'sigmoid'),
    ];
    const read = overSequences(parts, states, index, (inputs, sequences) => {
      const { y: mixed, last } = convolved(at(inputs, 0), { weight, bias: null }, sequences);
      const active = elementwise(mixed, 'silu');
      const { y, state } = gatedDeltaRule(
        {
          // Both have the length 1; what a query reads is scaled as attention's scores are.
          q: scaled(applyDecoderNorm(unitNorm, sliceColumns(active, 0, keys)), 1 / keySize),
          k: scaled(applyDecoderNorm(unitNorm, sliceColumns(active, keys, keys)), 1 / Math.sqrt(keySize)),
          v: sliceColumns(active, 2 * keys, input.outFeatures - 2 * keys),
          decay: at(inputs, 1),
          rate: at(inputs, 2),
          state: sequences.before?.['memory'] ?? null,
        },
        { batch: sequences.batch, tokens: sequences.tokens, keyHeads, valueHeads },
      );
      return { y, after: () => ({ last: last(), memory: state }) };
    });
    const opened = gated(runner.linear(gate, own), applyDecoderNorm(norm, read), 'silu');
    return runner.linear(output, opened, options);
  };
}
