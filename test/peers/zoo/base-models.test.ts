import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { attendedValues, goldenPath, relativeDifference, tensorsOf } from '../../engine/golden.ts';
import { runPeer } from '../python.ts';
import { type Row, zooPage } from './page.ts';

const checkpoints = z.array(z.object({ folder: z.string(), family: z.string(), class: z.string(), kind: z.string() }));
type Checkpoint = z.infer<typeof checkpoints>[number];

const folder = mkdtempSync(join(tmpdir(), 'coto-base-zoo-'));
beforeAll(() => activateCompute('native'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const configSchema = z.object({ model_type: z.string(), architectures: z.array(z.string()).default([]) });

/** The golden models: of each `model_type` the first one, and the first one without a head. */
function goldenModels(): string[] {
  const byType = new Map<string, string>();
  for (const name of readdirSync(goldenPath()).sort()) {
    const [file, family] = [goldenPath(name, 'base', 'config.json'), goldenPath(name, 'family.json')];
    if (!existsSync(file) || !existsSync(family)) continue;
    const { model_type: type, architectures } = configSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const key = `${type} ${architectures[0]?.endsWith('Model')}`;
    if (!byType.has(key)) byType.set(key, name);
  }
  return [...byType.values()];
}

/** The last states, as the model without its head gives them. */
function statesOf(model: AdaptedModel, inputs: Record<string, tf.Tensor>): tf.Tensor | undefined {
  return tf.tidy(() => model.base.finalStates?.(model.states(inputs), model));
}

async function verdictOf(checkpoint: Checkpoint): Promise<Row> {
  const row = { group: checkpoint.family, name: checkpoint.class, what: checkpoint.kind };
  const place = (file: string) => join(folder, checkpoint.folder, file);
  const inputs = await readSafetensors(place('inputs.safetensors'));
  const expected = await readSafetensors(place('outputs.safetensors'));
  let base: Awaited<ReturnType<typeof loadBaseModel>>;
  try {
    base = await loadBaseModel(join(folder, checkpoint.folder));
  } catch (thrown) {
    if (!(thrown instanceof StudioError)) throw thrown;
    const sentence = thrown.message.replaceAll(`${join(folder, checkpoint.folder)}/`, '');
    return { ...row, verdict: 'refused', note: `${sentence}${thrown.code === 'refused' ? '' : ` (${thrown.code})`}` };
  }
  const model = new AdaptedModel(base);
  const given = tensorsOf(inputs);
  const outputs = model.outputs(given);
  const { unusedHead } = base.description;
  const name = unusedHead === undefined && expected.has('logits') ? 'logits' : 'last_hidden_state';
  const values = expected.get(name);
  // A GPT-2 without a head is read as the language model whose head is the table of tokens.
  const states = values && !outputs[name] && name === 'last_hidden_state' ? statesOf(model, given) : outputs[name];
  const actual = states?.dataSync();
  const difference =
    actual === undefined || values === undefined
      ? Number.POSITIVE_INFINITY
      : relativeDifference(...attendedValues(actual, values, inputs.get('attention_mask')));
  tf.dispose([given, outputs, states ?? []]);
  model.dispose();
  base.dispose();
  if (difference > 1e-5)
    return {
      ...row,
      verdict: 'wrong',
      note: actual ? `${name} is off by ${difference.toExponential(1)}` : `no ${name}`,
    };
  return { ...row, verdict: 'exact', note: unusedHead === undefined ? '' : 'its head is shown as unused' };
}

test("every class of Transformers' models gives its outputs, or is refused by name", async () => {
  const made = runPeer('zoo/base_models.py', { golden: goldenPath(), folder, models: goldenModels() });
  const rows: Row[] = [];
  for (const checkpoint of checkpoints.parse(made)) rows.push(await verdictOf(checkpoint));
  const page = zooPage(rows, {
    title: 'Base models',
    of: 'Family',
    text: `Checkpoints of every class that Transformers 5.24 has for the families of the golden models: the outputs of those that are read are Transformers' within 1e-5 of the largest value.
\`npm run test:peers -- base-models\` makes them by \`test/peers/zoo/base_models.py\` and holds this page to what it finds; \`-u\` writes it again.`,
  });
  console.log(page.split('\n## ')[0]);
  await expect(page).toMatchFileSnapshot('../../../docs/results/base-models.md');
  expect(rows.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
  expect(rows.filter(({ note }) => note.endsWith('(invalid_file)'))).toEqual([]);
});
