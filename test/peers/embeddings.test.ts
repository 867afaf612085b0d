import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { AdaptedModel } from '../../src-main/engine/adapters/model/adapted-model.ts';
import { writeAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import { nameWithoutHead } from '../../src-main/engine/adapters/peft/name-without-head.ts';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import { runTask } from '../../src-main/engine/jobs/run-job.ts';
import { deviceInputs } from '../../src-main/engine/losses/batch-inputs.ts';
import { textVectors } from '../../src-main/engine/losses/text-vectors.ts';
import { readSentenceTransformer } from '../../src-main/engine/models/huggingface/sentence-transformer.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { encoderInputs } from '../../src-main/engine/tasks/shared/pad-rows.ts';
import { loadTokenizer } from '../../src-main/engine/tokenization/tokenizer.ts';
import { adapterSettingsSchema } from '../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../src-shared/random.ts';
import type { PoolingMode } from '../../src-shared/tasks/embedding.ts';
import { bareEncoder } from '../engine/bare-encoder.ts';
import { goldenPath, relativeDifference } from '../engine/golden.ts';
import { withWords } from '../engine/tasks/text-task.ts';
import { writeSentenceFiles } from '../sentence-files.ts';
import { runPeer, sentencePython } from './python.ts';

const python = sentencePython();
const folder = mkdtempSync(join(tmpdir(), 'coto-embeddings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const texts = ['the film was good .', 'a very long book', 'not bad', 'short'];
const bases: readonly {
  family: string;
  pooling: PoolingMode;
  /** Output widths of dense layers, of which the first has a bias and tanh. */
  dense?: readonly number[];
  make: (place: string) => Promise<string>;
}[] = [
  {
    family: 'bert',
    pooling: 'mean',
    dense: [24, 12],
    make: (place) => bareEncoder('bert', 'BertModel', 'bert', place),
  },
  { family: 'bert', pooling: 'mean', make: (place) => bareEncoder('bert', 'BertModel', 'bert', place) },
  { family: 'bert', pooling: 'cls', make: (place) => bareEncoder('bert', 'BertModel', 'bert', place) },
  {
    family: 'distilbert',
    pooling: 'mean',
    make: (place) => bareEncoder('distilbert', 'DistilBertModel', 'distilbert', place),
  },
  {
    family: 'llama',
    pooling: 'lasttoken',
    make: async (place) => {
      cpSync(goldenPath('llama', 'base'), place, { recursive: true });
      return place;
    },
  },
];

it.skipIf(python === null)(
  'adapters and merges give the same vectors in Transformers with PEFT and in sentence-transformers',
  async () => {
    await activateCompute('wasm');
    const requests: object[] = [];
    const ours: Float32Array[] = [];
    for (const [index, { family, pooling, dense: widths, make }] of bases.entries()) {
      const place = withWords(await make(join(folder, `${index}-${family}`)));
      const base = await loadBaseModel(place);
      await writeSentenceFiles(place, { width: base.description.hiddenSize, pooling, dense: widths });
      const { dense } = await readSentenceTransformer(place);
      const model = new AdaptedModel(base);
      const random = RandomStream.seeded(3, 'initialization');
      const settings = adapterSettingsSchema.parse({ target_modules: 'all-linear' });
      await model.createAdapter(settings, { random, labels: null, headTask: 'FEATURE_EXTRACTION' });
      const state = await model.exportState();
      // A fresh adapter changes nothing: B is drawn too.
      for (const { tensors } of state.modules.values()) {
        const data = tensors.get('b')?.data;
        if (data instanceof Float32Array) for (const at of data.keys()) data[at] = random.normal() / 5;
      }
      const tokenizer = await loadTokenizer(place);
      const rows = texts.map((text) => {
        const { ids, typeIds } = tokenizer.encode(text);
        return { ids: Int32Array.from(ids), marks: Uint8Array.from(typeIds) };
      });
      const inputs = encoderInputs(rows, tokenizer.paddingId);
      const vectors = () =>
        Float32Array.from(
          tf.tidy(() =>
            textVectors(model, model.states(deviceInputs(inputs)), inputs, {
              mode: pooling,
              dense,
            }).dataSync<'float32'>(),
          ),
        );
      model.clear();
      const plain = vectors();
      model.loadState(state);
      ours.push(plain, vectors(), vectors());
      expect(relativeDifference(plain, ours.at(-1) ?? plain)).toBeGreaterThan(0.01);
      const adapter = join(folder, `${index}-adapter`);
      await writeAdapter(adapter, state, { description: base.description, baseModelName: place });
      const exported = join(folder, `${index}-exported`);
      cpSync(adapter, exported, { recursive: true });
      await nameWithoutHead(exported, base.description);
      model.dispose();
      base.dispose();
      const merged = join(folder, `${index}-merged`);
      const given = { modelDirectory: place, adapterDirectory: adapter, dtype: 'F32', chatTemplate: null } as const;
      await runTask(
        { kind: 'export-merged', compute: 'wasm', ...given, outputDirectory: merged },
        { emit: () => undefined, signal: async () => null },
      );
      requests.push({ base: place, adapter: null, texts, pooling }, { base: place, adapter: exported, texts, pooling });
      requests.push({ base: merged, adapter: null, texts, pooling });
    }
    const answers = z
      .array(z.object({ transformers: z.array(z.array(z.number())), sentence: z.array(z.array(z.number())) }))
      .parse(runPeer('./embedding_vectors.py', requests, [], python ?? ''));
    for (const [index, { transformers, sentence }] of answers.entries()) {
      const { family, pooling, dense } = bases[Math.floor(index / 3)] ?? {};
      const what = `${family} ${pooling}, ${['base', 'adapter', 'merged'][index % 3]}`;
      const own = ours[index] ?? new Float32Array(0);
      // Transformers knows nothing of dense layers.
      if (dense === undefined)
        expect(relativeDifference(own, Float32Array.from(transformers.flat())), `${what}: Transformers`).toBeLessThan(
          1e-4,
        );
      expect(
        relativeDifference(own, Float32Array.from(sentence.flat())),
        `${what}: sentence-transformers`,
      ).toBeLessThan(1e-4);
    }
  },
);
