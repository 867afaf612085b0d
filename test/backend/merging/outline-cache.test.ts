import { cpSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { OutlineCache } from '../../../src-main/backend/merging/outline-cache.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterOutline } from '../../../src-main/engine/adapters/peft/open-adapter.ts';
import type { AdapterState } from '../../../src-main/engine/adapters/variant/state.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import { goldenPath } from '../../engine/golden.ts';

/** Tensors that were read, and files that were opened. */
const seen = vi.hoisted(() => ({ tensors: 0, files: 0 }));
vi.mock(import('../../../src-main/engine/tensors/safetensors.ts'), async (original) => {
  const module = await original();
  return {
    ...module,
    openSafetensors: async (path: string) => {
      seen.files++;
      const file = await module.openSafetensors(path);
      return {
        ...file,
        read: (name: string) => {
          seen.tensors++;
          return file.read(name);
        },
      };
    },
  };
});

const scratch = mkdtempSync(join(tmpdir(), 'coto-outlines-'));
const folder = join(scratch, 'adapter');
let description: ModelDescription;
beforeAll(async () => {
  description = await describeModel(goldenPath('llama', 'base'));
  cpSync(goldenPath('llama', 'adapters', 'lora-patterns'), folder, { recursive: true });
});
beforeEach(() => Object.assign(seen, { tensors: 0, files: 0 }));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('an outline is what the adapter is, without a tensor being read', async () => {
  const outline = await new OutlineCache().read(folder, description);
  expect(seen).toEqual({ tensors: 0, files: 1 });
  const { config, coto, labels, modules, saved } = await readAdapter(folder, description);
  expect(seen.tensors).toBe(2 * modules.size + saved.size);
  expect(outline).toMatchObject({ config, coto, labels });
  const shapes = (all: AdapterOutline['modules'] | AdapterState['modules']) =>
    [...all].map(([name, { rank, scaling, tensors }]) => {
      const own = [...tensors].map(([part, { shape }]) => [part, shape]);
      return [name, rank, scaling, own];
    });
  expect(shapes(outline.modules)).toEqual(shapes(modules));
});

test('a folder that stays as it is is opened once; a changed one, or another base, again', async () => {
  const outlines = new OutlineCache();
  const first = await outlines.read(folder, description);
  expect(await outlines.read(folder, description)).toBe(first);
  expect(seen.files).toBe(1);
  const file = join(folder, 'adapter_config.json');
  const config: unknown = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...Object(config), lora_alpha: 64 }));
  utimesSync(file, new Date(), new Date(Date.now() + 5000));
  const changed = await outlines.read(folder, description);
  expect(changed.parameters['lora_alpha']).toBe(64);
  expect(seen.files).toBe(2);
  await outlines.read(folder, { ...description, fingerprint: 'another' });
  expect(seen.files).toBe(3);
});

test('retries files that could not be read', async () => {
  const outlines = new OutlineCache();
  const missing = join(scratch, 'broken');
  cpSync(folder, missing, { recursive: true });
  await writeFile(join(missing, 'adapter_config.json'), '{');
  await expect(outlines.read(missing, description)).rejects.toThrow(/adapter_config.json is not valid JSON/);
  cpSync(join(folder, 'adapter_config.json'), join(missing, 'adapter_config.json'));
  expect((await outlines.read(missing, description)).modules.size).toBeGreaterThan(0);
});
