import { cpSync, rmSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { programBytes } from '../../../src-main/backend/runs/estimate-memory.ts';
import { bestChoice } from '../../../src-shared/domain/models/model-memory.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { memoryVerdict } from '../../../src-shared/results/memory-verdict.ts';
import { goldenPath } from '../../engine/golden.ts';
import { littleBert } from '../../engine/tasks/text-task.ts';
import { closeBackends, type OpenBackend, openBackend, scriptedEngine, temporaryFolder, tinyIdx } from '../support.ts';

vi.mock('node:os', { spy: true });

let backend: OpenBackend;
let resources: string;

beforeAll(async () => {
  resources = temporaryFolder();
  cpSync(goldenPath('vit-28', 'base'), join(resources, 'models', 'tiny'), { recursive: true });
  cpSync(join(import.meta.dirname, '../../../assets/models/small-llama'), join(resources, 'models', 'llama'), {
    recursive: true,
  });
  littleBert(join(resources, 'models', 'encoder'));
  littleBert(join(resources, 'models', 'gone'));
  backend = await openBackend({
    startEngine: scriptedEngine(() => Promise.reject(new Error('nothing is computed here'))),
    resourcesDirectory: resources,
  });
});
afterAll(closeBackends);

it('is what a run with these settings is estimated at', async () => {
  const dataset = (await backend.handle('datasets.add', { path: tinyIdx() })).id;
  const memory = (await backend.handle('models.memory', {})).find(({ modelId }) => modelId === 'tiny');
  expect(memory?.tokens).toBeNull();
  for (const { bytes, verdict, quantization, ...settings } of memory?.choices ?? []) {
    const estimate = await backend.handle('runs.estimate', {
      config: runConfigSchema.parse({
        model: 'tiny',
        dataset,
        adapter: { variant: 'lora', target_modules: 'all-linear', parameters: { r: 16, lora_alpha: 32 } },
        ...settings,
      }),
    });
    expect(estimate.memory.reduce((sum, part) => sum + part.bytes, 0)).toBe(bytes);
    expect(quantization).toBeNull();
    expect(verdict).toBe(memoryVerdict(estimate, estimate));
  }
});

it('takes less from choice to choice, with one effective batch', async () => {
  for (const { choices } of await backend.handle('models.memory', {})) {
    const bytes = choices.map((choice) => choice.bytes);
    expect(bytes).toEqual([...bytes].sort((one, other) => other - one));
    const batches = choices.map((choice) => choice.per_device_train_batch_size * choice.gradient_accumulation_steps);
    expect(new Set(batches).size).toBe(1);
    expect(choices.at(-1)).toMatchObject({ per_device_train_batch_size: 1, gradient_checkpointing: true });
  }
});

it('offers a model that does not fit in fewer bits', async () => {
  const free = vi.mocked(freemem).mockReturnValue(programBytes + 1000);
  try {
    const memories = await backend.handle('models.memory', {});
    const choices = memories.find(({ modelId }) => modelId === 'llama')?.choices ?? [];
    const quantized = choices.filter(({ quantization }) => quantization !== null);
    expect(quantized.map(({ quantization }) => quantization)).toEqual(['Q8_0', 'nf4']);
    for (const choice of quantized)
      expect(choice).toMatchObject({ per_device_train_batch_size: 1, gradient_checkpointing: true });
  } finally {
    free.mockRestore();
  }
});

it('leaves out a model whose folder is gone', async () => {
  const ids = async () => (await backend.handle('models.memory', {})).map(({ modelId }) => modelId);
  expect(await ids()).toContain('gone');
  rmSync(join(resources, 'models', 'gone'), { recursive: true });
  expect(await ids()).not.toContain('gone');
  expect(await ids()).toContain('encoder');
});

it('recommends the fastest settings that fit, else those that need the least', () => {
  const choice = (bytes: number) => ({
    per_device_train_batch_size: 1,
    gradient_accumulation_steps: 8,
    gradient_checkpointing: false,
    quantization: null,
    bytes,
    verdict: bytes > 100 ? ('does not fit' as const) : bytes > 80 ? ('tight' as const) : ('fits' as const),
  });
  expect(bestChoice({ choices: [200, 90, 70, 60].map(choice) }).bytes).toBe(70);
  expect(bestChoice({ choices: [300, 200, 90].map(choice) }).bytes).toBe(90);
  expect(bestChoice({ choices: [300, 200].map(choice) }).bytes).toBe(200);
});
