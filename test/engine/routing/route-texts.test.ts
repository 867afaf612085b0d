import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { runRouteTask } from '../../../src-main/engine/jobs/route.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { randomAdapter } from '../jobs/random-adapters.ts';
import { testContext } from '../jobs/test-context.ts';
import { testCompute } from '../test-compute.ts';

const modelDirectory = join(import.meta.dirname, '../../../assets/models/small-llama');
const scratch = mkdtempSync(join(tmpdir(), 'coto-route-texts-'));
const reading = ['lora-retriever', 'linear', 'entropy', 'cross-entropy'];
let adapters: string[] = [];

beforeAll(async () => {
  await activateCompute(testCompute);
  write('one', (at) => ({ prompt: `The number ${at} comes after`, completion: ` the number ${at - 1}.` }));
  write('other answers', (at) => ({ prompt: `The number ${at} comes after`, completion: ' Washington, in winter.' }));
  write('letters', (at) => ({ prompt: `Dear Sir, my ${at} friends`, completion: ' write to you.' }));
  const drawn = (seed: number) =>
    randomAdapter(join(scratch, `adapter-${seed}`), seed, null, ['q_proj', 'down_proj'], modelDirectory, 0.2);
  adapters = [await drawn(1), await drawn(2)];
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function write(name: string, row: (at: number) => object): void {
  mkdirSync(join(scratch, name));
  const rows = Array.from({ length: 12 }, (_, at) => `${JSON.stringify(row(at + 1))}\n`).join('');
  for (const split of ['train', 'test']) writeFileSync(join(scratch, name, `${split}.jsonl`), rows);
}

function route(routers: readonly string[], scored: number[]) {
  const settings = taskSettingsSchema.parse({ task: 'causal-lm', chat_template: 'none' });
  const names = ['one', 'letters', 'other answers'];
  return runRouteTask(
    {
      ...{ kind: 'route', compute: testCompute, modelDirectory, scored, eval_samples: 0, tuning_samples: 8 },
      adapters: adapters.map((directory, at) => ({ directory, name: `adapter ${at + 1}`, dataset: at })),
      datasets: names.map((name) => ({ reader: 'jsonl', path: join(scratch, name), options: {}, settings, name })),
      routers: routers.map((id) => ({ id, parameters: {} })),
    },
    testContext(),
  );
}

test('routers that read a prompt choose alike whatever the scored answer is', async () => {
  const { scores } = await route(reading, [0, 2]);
  for (const [own, others] of scores) {
    for (const [at, share] of (own?.shares ?? []).entries()) expect(share).toBeCloseTo(others?.shares[at] ?? -1, 6);
    expect(own?.loss).not.toBeCloseTo(others?.loss ?? 0, 3);
  }
}, 60_000);

test('a linear router tells prompts of different datasets apart', async () => {
  const [[first, second] = []] = (await route(['linear'], [0, 1])).scores;
  expect(first?.shares[0]).toBeGreaterThan(0.9);
  expect(second?.shares[1]).toBeGreaterThan(0.9);
}, 60_000);
