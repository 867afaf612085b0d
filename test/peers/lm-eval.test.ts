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
/** Groups also report the number of examples behind each of their averages. */
const counts = z.record(z.string(), z.number());
const scores = z.record(z.string(), z.union([z.number(), z.string(), counts]));
const columnSchema = z.object({
  results: z.record(z.string(), scores),
  'n-shot': z.record(z.string(), z.number()),
  higher_is_better: z.record(z.string(), z.record(z.string(), z.boolean())),
  'n-samples': z.record(z.string(), z.object({ original: z.number(), effective: z.number() })),
  versions: z.record(z.string(), z.union([z.number(), z.string()])),
});

const tasks = join(folder, 'tasks');
// lm-eval refuses a task beside a group that has it.
const inGroups = ['made_choice', 'made_inner', 'made_letters', 'made_pairs'];
const names = ['made_begun', 'made_generation', 'made_last_word', 'made_own_examples', 'made_without_context'];
const all = [...names, ...inGroups, 'made_averages', 'made_whole_texts'];

/** Returns lm-eval's results of all tasks, with a column for each adapter. */
function expected(adapters: readonly (string | null)[], chat: object = {}) {
  const asked = all.filter((name) => !inGroups.includes(name));
  return z
    .array(columnSchema)
    .parse(runPeer('lm_eval_results.py', { model, adapters, tasks: asked, folder: tasks, chat }, [], python ?? ''));
}

async function scored(words: readonly string[]) {
  const { out, err } = await coto(['eval', '--tasks', tasks, '--json', ...words]);
  return z.record(z.string(), columnSchema).parse(JSON.parse(out || `"${err}"`));
}

type Column = z.infer<typeof columnSchema>;

function expectSame(own: Column | undefined, other: Column | undefined, name: string): void {
  const { results = {}, ...facts } = own ?? {};
  const { results: expected = {}, ...others } = other ?? {};
  expect(Object.keys(results).sort()).toEqual(all.toSorted());
  expect(facts).toMatchObject(others);
  for (const [task, known] of Object.entries(expected))
    for (const [metric, value] of Object.entries(known)) {
      if (typeof value !== 'number' || metric === 'sample_len') continue;
      const found = Number(results[task]?.[metric]);
      // Sums of float32 in another order, in what is the exponential of a mean.
      expect(Math.abs(found - value), `${name} ${task} ${metric}: ${found} and ${value}`).toBeLessThan(
        1e-4 * Math.max(1, value),
      );
    }
}

it.skipIf(python === null)('tasks of every kind score as in lm-eval, with the base and with an adapter', async () => {
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
  const ours = await scored(['--adapter', 'states']);
  const theirs = expected([null, adapter]);
  for (const [column, name] of ['small-llama', 'states'].entries()) expectSame(ours[name], theirs[column], name);
  // A test of equal values says nothing where all are 0.
  const values = Object.values(ours['small-llama']?.results ?? {}).flatMap((one) => Object.values(one));
  expect(values.filter((value) => typeof value === 'number' && value > 0).length).toBeGreaterThan(8);
});

it.skipIf(python === null).each([
  { chat: { apply_chat_template: true, fewshot_as_multiturn: true }, words: ['--apply-chat-template'] },
  {
    chat: { apply_chat_template: true, fewshot_as_multiturn: false, system_instruction: 'Answer briefly.' },
    words: ['--apply-chat-template', '--fewshot-as-multiturn', 'false', '--system-instruction', 'Answer briefly.'],
  },
  { chat: { system_instruction: 'Answer briefly.' }, words: ['--system-instruction', 'Answer briefly.'] },
])('prompts are written as in lm-eval by $words', async ({ chat, words }) => {
  writeBenchmarkTasks(tasks, { absolute: true });
  const ours = await scored(['--model', 'small-llama', ...words]);
  const [theirs] = expected([null], chat);
  expectSame(ours['small-llama'], theirs, words.join(' '));
});
