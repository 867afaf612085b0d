import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadTask } from '../../src-main/engine/adapters/fresh/fresh-adapter.ts';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import { runTask } from '../../src-main/engine/jobs/run-job.ts';
import { describeModel } from '../../src-main/engine/models/huggingface/model-folder.ts';
import { readSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { bareEncoder, withClassifier } from '../engine/bare-encoder.ts';
import { attendedValues, goldenPath, relativeDifference } from '../engine/golden.ts';
import { runPeer } from './python.ts';

/** Families of encoders whose golden inputs the heads are given. */
const families = [
  { family: 'bert', prefix: 'bert', name: 'Bert' },
  { family: 'roberta', prefix: 'roberta', name: 'Roberta' },
  { family: 'distilbert', prefix: 'distilbert', name: 'DistilBert' },
  { family: 'deberta-v2', prefix: 'deberta', name: 'DebertaV2' },
  { family: 'electra', prefix: 'electra', name: 'Electra' },
  { family: 'albert', prefix: 'albert', name: 'Albert' },
  { family: 'mpnet', prefix: 'mpnet', name: 'MPNet' },
];
const answer = z.object({ unexpected: z.array(z.string()).optional(), missing: z.array(z.string()).optional() });

interface TokenHead {
  /** Purpose of the head, as part of the test's name. */
  readonly does: string;
  readonly task: HeadTask;
  /** Transformers' class without the family and without AutoModel. */
  readonly model: string;
  readonly kind: string;
  readonly labels: readonly string[];
  /** True if the outputs come from the model inside PEFT's wrapper. */
  readonly inner?: boolean;
}

/** Bare encoders with a head on every token: as adapters for PEFT, and merged for Transformers alone. */
export function describeTokenHead({ does, task, model, kind, labels, inner }: TokenHead): void {
  const folder = mkdtempSync(join(tmpdir(), 'coto-token-heads-'));
  const ours = new Map<string, Float32Array>();
  const answers = new Map<string, z.infer<typeof answer>>();
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(async () => {
    await activateCompute('wasm');
    const requests: Record<string, unknown>[] = [];
    for (const { family, prefix, name } of families) {
      const bare = await bareEncoder(family, `${name}Model`, prefix, join(folder, family));
      const adapter = join(folder, `${family}-adapter`);
      ours.set(family, await withClassifier(family, bare, adapter, task, labels));
      const outputDirectory = join(folder, `${family}-merged`);
      const given = { modelDirectory: bare, adapterDirectory: adapter, dtype: 'F32', chatTemplate: null } as const;
      await runTask(
        { kind: 'export-merged', compute: 'wasm', ...given, outputDirectory },
        { emit: () => undefined, signal: async () => null },
      );
      const inputs = goldenPath(family, 'inputs.safetensors');
      const common = { class: `AutoModel${model}`, inputs, ...(inner === true ? { inner } : {}) };
      const outputs = join(folder, `${family}-peft.safetensors`);
      requests.push({ ...common, base: bare, labels: labels.length, adapter, outputs });
      requests.push({ ...common, base: outputDirectory, adapter: null, outputs: `${outputDirectory}.safetensors` });
    }
    const said = z.array(answer).parse(runPeer('./peft_outputs.py', requests));
    for (const [index, { family }] of families.entries()) answers.set(family, said[2 * index] ?? {});
  });

  describe.each(families)(`$family with a head ${does}`, ({ family, name }) => {
    it.each(['peft', 'merged'])('gives the same logits in Transformers: %s', async (how) => {
      const inputs = await readSafetensors(goldenPath(family, 'inputs.safetensors'));
      const theirs = await readSafetensors(join(folder, `${family}-${how}.safetensors`));
      const logits = theirs.get('logits');
      if (logits === undefined) throw new Error('no logits');
      expect(logits.shape).toHaveLength(3);
      const [own, other] = attendedValues(ours.get(family) ?? [], logits, inputs.get('attention_mask'));
      expect(own.length).toBeGreaterThan(4);
      expect(relativeDifference(own, other)).toBeLessThan(1e-4);
    });

    it('is loaded by PEFT without a key too many or too few', () => {
      expect(answers.get(family)).toEqual({ unexpected: [], missing: [] });
    });

    it('is, merged, a model of its class, which the studio reads again', async () => {
      const merged = join(folder, `${family}-merged`);
      const config: unknown = JSON.parse(readFileSync(join(merged, 'config.json'), 'utf8'));
      expect(config).toMatchObject({ architectures: [`${name}${model}`] });
      const read = await describeModel(merged);
      expect({ kind: read.kind, labels: read.labels }).toEqual({ kind, labels });
    });
  });
}
