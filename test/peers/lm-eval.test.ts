import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { writeBenchmarkTasks } from '../benchmark-tasks.ts';
import { cotoOn, temporaryFolder } from '../cli/run-command.ts';
import { lmEvalPython, runPeer } from './python.ts';

const python = lmEvalPython();
const folder = temporaryFolder();
const coto = cotoOn(join(folder, 'home'));
const model = join(import.meta.dirname, '../../assets/models/small-llama');
/** Of a group also how many examples each of its averages is of. */
const counts = z.record(z.string(), z.number());
const scores = z.record(z.string(), z.union([z.number(), z.string(), counts]));
const columnSchema = z.object({
  results: z.record(z.string(), scores),
  'n-shot': z.record(z.string(), z.number()),
  higher_is_better: z.record(z.string(), z.record(z.string(), z.boolean())),
  'n-samples': z.record(z.string(), z.object({ original: z.number(), effective: z.number() })),
  versions: z.record(z.string(), z.union([z.number(), z.string()])),
});

it.skipIf(python === null)('tasks of every kind score as in lm-eval, with the base and with an adapter', async () => {
  const tasks = join(folder, 'tasks');
  writeBenchmarkTasks(tasks, { absolute: true });
  const file = join(folder, 'rows.jsonl');
  const texts = ['sea', 'town', 'king', 'war'].map((thing) => ({
    text: `The ${thing} of the state is old and great.`,
  }));
  writeFileSync(file, texts.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const settings = ['model=small-llama', `dataset=${file}`, 'max_steps=12', 'learning_rate=5e-3'];
  const trained = await coto(['train', '--name', 'states', '--set', ...settings]);
  expect(trained.code, trained.err).toBe(0);
  const adapter = join(folder, 'adapter');
  const exported = await coto(['export', '--adapter', 'states', '--to', 'peft', '--out', adapter]);
  expect(exported.code, exported.err).toBe(0);
  const { out, err } = await coto(['eval', '--tasks', tasks, '--adapter', 'states', '--json']);
  const ours = z.record(z.string(), columnSchema).parse(JSON.parse(out || `"${err}"`));
  const names = Object.keys(ours['small-llama']?.results ?? {});
  expect(names).toHaveLength(10);
  // lm-eval refuses a task beside a group that has it.
  const inGroups = ['made_choice', 'made_inner', 'made_letters', 'made_pairs'];
  const asked = names.filter((name) => !inGroups.includes(name));
  const theirs = z
    .array(columnSchema)
    .parse(
      runPeer(
        'lm_eval_results.py',
        { model, adapters: [null, adapter], tasks: asked, folder: tasks },
        [],
        python ?? '',
      ),
    );
  for (const [column, name] of ['small-llama', 'states'].entries()) {
    const { results = {}, ...facts } = ours[name] ?? {};
    const { results: expected = {}, ...others } = theirs[column] ?? {};
    expect(facts).toMatchObject(others);
    for (const [task, known] of Object.entries(expected))
      for (const [metric, value] of Object.entries(known)) {
        if (typeof value !== 'number' || metric === 'sample_len') continue;
        const own = Number(results[task]?.[metric]);
        // Sums of float32 in another order, in what is the exponential of a mean.
        expect(Math.abs(own - value), `${name} ${task} ${metric}: ${own} and ${value}`).toBeLessThan(
          1e-4 * Math.max(1, value),
        );
      }
  }
  // A test of equal values says nothing where all are 0.
  const values = Object.values(ours['small-llama']?.results ?? {}).flatMap((one) => Object.values(one));
  expect(values.filter((value) => typeof value === 'number' && value > 0).length).toBeGreaterThan(8);
});
