import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { adapterRecordSchema } from '../../src-shared/domain/adapter.ts';
import { runRecordSchema } from '../../src-shared/domain/run.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { caseFolder, copyOf, goodData } from '../cli/bad-input-support.ts';
import { cotoProcess, disagreements } from './killed-processes.ts';

const kills = Number(process.env['COTO_KILLS'] ?? 200);
const minutes = Number(process.env['COTO_KILL_MINUTES'] ?? 15);
const folder = caseFolder();
const base = copyOf(folder);
const data = goodData(join(folder, 'bands'));
const words = [
  'train',
  '--set',
  `model=${base}`,
  `dataset=${data}`,
  'per_device_train_batch_size=4',
  'adapter.r=2',
  'adapter.target_modules=[q_proj, v_proj]',
  'adapter.lora_dropout=0.1',
  'coto={}',
  'compute_backend=wasm',
  'max_steps=120',
  'save_steps=3',
  'eval_steps=7',
  'learning_rate=0.01',
];
const trained = z.object({ run: runRecordSchema, adapter: adapterRecordSchema });
const shown = z.object({ metrics: z.array(z.object({ name: z.string(), step: z.number(), value: z.number() })) });
const random = RandomStream.seeded(14, 'study');
const counts = { kills: 0, runs: 0 };
afterAll(() => console.log(`training was killed ${counts.kills} times in ${counts.runs} runs`));

/** The curves that do not depend on the clock. */
async function curvesOf(home: string, id: string) {
  const { metrics } = shown.parse(JSON.parse((await cotoProcess(home, ['runs', 'show', id, '--json'])).out));
  return metrics.filter(({ name }) => !/milliseconds|per_second|memory/.test(name));
}

test('a training that is killed at any time ends as an undisturbed one, and nothing is lost or left', async () => {
  const calm = join(folder, 'calm');
  const undisturbed = await cotoProcess(calm, [...words, '--json']);
  const expected = trained.parse(JSON.parse(undisturbed.out));
  const expectedCurves = await curvesOf(calm, expected.run.id);
  const deadline = performance.now() + minutes * 60_000;
  while (counts.kills < kills && performance.now() < deadline) {
    const home = join(folder, `home-${counts.runs}`);
    let next = [...words];
    for (;;) {
      const isPatient = counts.kills >= kills || performance.now() > deadline;
      const killAfter = isPatient ? Infinity : random.uniform() * undisturbed.milliseconds * 0.8;
      const ended = await cotoProcess(home, [...next, '--json'], killAfter);
      if (!ended.isKilled) {
        const { run, adapter } = trained.parse(JSON.parse(ended.out));
        expect(run.status).toBe('completed');
        expect(adapter.sha256).toBe(expected.adapter.sha256);
        expect(run.result).toMatchObject({
          accuracy: expected.run.result?.accuracy,
          evalLoss: expected.run.result?.evalLoss,
        });
        expect(await curvesOf(home, run.id)).toEqual(expectedCurves);
        break;
      }
      counts.kills += 1;
      const list = await cotoProcess(home, ['runs', 'list', '--json']);
      expect(disagreements(home), `after kill ${counts.kills}`).toEqual([]);
      const [run] = z.array(runRecordSchema).parse(JSON.parse(list.out));
      if (run === undefined) continue;
      // Killed before the engine began with it, or after all was done.
      if (run.status === 'completed' || run.status === 'queued') break;
      expect(run.status).toBe('interrupted');
      next = ['runs', 'resume', run.id];
    }
    counts.runs += 1;
    expect(disagreements(home)).toEqual([]);
  }
  // A budget that is too short shows nothing.
  expect(counts.kills).toBeGreaterThan(0);
});
