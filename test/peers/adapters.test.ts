import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import { readSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { attendedValues, goldenPath, relativeDifference } from '../engine/golden.ts';
import { variantCases, writeOne } from './made-adapters.ts';
import { runPeer } from './python.ts';

const answerSchema = z.object({
  unexpected: z.array(z.string()),
  missing: z.array(z.string()),
  written: z.record(z.string(), z.array(z.number())),
  config: z.record(z.string(), z.unknown()),
});
const answersSchema = z.array(z.union([answerSchema, z.object({ refused: z.string() })]));

const all = variantCases().filter(({ isForeign }) => !isForeign);
const cases = all.filter(({ refused }) => !refused);

/**
 * Modules that the studio does not use, of names that are targets elsewhere in the model: PEFT adapts them too, and leaves them as
 * they begin, which changes no outputs.
 */
const unread: Readonly<Record<string, RegExp>> = {
  siglip: /\.vision_model\.head\./,
  'gemma3-vision': /\.(?:vision_tower|multi_modal_projector)\./,
  mistral3: /\.(vision_tower|multi_modal_projector)\./,
  smolvlm: /\.(vision_model|connector)\./,
};

const folder = mkdtempSync(join(tmpdir(), 'coto-peers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Adapters written by the studio, with what it computes with them; then PEFT is asked about all of them at once. */
const ours = new Map<
  string,
  { outputs: ReadonlyMap<string, ArrayLike<number>>; keys: Record<string, readonly number[]> }
>();
const peft = new Map<string, z.infer<typeof answerSchema>>();
const refusals = new Map<string, string>();

beforeAll(async () => {
  await activateCompute('wasm');
  const requests: Record<string, unknown>[] = [];
  for (const { name, autoClass, variant } of all) {
    const adapter = join(folder, name, variant);
    mkdirSync(join(folder, name), { recursive: true });
    ours.set(`${name} ${variant}`, await writeOne(name, variant, adapter));
    requests.push({
      base: goldenPath(name, 'base'),
      class: autoClass,
      adapter,
      inputs: goldenPath(name, 'inputs.safetensors'),
      outputs: join(folder, `${name}-${variant}.safetensors`),
    });
  }
  const answers = answersSchema.parse(runPeer('./peft_outputs.py', requests));
  for (const [index, { name, variant }] of all.entries()) {
    const answer = answers[index];
    if (answer && 'refused' in answer) refusals.set(`${name} ${variant}`, answer.refused);
    else if (answer) peft.set(`${name} ${variant}`, answer);
  }
});

describe.each(cases)('$variant on $name', ({ name, variant }) => {
  const key = `${name} ${variant}`;

  it('is loaded by PEFT without a key too many or too few, and would be saved by it under the same keys', () => {
    const answer = peft.get(key);
    expect(answer?.unexpected).toEqual([]);
    const isElsewhere = (entry: string) => unread[name]?.test(entry) ?? false;
    expect(answer?.missing.filter((entry) => !isElsewhere(entry))).toEqual([]);
    const written = Object.entries(answer?.written ?? {}).filter(([entry]) => !isElsewhere(entry));
    expect(Object.fromEntries(written)).toEqual(ours.get(key)?.keys);
  });

  it('has a config that PEFT takes as it was written', () => {
    const written = z
      .record(z.string(), z.unknown())
      .parse(readJson(join(folder, name, variant, 'adapter_config.json')));
    const understood = peft.get(key)?.config ?? {};
    // PEFT works these out anew where it loads.
    const own = new Set(['auto_mapping', 'peft_version', 'runtime_config', 'inference_mode']);
    for (const [entry, value] of Object.entries(written))
      if (!own.has(entry)) expect({ [entry]: sorted(value) }).toEqual({ [entry]: sorted(understood[entry]) });
  });

  it('gives the same outputs there', async () => {
    const inputs = await readSafetensors(goldenPath(name, 'inputs.safetensors'));
    const theirs = await readSafetensors(join(folder, `${name}-${variant}.safetensors`));
    expect(theirs.size).toBeGreaterThan(0);
    for (const [output, values] of theirs) {
      const own = ours.get(key)?.outputs.get(output) ?? [];
      const difference = relativeDifference(...attendedValues(own, values, inputs.get('attention_mask')));
      expect(difference, `${output} is off by ${difference}`).toBeLessThan(1e-4);
    }
  });
});

it.each(all.filter(({ refused }) => refused))("PEFT refuses $variant on $name's Conv1D", ({ name, variant }) => {
  expect(refusals.get(`${name} ${variant}`)).toMatch(/Conv1D/);
});

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/**
 * PEFT keeps lists of names as sets, or names the classifier once more when it loads; of a mixture it makes an empty list of
 * target_parameters where there is none.
 */
function sorted(value: unknown): unknown {
  if (Array.isArray(value) && value.length === 0) return null;
  return Array.isArray(value) ? [...new Set(value)].sort() : value;
}
