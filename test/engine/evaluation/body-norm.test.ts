import { expect, it } from 'vitest';
import type { AdapterState } from '../../../src-main/engine/adapters/variant/state.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { bodyNorm } from '../../../src-main/engine/evaluation/body-norm.ts';
import { SubjectScorer } from '../../../src-main/engine/evaluation/score-subjects.ts';
import { openModelWeights } from '../../../src-main/engine/models/huggingface/model-weights.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import type { Subject } from '../../../src-shared/domain/studies/plan.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { goldenPath } from '../golden.ts';
import { change, description, factors, moduleOf, state } from '../merge/states.ts';
import { testCompute } from '../test-compute.ts';

const query = 'vit.layers.0.attention.q_proj';
const value = 'vit.layers.0.attention.v_proj';

/** A scorer that keeps the adapters that it is asked to run; their logit of the first class is the first entry of ΔW. */
function scorerOf(adapters: Record<string, AdapterState>) {
  const ran: AdapterState[] = [];
  const scorer = new SubjectScorer({
    base: { description: description(12), directory: null },
    async adapter(id) {
      const found = adapters[id];
      if (found === undefined) throw new Error(`no adapter ${id}`);
      return found;
    },
    datasets: [
      {
        examples: 1,
        requireFit: () => undefined,
        async outputs(scored) {
          ran.push(scored);
          const [first = 0] = change(scored.modules.get(query));
          return {
            kind: 'classes',
            logits: Float32Array.from([first, 0]),
            labels: Int32Array.from([0]),
            classCount: 2,
          };
        },
      },
    ],
    forgetting: async (scored) => {
      const [rise = 0] = change(scored.modules.get(query));
      return { measure: 'text-loss', base: 3, adapted: 3 + rise, rise, accuracy: null, count: 1 };
    },
  });
  const score = (subject: Subject) => scorer.score({ title: '', names: [], dataset: 0, subject });
  return { score, ran };
}

const adapter = (adapterId: string): Subject => ({ kind: 'adapter', adapter: { adapterId } });

it('scales ΔW of all modules by one factor to the norm of another adapter, and measures forgetting there', async () => {
  // ‖2·[[3, 4], [0, 0]]‖ = 10 and ‖[[0, 24], [0, 0]]‖ = 24: together 26.
  const own = state(
    { [query]: factors([[3, 4]], [[1], [0]], 2), [value]: factors([[0, 24]], [[1], [0]], 1) },
    { saved: { 'classifier.weight': { shape: [1, 1], data: Float32Array.from([7]) } } },
  );
  // ‖0.5·[[5, 12], [0, 0]]‖ = 6.5, in one module alone.
  const other = state({ [query]: factors([[5, 12]], [[1], [0]], 0.5) });
  const { score, ran } = scorerOf({ own, other });
  const scored = await score({ kind: 'atNorm', subject: adapter('own'), of: adapter('other') });
  expect(scored.norms).toEqual({ own: 26, target: 6.5 });
  const [atNorm] = ran;
  expect(atNorm && (await bodyNorm(atNorm, { description: description(12), directory: null }))).toBeCloseTo(6.5, 6);
  expect(Array.from(change(atNorm?.modules.get(query)))).toEqual([6, 8, 0, 0].map((entry) => entry / 4));
  expect(Array.from(change(atNorm?.modules.get(value)))).toEqual([0, 24, 0, 0].map((entry) => entry / 4));
  expect(atNorm?.saved).toEqual(own.saved);
  expect(scored.forgetting?.rise).toBeCloseTo(1.5, 6);
  expect(scored.loss).toBeCloseTo(Math.log1p(Math.exp(-1.5)), 6);
  const plain = await score(adapter('own'));
  expect(plain.norms).toBeUndefined();
  expect(plain.loss).toBeCloseTo(Math.log1p(Math.exp(-6)), 6);
});

it('scales what is merged or pruned, under any head, and leaves a ΔW of zeros as it is', async () => {
  const at = (entry: number) => state({ [query]: factors([[entry, 0]], [[1], [0]], 1) });
  const { score } = scorerOf({ one: at(1), three: at(3), eight: at(8), zero: at(0) });
  const merge: Subject = {
    kind: 'merge',
    method: 'weight-average',
    parameters: {},
    inputs: ['one', 'three'].map((id) => ({ subject: adapter(id), weight: 1 })),
  };
  const merged = await score({ kind: 'atNorm', subject: merge, of: adapter('eight') });
  expect(merged.norms?.own).toBeCloseTo(2, 6);
  expect(merged.loss).toBeCloseTo(Math.log1p(Math.exp(-8)), 6);
  const headed = await score({
    kind: 'withHead',
    subject: { kind: 'atNorm', subject: adapter('one'), of: merge },
    head: adapter('three'),
  });
  expect(headed.loss).toBeCloseTo(Math.log1p(Math.exp(-2)), 6);
  expect((await score({ kind: 'atNorm', subject: adapter('zero'), of: merge })).norms).toEqual({ own: 0, target: 0 });
});

it('measures the norm of a ΔW without factors as merged minus base weight, and not that of the task head', async () => {
  await activateCompute(testCompute);
  const directory = goldenPath('vit-28', 'base');
  const base = await loadBaseModel(directory);
  const linear = base.description.linears.find(({ name }) => name.endsWith('q_proj'));
  const head = base.description.linears.find(({ isHead }) => isHead);
  if (linear === undefined) throw new Error('no query');
  const weights = await openModelWeights(directory);
  const w = Float32Array.from((await weights.read(`${linear.checkpointKey}.weight`)).data);
  await weights.close();
  base.dispose();
  const [rows, columns] = [linear.outFeatures, linear.inFeatures];
  const random = RandomStream.seeded(1, 'study');
  const drawn = (...shape: number[]): HostTensor => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => random.normal() / 8),
  });
  const module = moduleOf(drawn(2, columns), drawn(rows, 2), 0.5);
  const product = change(module);
  const magnitudes = drawn(rows);
  const norm = async (variant: string, own = module) =>
    bodyNorm(
      state(
        { [linear.name]: own, ...(head ? { [head.name]: moduleOf(drawn(2, head.inFeatures), drawn(1, 2)) } : {}) },
        { variant },
      ),
      { description: base.description, directory },
    );
  const euclidean = (entry: (at: number) => number) => Math.sqrt(w.reduce((sum, _, at) => sum + entry(at) ** 2, 0));
  expect(await norm('lora')).toBeCloseTo(
    euclidean((at) => product[at] ?? 0),
    6,
  );
  expect(await norm('hira')).toBeCloseTo(
    euclidean((at) => (w[at] ?? 0) * (product[at] ?? 0)),
    5,
  );
  const dora = { ...module, tensors: new Map([...module.tensors, ['magnitude', magnitudes] as const]) };
  const rowOf = (at: number) => Math.floor(at / columns);
  const lengths = Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let at = row * columns; at < (row + 1) * columns; at++) sum += ((w[at] ?? 0) + (product[at] ?? 0)) ** 2;
    return Math.sqrt(sum);
  });
  const merged = (at: number) =>
    ((magnitudes.data[rowOf(at)] ?? 0) * ((w[at] ?? 0) + (product[at] ?? 0))) / (lengths[rowOf(at)] ?? 1);
  expect(await norm('dora', dora)).toBeCloseTo(
    euclidean((at) => merged(at) - (w[at] ?? 0)),
    4,
  );
});
