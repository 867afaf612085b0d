import { beforeAll, describe, expect, it } from 'vitest';
import { forecastMemory } from '../../src-main/backend/forecast-memory.ts';
import { decoderShape } from '../../src-main/engine/bench/shapes/decoder.ts';
import { activateCompute, computeBackends } from '../../src-main/engine/compute/index.ts';
import { AdaptedModel } from '../../src-main/engine/lora/adapted-model.ts';
import { decoderMemory } from '../../src-main/engine/models/blocks/decoder-memory.ts';
import { AdamW } from '../../src-main/engine/training/optimizers/adamw.ts';
import { TrainingStep } from '../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../src-shared/domain/adapter.ts';
import { RandomStream } from '../../src-shared/random.ts';

const targets = [
  { what: 'q and v', names: ['q_proj', 'v_proj'] },
  { what: 'every linear', names: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] },
];

/** The bench's decoder, cut down to two layers, stands for the decoder block of any family. */
describe.each(computeBackends.filter((backend) => backend.peakBytes !== undefined))('on $id', (backend) => {
  let available = false;
  beforeAll(async () => {
    available = (await backend.probe()).available;
    if (available) await activateCompute(backend.id);
  });

  it.for(targets)(
    'the forecast of decoder layers is within 15 percent of what is measured: $what',
    async ({ names }, { skip }) => {
      const { peakBytes } = backend;
      if (!available || peakBytes === undefined) return skip(`${backend.id} is not available here`);
      const { base, batch } = await decoderShape.build({ small: true, resources: '', bfloat16: false });
      const model = new AdaptedModel(base);
      const settings = adapterSettingsSchema.parse({ target_modules: names });
      await model.createAdapter(settings, { random: RandomStream.seeded(1, 'initialisation'), labels: null });
      const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
      const step = new TrainingStep(model, optimizer, 1);
      // Sixteen times the shape's two sequences, so that the layers weigh more than the weights.
      const repeat = (values: Int32Array) =>
        Int32Array.from({ length: 16 * values.length }, (_, at) => values[at % values.length] ?? 0);
      const ids = batch.inputs['input_ids'];
      if (!(ids?.data instanceof Int32Array)) throw new Error('the decoder reads input_ids');
      const [sequences = 0, tokens = 0] = ids.shape;
      const micro = {
        inputs: { input_ids: { shape: [16 * sequences, tokens], data: repeat(ids.data) } },
        labels: repeat(batch.labels),
      };
      let peak = 0;
      for (let count = 0; count < 2; count++) {
        peakBytes.reset();
        await step.run([micro], 1e-3, new Set());
        peak = peakBytes.read();
      }
      const state = await model.exportState();
      const { hiddenSize: hidden } = base.description;
      const sizes = { batch: 16 * sequences, tokens, hidden, inner: 1536, heads: 8, keyValueSize: hidden };
      const parts = forecastMemory({
        description: base.description,
        memory: {
          inputs: (examples) => [examples * tokens],
          layer: (index, _, adapters) => {
            const name = (last: string) => `layers.${index}.${last}_proj`;
            const attention = { q: name('q'), k: name('k'), v: name('v'), o: name('o') };
            const linears = { ...attention, gate: name('gate'), up: name('up'), down: name('down') };
            return decoderMemory(sizes, linears, adapters);
          },
          head: (examples) => [examples * tokens * hidden],
        },
        adapters: { rank: (name) => state.modules.get(name)?.rank ?? 0, dropout: false },
        trained: [...model.trainable().values()].map((variable) => variable.size),
        outputs: 0,
        batch: 16 * sequences,
        gradientCheckpointing: false,
        bfloat16: false,
        backend: backend.id,
      });
      const forecast = parts.reduce((sum, part) => sum + part.bytes, 0);
      optimizer.dispose();
      model.dispose();
      base.dispose();
      expect(forecast / peak).toBeGreaterThan(0.85);
      expect(forecast / peak).toBeLessThan(1.15);
    },
  );
});
