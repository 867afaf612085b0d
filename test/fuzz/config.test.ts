import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelFamilies } from '../../src-main/engine/models/families.ts';
import type { ModelConfigFile } from '../../src-main/engine/models/family.ts';
import { familyOf, readConfig } from '../../src-main/engine/models/huggingface/model-folder.ts';
import { type ModelWeights, openModelWeights } from '../../src-main/engine/models/huggingface/model-weights.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { goldenPath } from '../engine/golden.ts';
import { fuzzCases } from './cases.ts';

/** Folders of every family, some in the old form of config.json as well. */
const folders = new Map(
  readdirSync(goldenPath()).flatMap((name) => {
    const folder = goldenPath(name, 'base');
    return existsSync(join(folder, 'config.json')) ? [[name, folder] as const] : [];
  }),
);
/** At least so many for each folder that some of them are refused. */
const cases = Math.max(24, Math.ceil(fuzzCases / folders.size));
/** Refused forms of all folders. */
let allRefused = 0;

const strange: readonly unknown[] = [
  ...[null, true, false, '', 'x', 'gelu', '7', 'a'.repeat(10_000)],
  ...[0, -1, 0.5, 1, 2, 3, 7, 1024, 1e5, 2 ** 24, 2 ** 31, 1e9, 2 ** 53, 1e308, -1e308, 1e-308],
  ...[[], {}, [1], [0, 0], [[[]]], ['x'], { a: 1 }, { '0': 'LABEL_0' }, { '1': 'x' }, { rope_type: 'linear' }],
];

it('has a folder of every family', async () => {
  const seen = new Set<string>();
  for (const folder of folders.values()) seen.add(familyOf(await readConfig(folder)).modelType);
  // XLM-R's config and checkpoints are RoBERTa's.
  expect([...seen, 'xlm-roberta'].sort()).toEqual(modelFamilies.map(({ modelType }) => modelType).sort());
});

describe.each([...folders])('config.json of %s', (name, folder) => {
  let original: ModelConfigFile;
  let weights: ModelWeights;
  beforeAll(async () => {
    original = await readConfig(folder);
    weights = await openModelWeights(folder);
  });
  afterAll(() => weights.close());

  it(`is read or refused by name, in ${cases} corrupt forms`, () => {
    const random = RandomStream.seeded([...folders.keys()].indexOf(name), 'study');
    let refused = 0;
    for (let index = 0; index < cases; index++) {
      const value = corrupt(original.value, random);
      const thrown = thrownBy({ path: original.path, value }, weights);
      if (thrown === null) continue;
      refused++;
      const what = `${JSON.stringify(value).slice(0, 2000)}: ${thrown}`;
      expect(thrown, what).toBeInstanceOf(StudioError);
      const text = String(thrown);
      if (text.includes(original.path))
        expect(
          keysOf(original.value).some((key) => text.includes(key)),
          what,
        ).toBe(true);
      else expect(text, what).toContain(weights.path);
    }
    expect(refused).toBeGreaterThan(0);
    allRefused += refused;
  });

  it.each(['num_hidden_layers', 'n_layer', 'n_layers', 'text_config'])(
    'refuses a billion layers, should %s say so',
    (key) => {
      const copy: unknown = structuredClone(original.value);
      if (!isRecord(copy) || !(key in copy)) return;
      const nested = copy[key];
      if (isRecord(nested)) nested['num_hidden_layers'] = 1e9;
      else copy[key] = 1e9;
      const thrown = thrownBy({ path: original.path, value: copy }, weights);
      expect(String(thrown)).toContain(key);
    },
  );
});

it('refuses a quarter of all corrupt forms or more', () => {
  expect(allRefused).toBeGreaterThan((cases * folders.size) / 4);
});

/** Returns the error of describing the model and estimating its memory. */
function thrownBy(config: ModelConfigFile, weights: ModelWeights): unknown {
  try {
    const family = familyOf(config);
    const { layerCount } = family.describe(config, weights);
    const memory = family.memory(config);
    memory.inputs(2);
    memory.head(2, 3);
    for (let layer = 0; layer < layerCount; layer++)
      memory.layer(layer, 2, { has: () => true, replaces: () => false, materializedWeights: 0, kept: () => [1] });
    return null;
  } catch (thrown) {
    return thrown;
  }
}

/** A copy of the config with one to three keys changed, taken out or put in somewhere. */
function corrupt(config: unknown, random: RandomStream): unknown {
  const copy: unknown = structuredClone(config);
  if (!isRecord(copy)) throw new Error('a config is an object');
  for (let changes = 1 + random.integer(3); changes > 0; changes--) {
    const nested = Object.values(copy).filter(isRecord);
    const inner = nested[random.integer(nested.length + 1)];
    const record = inner ?? copy;
    const keys = Object.keys(record);
    const key = keys[random.integer(keys.length)];
    if (key === undefined) continue;
    const before = record[key];
    const kind = random.integer(4);
    if (kind === 0) delete record[key];
    else if (kind === 1 && typeof before === 'number') record[key] = before * 2 + 1;
    else record[key] = structuredClone(strange[random.integer(strange.length)]);
  }
  return copy;
}

function keysOf(config: unknown): string[] {
  return isRecord(config) ? [...Object.keys(config), ...Object.values(config).flatMap(keysOf)] : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
