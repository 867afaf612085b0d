// Trains two LoRA adapters with the CoTo schedule on letters of typefaces, merges them, and evaluates all three.
import { fileURLToPath } from 'node:url';
import { evaluate, merge, openModel, train } from 'coto-engine';

const asset = (name) => fileURLToPath(import.meta.resolve(`coto-engine/assets/${name}`));
const model = await openModel(asset('models/quickdraw-vit'));
const dataset = asset('data/font-letters');
const samples = Number(process.env.EXAMPLE_SAMPLES ?? 200);

const adapters = [];
for (const seed of [1, 2]) {
  const config = { seed, coto: {}, adapter: { variant: 'lora', r: 8 }, max_steps: 40, eval_samples: samples };
  const { adapter, result } = await train({ model, dataset, output: `runs/seed-${seed}`, config });
  console.log(`adapter ${seed}: accuracy ${result.accuracy.toFixed(3)} after ${result.steps} steps`);
  adapters.push(adapter);
}
const merged = await merge({ model, adapters, method: 'weight-average', output: 'runs/merged' });
const { accuracy } = await evaluate({ model, dataset, adapters: [merged.adapter], samples });
console.log(`merged: accuracy ${accuracy.toFixed(3)}`);
