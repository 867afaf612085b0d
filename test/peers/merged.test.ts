import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import { runTask } from '../../src-main/engine/jobs/run-job.ts';
import { readSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { bareEncoder, withClassifier } from '../engine/bare-encoder.ts';
import { attendedValues, floats, goldenPath, relativeDifference } from '../engine/golden.ts';
import { variantCases, writeOne } from './made-adapters.ts';
import { runPeer } from './python.ts';

const cases = variantCases();
/** Encoders without a classifier, which an adapter brings. */
const bareEncoders = [
  { family: 'bert', architecture: 'BertModel', prefix: 'bert' },
  { family: 'distilbert', architecture: 'DistilBertModel', prefix: 'distilbert' },
];
const folder = mkdtempSync(join(tmpdir(), 'coto-merged-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ours = new Map<string, ReadonlyMap<string, ArrayLike<number>>>();

/** Bases with adapters in their weights, which Transformers alone then loads. */
beforeAll(async () => {
  const requests: Record<string, unknown>[] = [];
  for (const { name, autoClass, variant } of cases) {
    const adapter = join(folder, name, variant);
    mkdirSync(join(folder, name), { recursive: true });
    await activateCompute('wasm');
    ours.set(`${name} ${variant}`, (await writeOne(name, variant, adapter)).outputs);
    const base = join(folder, name, `${variant}-merged`);
    await runTask(
      {
        kind: 'export-merged',
        compute: 'wasm',
        modelDirectory: goldenPath(name, 'base'),
        adapterDirectory: adapter,
        dtype: 'F32',
        chatTemplate: null,
        outputDirectory: base,
      },
      { emit: () => undefined, signal: async () => null },
    );
    const inputs = goldenPath(name, 'inputs.safetensors');
    requests.push({ base, class: autoClass, adapter: null, inputs, outputs: `${base}.safetensors` });
  }
  for (const { family, architecture, prefix } of bareEncoders) {
    const bare = await bareEncoder(family, architecture, prefix, join(folder, `bare-${family}`));
    const adapter = join(folder, `bare-${family}-adapter`);
    const base = join(folder, `bare-${family}-merged`);
    ours.set(`bare ${family}`, new Map([['logits', await withClassifier(family, bare, adapter)]]));
    await runTask(
      {
        kind: 'export-merged',
        compute: 'wasm',
        modelDirectory: bare,
        adapterDirectory: adapter,
        dtype: 'F32',
        chatTemplate: null,
        outputDirectory: base,
      },
      { emit: () => undefined, signal: async () => null },
    );
    const inputs = goldenPath(family, 'inputs.safetensors');
    const autoClass = 'AutoModelForSequenceClassification';
    requests.push({ base, class: autoClass, adapter: null, inputs, outputs: `${base}.safetensors` });
  }
  runPeer('./peft_outputs.py', requests);
});

describe.each(cases)('$variant merged into $name', ({ name, variant }) => {
  it('gives in Transformers, without PEFT, what the studio computes with the adapter', async () => {
    const inputs = await readSafetensors(goldenPath(name, 'inputs.safetensors'));
    const theirs = await readSafetensors(join(folder, name, `${variant}-merged.safetensors`));
    expect(theirs.size).toBeGreaterThan(0);
    for (const [output, values] of theirs) {
      const own = ours.get(`${name} ${variant}`)?.get(output) ?? [];
      const difference = relativeDifference(...attendedValues(own, values, inputs.get('attention_mask')));
      expect(difference, `${output} is off by ${difference}`).toBeLessThan(1e-4);
    }
  });
});

describe.each(bareEncoders)('a bare $family with the classifier of an adapter', ({ family }) => {
  it('is a classifier in Transformers, with the same logits', async () => {
    const theirs = await readSafetensors(join(folder, `bare-${family}-merged.safetensors`));
    const logits = theirs.get('logits');
    if (!logits) throw new Error('Transformers gave no logits');
    expect(logits.shape.at(-1)).toBe(4);
    const own = ours.get(`bare ${family}`)?.get('logits') ?? [];
    expect(relativeDifference(own, floats(logits))).toBeLessThan(1e-4);
  });
});
