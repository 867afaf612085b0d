import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors, writeSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { cotoSettingsSchema } from '../../../../src-shared/domain/runs/coto.ts';
import { goldenPath } from '../../golden.ts';

const cases = [
  'lora',
  'lora-all-linear',
  'lora-exclude',
  'lora-layers',
  'lora-one-layer',
  'lora-patterns',
  'rslora',
  'rslora-patterns',
];
let description: ModelDescription;
let scratch: string;

beforeAll(async () => {
  description = await describeModel(goldenPath('vit', 'base'));
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-peft-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe.each(cases)('%s', (name) => {
  it('is the same adapter in both dialects', async () => {
    const today = await readAdapter(goldenPath('vit', 'adapters', name), description);
    const older = await readAdapter(goldenPath('vit', 'adapters-transformers4', name), description);
    expect(older.modules).toEqual(today.modules);
    expect(older.saved).toEqual(today.saved);
    expect(today.modules.size).toBeGreaterThan(0);
  });

  it.each(['adapters', 'adapters-transformers4'])('%s, written and read back, keeps every bit', async (dialect) => {
    const state = await readAdapter(goldenPath('vit', dialect, name), description);
    const folder = path.join(scratch, `${dialect}-${name}`);
    await writeAdapter(folder, state, { description, baseModelName: 'golden/vit' });
    // Older names in the config are written with today's.
    const renamed = dialect === 'adapters' ? {} : { config: expect.anything(), parameters: expect.anything() };
    expect(await readAdapter(folder, description)).toEqual({ ...state, ...renamed });
  });

  it("is written with PEFT's keys and config", async () => {
    const source = goldenPath('vit', 'adapters', name);
    const folder = path.join(scratch, `written-${name}`);
    await writeAdapter(folder, await readAdapter(source, description), { description, baseModelName: 'golden/vit' });
    expect(await readSafetensors(path.join(folder, 'adapter_model.safetensors'))).toEqual(
      await readSafetensors(path.join(source, 'adapter_model.safetensors')),
    );
    const [written, golden] = await Promise.all([folder, source].map(readConfig));
    expect(written).toEqual(golden);
    expect((await readdir(folder)).sort()).toEqual([
      'README.md',
      'adapter_config.json',
      'adapter_model.safetensors',
      'coto_config.json',
    ]);
  });
});

it('keeps the CoTo settings and the labels beside', async () => {
  const state = {
    ...(await readAdapter(goldenPath('vit', 'adapters', 'lora'), description)),
    coto: cotoSettingsSchema.parse({ initial_p: 0.2, stage1_ratio: 0.5 }),
    labels: ['a', 'b', 'c', 'd', '<img src=x>\n# [e](x)'],
  };
  const folder = path.join(scratch, 'coto');
  await writeAdapter(folder, state, { description, baseModelName: 'golden/vit' });
  expect(await readAdapter(folder, description)).toEqual(state);
  expect(await readFile(path.join(folder, 'README.md'), 'utf8')).toContain('| `initial_p` | 0.2 |');
  // A label is a name and nothing else, whatever it holds of Markdown and HTML.
  expect(await readFile(path.join(folder, 'README.md'), 'utf8')).toContain(String.raw`4. \<img src=x\> \# \[e\](x)`);
  await writeFile(path.join(folder, 'coto_config.json'), '{"coto":null,"labels":["a","b"]}');
  await expect(readAdapter(folder, description)).rejects.toThrow('names 2 labels, but the saved head has 5 rows');
});

it('rewrites the config of a changed adapter: fewer modules, other ranks and scalings', async () => {
  const state = await readAdapter(goldenPath('vit', 'adapters', 'lora'), description);
  const modules = new Map([...state.modules].filter(([name]) => !name.includes('layers.1.')));
  const folder = path.join(scratch, 'fewer');
  await writeAdapter(folder, { ...state, modules }, { description, baseModelName: 'x' });
  expect(await readConfig(folder)).toMatchObject({
    target_modules: ['q_proj', 'v_proj'],
    layers_to_transform: [0, 2],
    r: 4,
  });
  const [first] = modules.keys();
  const narrower = new Map(
    [...modules].map(([name, factors]) => [
      name,
      name === first ? { tensors: narrowed(factors.tensors), rank: 2, scaling: 0.75 } : { ...factors, scaling: 1.5 },
    ]),
  );
  await writeAdapter(folder, { ...state, modules: narrower }, { description, baseModelName: 'x' });
  expect(await readConfig(folder)).toMatchObject({
    r: 4,
    lora_alpha: 6,
    rank_pattern: { [first ?? '']: 2 },
    alpha_pattern: { [first ?? '']: 1.5 },
  });
  expect((await readAdapter(folder, description)).modules).toEqual(narrower);
});

it('drops patterns of modules that are gone', async () => {
  const state = await readAdapter(goldenPath('vit', 'adapters', 'lora-patterns'), description);
  const modules = new Map([...state.modules].filter(([name]) => name.endsWith('v_proj')));
  const folder = path.join(scratch, 'patterns');
  await writeAdapter(folder, { ...state, modules }, { description, baseModelName: 'x' });
  expect(await readConfig(folder)).toMatchObject({
    target_modules: ['v_proj'],
    rank_pattern: { 'layers\\.1\\..*v_proj': 3 },
    alpha_pattern: {},
  });
  expect((await readAdapter(folder, description)).modules).toEqual(modules);
});

describe('refuses, in one sentence', () => {
  const weights = 'base_model.model.vit.layers.0.attention.q_proj.lora_A.weight';
  const edits: [string, (tensors: Map<string, HostTensor>) => void, string][] = [
    ['a missing partner', (tensors) => tensors.delete(weights), 'q_proj.lora_A.weight is missing'],
    [
      'a wrong shape',
      (tensors) => tensors.set(weights, { shape: [4, 8], data: new Float32Array(32) }),
      'lora_A.weight has the shape [4, 8] where [4, 32] is expected',
    ],
    [
      'a rank that the config does not give',
      (tensors) => tensors.set(weights, { shape: [3, 32], data: new Float32Array(96) }),
      'has the shape [3, 32] where [4, 32] is expected',
    ],
    [
      'a number that is none',
      (tensors) => tensors.set(weights, { shape: [4, 32], data: new Float32Array(128).fill(Number.NaN, 7, 8) }),
      `${weights} contains numbers that are not finite`,
    ],
    [
      'an unknown module',
      (tensors) =>
        tensors.set('base_model.model.vit.layers.9.attention.q_proj.lora_A.weight', {
          shape: [4, 32],
          data: new Float32Array(128),
        }),
      'vit.layers.9.attention.q_proj.lora_A.weight belongs to no linear layer of the base',
    ],
    [
      'half a head',
      (tensors) => tensors.delete('base_model.model.classifier.bias'),
      'classifier.bias is missing, but its counterpart is there',
    ],
    ['nothing at all', (tensors) => tensors.clear(), 'has no adapter'],
  ];

  it.each(edits)('%s', async (what, edit, message) => {
    const folder = await copyOf('lora', what);
    const file = path.join(folder, 'adapter_model.safetensors');
    const tensors = await readSafetensors(file);
    edit(tensors);
    await writeSafetensors(file, tensors);
    await expect(readAdapter(folder, description)).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringContaining(message),
    });
  });

  const configs: [string, string, string, string][] = [
    ['DoRA without magnitudes', '"use_dora": false', '"use_dora": true', 'lora_magnitude_vector is missing'],
    ['another kind', '"peft_type": "LORA"', '"peft_type": "PREFIX_TUNING"', 'PREFIX_TUNING'],
    ['PiSSA', '"init_lora_weights": true', '"init_lora_weights": "pissa_niter_4"', 'pissa_niter_4'],
    ['a bias that is not there', '"lora_bias": false', '"lora_bias": true', 'lora_B.bias is missing'],
    ['a broken pattern', '"rank_pattern": {}', '"rank_pattern": {"(": 2}', 'rank_pattern: "("'],
    ['a rank of zero', '"r": 4', '"r": 0', 'adapter_config.json: r: '],
    ['no JSON', '{', '', 'adapter_config.json is not valid JSON'],
  ];
  it.each(configs)('%s', async (what, from, to, message) => {
    const folder = await copyOf('lora', what);
    const file = path.join(folder, 'adapter_config.json');
    const text = await readFile(file, 'utf8');
    expect(text).toContain(from);
    await writeFile(file, text.replace(from, to));
    await expect(readAdapter(folder, description)).rejects.toThrow(message);
  });

  it('folders that are no adapter', async () => {
    await expect(readAdapter(goldenPath('vit', 'base'), description)).rejects.toThrow('adapter_config.json is missing');
  });
});

/** The factors at rank 2. */
function narrowed(tensors: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  const shapes = { a: [2, 32], b: [32, 2] };
  return new Map(
    Object.entries(shapes).map(([part, shape]) => [
      part,
      { shape, data: tensors.get(part)?.data.slice(0, 64) ?? fail() },
    ]),
  );
}

function fail(): never {
  throw new Error('missing');
}

async function copyOf(name: string, tag: string): Promise<string> {
  const folder = path.join(scratch, `bad ${tag}`);
  await cp(goldenPath('vit', 'adapters', name), folder, { recursive: true });
  return folder;
}

async function readConfig(folder: string): Promise<unknown> {
  return JSON.parse(await readFile(path.join(folder, 'adapter_config.json'), 'utf8'));
}
