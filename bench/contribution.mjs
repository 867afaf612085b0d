// Measures the cost of exact Shapley values of every layer: all 2^L masks beside one forward pass of the same batch, in
// one process.
// Usage: node_modules/node/bin/node bench/contribution.mjs [model folder] [dataset folder] [examples of a batch] [threads]
import { join } from 'node:path';
import { root } from '../scripts/bootstrap/paths.mjs';
import { freshAdapter } from '../src-main/engine/adapters/fresh/fresh-adapter.ts';
import { AdaptedModel } from '../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../src-main/engine/compute/index.ts';
import { openImages } from '../src-main/engine/data/open-dataset.ts';
import { AdapterEvaluator } from '../src-main/engine/evaluation/adapter-evaluator.ts';
import { maskGroups, modulesOn } from '../src-main/engine/evaluation/masks/mask-groups.ts';
import { MaskedModel } from '../src-main/engine/evaluation/masks/masked-model.ts';
import { meanOutcome } from '../src-main/engine/evaluation/masks/mean-outcome.ts';
import { loadBaseModel } from '../src-main/engine/models/load-model.ts';
import { adapterSettingsSchema } from '../src-shared/domain/adapters/adapter.ts';
import { taskSettingsSchema } from '../src-shared/domain/runs/task.ts';
import { RandomStream } from '../src-shared/random.ts';
import { chosenMasks } from '../src-shared/statistics/mask-choice.ts';
import { shapleyValues } from '../src-shared/statistics/shapley.ts';

const [
  folder = join(root, 'assets/models/quickdraw-vit'),
  data = join(root, 'assets/data/fashion-mnist-small'),
  size = '100',
  threads = '2',
] = process.argv.slice(2);
const context = { emit: () => undefined, signal: async () => null };

await activateCompute('native', Number(threads));
const base = await loadBaseModel(folder);
const source = { reader: 'idx', path: data, options: {} };
const dataset = await openImages(source);
const labels = dataset.description.labels;
dataset.close();
const evaluator = await AdapterEvaluator.open(
  base,
  { modelDirectory: folder, source, settings: taskSettingsSchema.parse({}), samples: Number(size) },
  context,
);
const random = RandomStream.seeded(1, 'initialization');
const settings = adapterSettingsSchema.parse({
  r: 8,
  target_modules: ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'fc1', 'fc2'],
});
const { state: fresh } = await freshAdapter(base, settings, { random, labels });
// B of a fresh adapter is zero: random values make every mask differ.
const modules = new Map(
  [...fresh.modules].map(([name, module]) => {
    const tensors = new Map(module.tensors);
    const b = tensors.get('b');
    if (b) tensors.set('b', { ...b, data: Float32Array.from(b.data, () => 0.02 * random.normal()) });
    return [name, { ...module, tensors }];
  }),
);
const state = { ...fresh, modules };

const groups = maskGroups(state, base.description, 'layer');
const masks = chosenMasks({ kind: 'all' }, groups.length);
const sets = masks.map((mask) => modulesOn(state.modules.keys(), groups, mask));
const indices = Int32Array.from({ length: evaluator.examples }, (_, index) => index);
const plain = new AdaptedModel(base);
plain.loadState(state);

/** One forward pass of the batch with the whole adapter, and its score: what each mask would cost by itself. */
async function forward() {
  await meanOutcome(await evaluator.outputsOf(plain, indices, context));
}

/**
 * Wall and processor time that `work` takes, added to `sum`.
 * @param {{ wall: number; cpu: number }} sum
 * @param {() => Promise<void>} work
 */
async function timed(sum, work) {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const used = process.cpuUsage(cpu);
  sum.wall += performance.now() - wall;
  sum.cpu += (used.user + used.system) / 1000;
}

for (let run = 0; run < 10; run++) await forward();
// A forward pass after every 32 masks: what else the machine does slows both alike.
const [tree, plainly] = [
  { wall: 0, cpu: 0 },
  { wall: 0, cpu: 0 },
];
let passes = 0;
const model = new MaskedModel(base, state);
const values = new Float64Array(masks.length);
for (const [done, place] of model.inTreeOrder(sets).entries()) {
  await timed(tree, async () => {
    model.show(sets[place] ?? new Set());
    values[place] = -(await meanOutcome(await evaluator.outputsOf(model, indices, context))).loss;
  });
  if (done % 32 !== 31) continue;
  await timed(plainly, forward);
  passes++;
}
const phi = shapleyValues(values, groups.length);
model.endBatch();

const once = [...model.multiplications];
model.multiplications.fill(0);
model.show(sets.at(-1) ?? new Set());
await evaluator.outputsOf(model, indices, context);
const single = model.multiplications.reduce((sum, count) => sum + count, 0);
const [evaluations, forwards] = [model.layerEvaluations - base.layerCount, masks.length];
console.log(`${folder}, ${base.layerCount} layers, ${indices.length} examples a batch, ${threads} threads`);
console.log(
  `${forwards} masks: ${evaluations} layer evaluations (2^(L+1) − 2 = ${2 ** (base.layerCount + 1) - 2}; one by one ${base.layerCount * forwards})`,
);
console.log(`layer evaluations / layers: ${(evaluations / base.layerCount).toFixed(1)} forward-pass equivalents`);
console.log(
  `multiplications of the linears: ${(once.reduce((sum, count) => sum + count, 0) / single).toFixed(1)} forward-pass equivalents`,
);
for (const clock of /** @type {const} */ (['wall', 'cpu'])) {
  const one = plainly[clock] / passes;
  console.log(
    `${clock} time: ${(tree[clock] / 1000).toFixed(2)} s for all masks, ${one.toFixed(2)} ms for one forward pass (mean of ${passes}): ${(tree[clock] / one).toFixed(1)} forward-pass equivalents`,
  );
}
console.log(
  `efficiency: Σφ − (v(all) − v(none)) = ${(phi.reduce((sum, value) => sum + value, 0) - ((values.at(-1) ?? 0) - (values[0] ?? 0))).toExponential(1)}`,
);
