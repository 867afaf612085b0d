import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { runExportMergedTask } from '../../../src-main/engine/jobs/export-merged.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { bareEncoder, withClassifier } from '../bare-encoder.ts';
import { goldenPath, relativeDifference, tensorsOf } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-export-merged-'));
beforeAll(() => activateCompute(testCompute));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['bert', 'BertModel', 'bert', 'BertForSequenceClassification'],
  ['roberta', 'RobertaModel', 'roberta', 'RobertaForSequenceClassification'],
  ['distilbert', 'DistilBertModel', 'distilbert', 'DistilBertForSequenceClassification'],
])('a bare %s with the classifier of an adapter is written as a classifier', async (family, bare, prefix, whole) => {
  const base = await bareEncoder(family, bare, prefix, join(folder, family));
  const adapter = join(folder, `${family}-adapter`);
  const expected = await withClassifier(family, base, adapter);
  const output = join(folder, `${family}-merged`);
  await runExportMergedTask(
    {
      kind: 'export-merged',
      compute: testCompute,
      modelDirectory: base,
      adapterDirectory: adapter,
      dtype: null,
      chatTemplate: null,
      outputDirectory: output,
    },
    { emit: () => undefined, signal: async () => null },
  );
  expect(JSON.parse(readFileSync(join(output, 'config.json'), 'utf8'))).toMatchObject({
    architectures: [whole],
    id2label: { 0: 'a', 3: 'd' },
  });
  const model = new AdaptedModel(await loadBaseModel(output));
  expect(model.base.description).toMatchObject({ kind: 'text-classification', labels: ['a', 'b', 'c', 'd'] });
  const outputs = model.outputs(tensorsOf(await readSafetensors(goldenPath(family, 'inputs.safetensors'))));
  expect(relativeDifference(Float32Array.from(outputs['logits']?.dataSync() ?? []), expected)).toBeLessThan(1e-5);
  model.base.dispose();
});

test('a classifier of another program, whose labels have no names, has as many as its head has rows', async () => {
  const base = await bareEncoder('bert', 'BertModel', 'bert', join(folder, 'foreign'));
  const adapter = join(folder, 'foreign-adapter');
  await withClassifier('bert', base, adapter);
  rmSync(join(adapter, 'coto_config.json'));
  const output = join(folder, 'foreign-merged');
  await runExportMergedTask(
    {
      kind: 'export-merged',
      compute: testCompute,
      modelDirectory: base,
      adapterDirectory: adapter,
      dtype: null,
      chatTemplate: null,
      outputDirectory: output,
    },
    { emit: () => undefined, signal: async () => null },
  );
  expect(JSON.parse(readFileSync(join(output, 'config.json'), 'utf8'))).toMatchObject({
    id2label: { 0: 'LABEL_0', 3: 'LABEL_3' },
    label2id: { LABEL_3: 3 },
  });
});
