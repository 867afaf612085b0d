import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadAddon } from '../../../src-main/engine/compute/native/load-addon.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { fileHash } from '../../../src-main/files/file-hash.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { goldenPath } from '../golden.ts';
import { config, trainVit } from './vit-run.ts';

const file = new URL('./pinned-trainings.json', import.meta.url);
const pinnedSchema = z.object({
  revision: z.number().int().min(1),
  /** By the backend or processor with its instruction sets: the SHA-256 of each adapter. */
  trainings: z.record(z.string(), z.record(z.string(), z.string())),
});
const pinned = pinnedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));

const target_modules = ['q_proj', 'v_proj'];
const common = { compute_dtype: 'float32', max_steps: 6, gradient_accumulation_steps: 1 };
const runs: Readonly<Record<string, RunConfig>> = {
  LoRA: config({ ...common, coto: null, adapter: { r: 4, lora_alpha: 8, target_modules } }),
  'LoRA with CoTo and dropout': config(common),
  DoRA: config({ ...common, coto: null, adapter: { variant: 'dora', r: 3, lora_alpha: 8, target_modules } }),
  HiRA: config({ ...common, coto: {}, adapter: { variant: 'hira', parameters: { r: 3 }, target_modules } }),
};

/** Processor and caches, by which oneDNN chooses its kernels and the parts of its sums. A name alone covers several processors. */
function processor(): string {
  const [name = process.arch] = cpus().map(({ model }) => model.trim());
  if (!existsSync('/proc/cpuinfo')) return name;
  const facts = readFileSync('/proc/cpuinfo', 'utf8');
  const parts = ['cpu family', 'model', 'stepping'].map(
    (key) => `${key} ${new RegExp(`^${key}\\s*: (.*)$`, 'm').exec(facts)?.[1] ?? 'unknown'}`,
  );
  const caches = [0, 1, 2, 3].flatMap((index) => {
    const size = `/sys/devices/system/cpu/cpu0/cache/index${index}/size`;
    return existsSync(size) ? [readFileSync(size, 'utf8').trim()] : [];
  });
  return [name, ...parts, `caches ${caches.join(' ')}`].join(', ');
}

/** wasm is the same everywhere. */
function machineOf(backend: 'wasm' | 'native'): string {
  const loaded = loadAddon();
  if (backend === 'wasm' || !('addon' in loaded)) return backend;
  return `${processor()}, ${loaded.addon.describe()}`;
}

const folder = mkdtempSync(join(tmpdir(), 'coto-pinned-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(['wasm', 'native'] as const)('short trainings on %s', (backend) => {
  test('give the adapters that are pinned for this machine', async ({ annotate }) => {
    await activateCompute(backend, 1);
    const base = await loadBaseModel(goldenPath('vit', 'base'));
    const found: Record<string, string> = {};
    for (const [name, run] of Object.entries(runs)) {
      const { adapterDirectory } = await trainVit(base, folder, run, { name: `${backend} ${name}` });
      found[name] = await fileHash(join(adapterDirectory ?? '', 'adapter_model.safetensors'));
    }
    base.dispose();
    const machine = machineOf(backend);
    const known = pinned.trainings[machine];
    if (known === undefined || process.env['COTO_PIN_TRAININGS'] === '1') {
      const own = pinnedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
      const all = { ...own, trainings: { ...own.trainings, [machine]: found } };
      if (process.env['COTO_PIN_TRAININGS'] === '1') writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
      await annotate(`Not pinned for "${machine}": COTO_PIN_TRAININGS=1 records ${JSON.stringify(found)}.`, 'notice');
    } else expect(found, `adapters changed on "${machine}"; a change needs a new revision`).toEqual(known);
    expect(new Set(Object.values(found)).size).toBe(Object.keys(runs).length);
  });
});

test('a new revision of the pinned trainings is in the changelog', () => {
  const changelog = readFileSync(new URL('../../../CHANGELOG.md', import.meta.url), 'utf8');
  for (let revision = 2; revision <= pinned.revision; revision++)
    expect(changelog).toContain(`Results changed (revision ${revision})`);
});
