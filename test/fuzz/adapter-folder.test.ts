import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readAdapter, writeAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import { describeModel } from '../../src-main/engine/models/huggingface/model-folder.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { goldenPath } from '../engine/golden.ts';
import { fuzzCases } from './cases.ts';

/** Adapters of every shape that PEFT writes: factors, magnitudes, biases, embeddings, whole modules, patterns. */
const sources: [family: string, adapter: string][] = [
  ['llama', 'lora'],
  ['llama', 'dora'],
  ['llama', 'lora-bias'],
  ['llama', 'lora-embedding'],
  ['llama', 'lora-modules-to-save'],
  ['llama', 'lora-patterns'],
  ['llama', 'lora-regex'],
  ['llama', 'lora-one-layer'],
  ['vit', 'lora-bias-all'],
  ['gpt2', 'lora'],
];
const cases = Math.ceil(fuzzCases / sources.length);
const files = ['adapter_config.json', 'adapter_model.safetensors'] as const;

const strange: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    '',
    'x',
    'all-linear',
    '.*',
    '(',
    '[a-',
    '(.+)+z',
    '7',
    '../..',
    '__proto__',
    'a'.repeat(10_000),
  ],
  ...[0, -1, 0.5, 1, 3, 5, 1024, 2 ** 31, 2 ** 53, 1e308, -1e308, 1e-308],
  ...[
    [],
    {},
    [0],
    [-1],
    [1e9],
    [[]],
    ['x'],
    ['q_proj'],
    [''],
    [null],
    { a: 1 },
    { '': 2 },
    { '(': 1 },
    { '(.+)+z': 1 },
    { q_proj: 0.5 },
  ],
];

/** Errors name a tensor, the header that locates the tensors, or the adapter's unsupported kind. */
const tellsOfTensors = /base_model\.model\.|lora_[AB]|safetensors|of a kind that is not supported/;

const scratch = mkdtempSync(join(tmpdir(), 'coto-fuzz-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.each(sources)('%s %s', (family, adapter) => {
  it(`is read or refused with a clear error in ${cases} corrupt forms`, async () => {
    const description = await describeModel(goldenPath(family, 'base'));
    const random = RandomStream.seeded(
      sources.findIndex(([one, other]) => one === family && other === adapter),
      'study',
    );
    const folder = mkdtempSync(join(scratch, 'case-'));
    const originals = files.map((file) => readFileSync(goldenPath(family, 'adapters', adapter, file)));
    for (const [index, file] of files.entries()) writeFileSync(join(folder, file), originals[index] ?? '');
    let refused = 0;
    for (let index = 0; index < cases; index++) {
      const chosen = random.integer(2);
      const original = originals[chosen] ?? Buffer.alloc(0);
      const path = join(folder, files[chosen] ?? '');
      const changed = corrupt(original, chosen === 0, random);
      writeFileSync(path, changed.bytes);
      try {
        const state = await readAdapter(folder, description);
        // Everything that can be read can be written: nothing in it is unknown.
        if (index % 20 === 0) {
          const target = join(scratch, 'written');
          rmSync(target, { recursive: true, force: true });
          await writeAdapter(target, state, { description, baseModelName: 'x' });
          expect((await readAdapter(target, description)).modules).toEqual(state.modules);
        }
      } catch (thrown) {
        refused++;
        const what = `case ${index}, ${changed.what}: ${thrown instanceof Error ? (thrown.stack ?? '') : String(thrown)}`;
        if (!(thrown instanceof StudioError)) throw new Error(what);
        expect(thrown.code, what).toMatch(/^(invalid_file|invalid_input|refused)$/);
        expect(thrown.message.includes('\n'), what).toBe(false);
        expect(thrown.message.length, what).toBeLessThan(20_000 + folder.length);
        // The error names the file; after a change of one key, it names that key or a tensor that no longer fits.
        expect(thrown.message, what).toContain(folder);
        if (changed.key !== null)
          expect(thrown.message.includes(changed.key) || tellsOfTensors.test(thrown.message), what).toBe(true);
      }
      writeFileSync(path, original);
    }
    expect(refused).toBeGreaterThan(cases / 3);
  });
});

interface Corrupted {
  readonly bytes: Uint8Array | string;
  readonly what: string;
  /** The key whose value was changed, where one was. */
  readonly key: string | null;
}

function corrupt(original: Buffer, isJson: boolean, random: RandomStream): Corrupted {
  const kind = random.integer(4);
  if (kind === 0) return { bytes: original.subarray(0, somewhere(original, random)), what: 'cut off', key: null };
  if (kind === 1) return { bytes: flipped(original, random), what: 'bits flipped', key: null };
  if (isJson) {
    const value = changed(JSON.parse(original.toString('utf8')), random);
    return { ...value, bytes: JSON.stringify(value.value) };
  }
  const length = Number(original.readBigUInt64LE(0));
  const header = changed(JSON.parse(original.subarray(8, 8 + length).toString('utf8')), random);
  const text = Buffer.from(JSON.stringify(header.value));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(random.integer(50) === 0 ? 2 ** 40 : text.length));
  return { bytes: Buffer.concat([size, text, original.subarray(8 + length)]), what: header.what, key: header.key };
}

/** Most often near the start, where the structure is. */
function somewhere(bytes: Buffer, random: RandomStream): number {
  return Math.floor((random.integer(2) === 0 ? random.uniform() : random.uniform() ** 4) * bytes.length);
}

function flipped(original: Buffer, random: RandomStream): Buffer {
  const bytes = Buffer.from(original);
  for (let flips = 1 + random.integer(8); flips > 0; flips--) {
    const at = somewhere(bytes, random);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
  }
  return bytes;
}

/** One entry of a JSON object gone, renamed, or with a strange value; now and then one within it. */
function changed(value: unknown, random: RandomStream): { value: unknown; what: string; key: string | null } {
  if (!isRecord(value)) throw new Error('the original is no object');
  const copy = structuredClone(value);
  const keys = Object.keys(copy);
  const key = keys[random.integer(keys.length)] ?? '';
  const inner = copy[key];
  const odd = strange[random.integer(strange.length)];
  switch (random.integer(4)) {
    case 0:
      delete copy[key];
      return { value: copy, what: `without ${key}`, key };
    case 1:
      delete copy[key];
      copy[`${key}x`] = inner;
      return { value: copy, what: `${key} renamed`, key };
    case 2:
      if (isRecord(inner) && Object.keys(inner).length > 0) {
        const names = Object.keys(inner);
        inner[names[random.integer(names.length)] ?? ''] = odd;
        return { value: copy, what: `within ${key}: ${JSON.stringify(odd).slice(0, 60)}`, key };
      }
      copy[key] = odd;
      return { value: copy, what: `${key}: ${JSON.stringify(odd).slice(0, 60)}`, key };
    default:
      copy[key] = odd;
      return { value: copy, what: `${key}: ${JSON.stringify(odd).slice(0, 60)}`, key };
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
