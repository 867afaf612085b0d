import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { findLinear, requireLinear } from '../../../src-main/engine/adapters/targets/target-modules.ts';
import { withShared } from '../../../src-main/engine/adapters/variant/variant.ts';
import { onDevice } from '../../../src-main/engine/adapters/weights/merged-weights.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { ReadAdapter } from '../../../src-main/engine/formats/adapters/format.ts';
import { recognizeAdapter } from '../../../src-main/engine/formats/adapters/index.ts';
import { matmul } from '../../../src-main/engine/linalg/index.ts';
import { BaseWeights } from '../../../src-main/engine/merge/run/base-weights.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { toMatrix } from '../../../src-main/engine/ops/linear/frozen-weight.ts';
import { toHost } from '../../../src-main/engine/ops/to-host.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../../engine/golden.ts';
import { adapterPeersPython, runPeer } from '../python.ts';
import { type Row, zooPage } from './page.ts';

const entries = z.array(
  z.object({
    path: z.string(),
    program: z.string(),
    name: z.string(),
    base: z.string().nullable(),
    expected: z.enum(['updates', 'states']),
    cut: z.object({ rank: z.number(), error: z.number(), largest: z.number() }).nullable(),
  }),
);
type Entry = z.infer<typeof entries>[number];

const folder = mkdtempSync(join(tmpdir(), 'coto-adapter-zoo-'));
beforeAll(() => activateCompute('native'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** ΔW of a module, [out, in]. */
async function updateOf(
  { state, description }: ReadAdapter,
  name: string,
  weight: HostTensor | null,
): Promise<ArrayLike<number>> {
  const { variant } = state;
  const module = requireLinear(description, name);
  const own = state.modules.get(name);
  if (!own) return [];
  const adapted = withShared(module, own, state);
  if (variant.product.lowRank !== null) {
    const { a, b, scaling } = variant.product.lowRank(adapted);
    return matmul(b, a).data.map((value) => scaling * value);
  }
  const base = weight ?? { shape: [module.outFeatures, module.inFeatures], data: new Float32Array(0) };
  const update = await onDevice(adapted, async (placed) => {
    const delta = tf.tidy(() => {
      const matrix = toMatrix(base);
      return tf.sub<tf.Tensor2D>(variant.mergedWeight(matrix, placed, false), matrix);
    });
    return toHost(delta);
  });
  return update.data;
}

function squaredLength(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value * value, 0);
}

/** Relative distance of an adapter's changes from the expected ones over all modules, and a module that is missing. */
async function differenceOfUpdates(read: ReadAdapter, expected: ReadonlyMap<string, HostTensor>, weights: BaseWeights) {
  const names = [...expected.keys()].filter((name) => !name.endsWith(':bias'));
  const changed = names.filter((name) => squaredLength(expected.get(name)?.data ?? []) > 0);
  const missing = changed.find((name) => !read.state.modules.has(name));
  if (missing !== undefined) return { difference: Number.POSITIVE_INFINITY, missing };
  let [lost, whole] = [0, 0];
  for (const name of changed) {
    const values = expected.get(name)?.data ?? [];
    const needsWeight = read.state.variant.product.lowRank === null;
    const update = await updateOf(read, name, needsWeight ? await weights.read(name) : null);
    lost += squaredLength(Array.from(values, (value, at) => value - (update[at] ?? Number.NaN)));
    whole += squaredLength(values);
    const bias = expected.get(`${name}:bias`);
    if (bias === undefined) continue;
    const { tensors, scaling } = read.state.modules.get(name) ?? { tensors: new Map(), scaling: 1 };
    const own = Array.from(tensors.get('bias')?.data ?? [], (value: number) => scaling * value);
    lost += squaredLength(Array.from(bias.data, (value, at) => value - (own[at] ?? 0)));
  }
  return { difference: Math.sqrt(lost / whole), missing: null };
}

async function differenceOfStates(path: string, base: string, expected: ReadonlyMap<string, HostTensor>) {
  const loaded = await loadBaseModel(goldenPath(base, 'base'));
  const model = new AdaptedModel(loaded);
  try {
    model.loadState(await readAdapter(path, loaded.description));
    const given = tensorsOf(await readSafetensors(`${path}.inputs.safetensors`));
    const states = tf.tidy(() => {
      const last = model.states(given);
      return loaded.finalStates?.(last, model) ?? last.hidden;
    });
    const values = expected.get('last_hidden_state')?.data ?? [];
    const difference = relativeDifference(states.dataSync(), values);
    tf.dispose([given, states]);
    return { difference, missing: null };
  } finally {
    model.dispose();
    loaded.dispose();
  }
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(2)} %`;
}

async function verdictOf({ path, program, name, base, expected, cut }: Entry): Promise<Row> {
  const row = { group: program, name, what: base === null ? 'of no base in the studio' : `of ${base}` };
  const place = join(folder, path);
  const values = await readSafetensors(`${place}.expected.safetensors`);
  const directory = base === null ? null : goldenPath(base, 'base');
  try {
    if (expected === 'states') {
      const { difference } = await differenceOfStates(place, base ?? '', values);
      return difference < 5e-5
        ? { ...row, verdict: 'exact', note: '' }
        : { ...row, verdict: 'wrong', note: `last_hidden_state is off by ${difference.toExponential(1)}` };
    }
    const description = directory === null ? null : await describeModel(directory);
    const weights = new BaseWeights({
      description: description ?? (await describeModel(goldenPath('llama', 'base'))),
      directory,
    });
    const bases = description ? [{ description, config: null, weight: (module: string) => weights.read(module) }] : [];
    const { format, source } = await recognizeAdapter(place);
    const read = await format.read(source, bases, cut === null ? {} : { rank: cut.rank });
    const { difference, missing } = await differenceOfUpdates(read, values, weights);
    await weights.close();
    if (missing !== null) return { ...row, verdict: 'wrong', note: `${missing} is missing` };
    const unknown = description && [...read.state.modules.keys()].find((module) => !findLinear(description, module));
    if (unknown) return { ...row, verdict: 'wrong', note: `${unknown} is no module of the base` };
    if (difference < 1e-5) return { ...row, verdict: 'exact', note: read.note === undefined ? '' : 'as LoRA' };
    const note = `ΔW is off by ${percent(difference)}`;
    if (cut !== null && read.conversion) {
      const { error, modules } = read.conversion;
      const largest = modules[0]?.error ?? 0;
      const isStated = Math.abs(error / difference - 1) < 1e-4;
      // The randomized SVD of a large matrix of random numbers is a little behind the whole one.
      const isBest = error < 1.01 * cut.error && largest < 1.01 * cut.largest;
      const found = `${note}, at most ${percent(largest)} in a module`;
      const best = `numpy's best are ${percent(cut.error)} and ${percent(cut.largest)}`;
      if (isStated && isBest) return { ...row, verdict: 'near', note: `${found}, as the import says; ${best}` };
      return { ...row, verdict: 'wrong', note: `${found}; the import says ${error}; ${best}` };
    }
    return { ...row, verdict: 'wrong', note: `${note}, ${read.note ?? 'without a note'}` };
  } catch (thrown) {
    if (!(thrown instanceof StudioError)) throw new Error(`${program}, ${name} of ${base}`, { cause: thrown });
    const sentence = thrown.message.replaceAll(`${folder}/`, '').replaceAll(/\d{3}(\.safetensors)/g, 'FILE$1');
    return { ...row, verdict: 'refused', note: `${sentence}${thrown.code === 'refused' ? '' : ` (${thrown.code})`}` };
  }
}

test.skipIf(adapterPeersPython() === null)(
  'every adapter of LyCORIS, XLabs and PEFT changes what it changes there, or is refused by name',
  async () => {
    const made = runPeer('zoo/adapters.py', { golden: goldenPath(), folder }, [], adapterPeersPython() ?? '');
    const rows: Row[] = [];
    for (const entry of entries.parse(made)) rows.push(await verdictOf(entry));
    const page = zooPage(rows, {
      title: 'Adapter files',
      of: 'Program',
      text: `Adapters that LyCORIS 4.1 and PEFT 0.21 write, and XLabs' Flux LoRAs as diffusers 0.42 reads them. Exact: ΔW of all modules together within 1e-5, or the last states within 5e-5. Near: a ΔW of a high rank that was cut to a LoRA of a low one, off by what the import says, which is at most 1 % more than the best that numpy finds.
\`npm run test:peers -- zoo/adapters\` makes them by \`test/peers/zoo/adapters.py\` and holds this page to what it finds; \`-u\` writes it again.`,
    });
    console.log(page.split('\n## ')[0]);
    await expect(page).toMatchFileSnapshot('../../../docs/results/adapter-files.md');
    expect(rows.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
    expect(rows.filter(({ note }) => note.endsWith('(invalid_file)'))).toEqual([]);
  },
);
