import { beforeAll, describe, expect, it } from 'vitest';
import { decoderLayerShape, decoderShape } from '../../../src-main/bench/workloads/decoder.ts';
import { activateCompute, computeBackends } from '../../../src-main/engine/compute/index.ts';
import { decoderLayerMemory } from '../../../src-main/engine/models/decoder/memory.ts';
import type { ModelMemory } from '../../../src-main/engine/models/memory.ts';
import { tokenBatch } from '../../engine/batches.ts';
import { estimateOverPeak } from './measured-estimate.ts';

const all = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];
const cases: readonly { what: string; names: string[]; halvedStates?: boolean; gradientCheckpointing?: boolean }[] = [
  { what: 'q and v', names: ['q_proj', 'v_proj'] },
  { what: 'every linear', names: all },
  { what: 'every linear, states in bfloat16', names: all, halvedStates: true },
  { what: 'states in bfloat16 and checkpointing', names: all, halvedStates: true, gradientCheckpointing: true },
];

/** The bench's decoder, cut down to two layers, stands for the decoder block of any family. */
describe.each(computeBackends.filter((backend) => backend.peakBytes !== undefined))('on $id', (backend) => {
  let available = false;
  beforeAll(async () => {
    available = (await backend.probe()).available;
    if (available) await activateCompute(backend.id);
  });

  it.for(cases)(
    'the estimate of decoder layers is within 15 percent of what is measured: $what',
    async ({ names, halvedStates = false, gradientCheckpointing = false }, { skip }) => {
      if (halvedStates && backend.id !== 'native') return skip('only the native backend has states in bfloat16');
      const { peakBytes } = backend;
      if (!available || peakBytes === undefined) return skip(`${backend.id} is not available here`);
      const { base, batch } = await decoderShape.build({ small: true, resources: '', folder: '', bfloat16: false });
      // Sixteen times the shape's two sequences, so that the layers weigh more than the weights.
      const repeat = (values: Int32Array) =>
        Int32Array.from({ length: 16 * values.length }, (_, at) => values[at % values.length] ?? 0);
      const ids = batch.inputs['input_ids'];
      if (!(ids?.data instanceof Int32Array)) throw new Error('the decoder reads input_ids');
      const [sequences = 0, tokens = 0] = ids.shape;
      const inputs = { input_ids: { shape: [16 * sequences, tokens], data: repeat(ids.data) } };
      const micro = tokenBatch(inputs, repeat(batch.loss.labels));
      const { hiddenSize: hidden } = base.description;
      const sizes = { batch: 16 * sequences, tokens, hidden };
      const memory: ModelMemory = {
        inputs: (examples) => [examples * tokens],
        layer: (index, _, adapters) => decoderLayerMemory(decoderLayerShape(`layers.${index}`), sizes, adapters),
        head: (examples) => [examples * tokens * hidden],
      };
      const adapter = { target_modules: names };
      const given = { backend, peakBytes, base, adapter, labels: null, micro, batch: sizes.batch, memory, outputs: 0 };
      const share = await estimateOverPeak({ ...given, halvedStates, gradientCheckpointing });
      expect(share).toBeGreaterThan(0.85);
      expect(share).toBeLessThan(1.15);
    },
  );
});
