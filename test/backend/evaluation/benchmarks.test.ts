import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, expect, it } from 'vitest';
import { startReader } from '../../../src-main/backend/reading/foreign-reader.ts';
import type { EngineTask } from '../../../src-main/engine/contract.ts';
import { PathGrants } from '../../../src-main/files/path-grants.ts';
import { bundledResources, closeBackends, openBackend, scriptedEngine, temporaryFolder } from '../support.ts';

afterEach(closeBackends);

const task = {
  ...{ task: 'made', output_type: 'multiple_choice', dataset_path: 'json', test_split: 'test' },
  dataset_kwargs: { data_files: { test: 'rows.json' } },
  ...{ doc_to_text: '{{question}}', doc_to_target: 'answer', doc_to_choice: ['yes', 'no'] },
};

/** A folder with a task of one question. */
function taskFolder(changes: object = {}): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'rows.json'), '[{"question": "One?", "answer": 1}]');
  // YAML is JSON too.
  writeFileSync(join(folder, 'task.yaml'), JSON.stringify({ ...task, ...changes }));
  return folder;
}

it('one that was queued by the window runs after the next start, when nothing is chosen any more', async () => {
  const home = join(temporaryFolder(), 'home');
  const asked: EngineTask[] = [];
  const startEngine = scriptedEngine(({ task }) => {
    asked.push(task);
    return new Promise(() => undefined);
  });
  const tasks = taskFolder();
  const grants = new PathGrants();
  grants.add({ secret: 's'.repeat(22), path: tasks, use: 'read' });
  const first = await openBackend({ home, startEngine, resourcesDirectory: bundledResources, grants });
  const prompt = { kind: 'text' as const, text: 'The' };
  await first.handle('generation.start', { model: 'small-llama', columns: [null], prompt });
  const job = await first.handle('benchmarks.start', { model: 'small-llama', tasks, columns: [null] });
  await expect.poll(() => asked.map(({ kind }) => kind)).toEqual(['generate']);
  await first.close(0);

  const grantsOfNext = new PathGrants();
  const next = await openBackend({ home, startEngine, resourcesDirectory: bundledResources, grants: grantsOfNext });
  const state = async () => (await next.handle('jobs.get', { id: job.id })).error ?? asked.at(-1)?.kind;
  await expect.poll(state).toBe('benchmark');
  expect(asked.at(-1)).toMatchObject({ tasks: [{ name: 'made', total: 1 }] });
  await expect(next.handle('benchmarks.tasks', { tasks })).rejects.toThrow('was not chosen');
});

it('one is cancelled while its tasks are read', async () => {
  const startEngine = scriptedEngine(() => new Promise(() => undefined));
  const backend = await openBackend({ startEngine, startReader, resourcesDirectory: bundledResources });
  const doc_to_text = '{% for a in range(99999) %}{% for b in range(999) %}{% endfor %}{% endfor %}';
  const request = { model: 'small-llama', tasks: taskFolder({ doc_to_text }), columns: [null] };
  const { id } = await backend.handle('benchmarks.start', request);
  const status = async () => (await backend.handle('jobs.get', { id })).status;
  await expect.poll(status).toBe('running');
  await backend.handle('jobs.cancel', { id });
  await backend.idle();
  expect(await backend.handle('jobs.get', { id })).toMatchObject({ status: 'cancelled' });
});

it('one that cannot be read costs the list no other', async () => {
  const startEngine = scriptedEngine(() => new Promise(() => undefined));
  const backend = await openBackend({ startEngine, resourcesDirectory: bundledResources });
  await backend.handle('settings.set', { queue_paused: true });
  const request = { model: 'small-llama', tasks: taskFolder(), columns: [null] };
  const ids: string[] = [];
  for (let count = 0; count < 3; count++) ids.push((await backend.handle('benchmarks.start', request)).id);
  for (const id of ids) await backend.handle('jobs.cancel', { id });
  await backend.close();
  const database = new SqliteDatabase(join(backend.home, 'studio.sqlite'));
  const damage = database.prepare('UPDATE jobs SET payload = ? WHERE id = ?');
  damage.run('{"request":', ids[0]);
  damage.run('{"request":{"model":7}}', ids[1]);
  database.close();
  const next = await openBackend({ home: backend.home, startEngine, resourcesDirectory: bundledResources });
  const listed = await next.handle('benchmarks.list', {});
  expect(listed.map(({ job, names }) => [job.id, names])).toEqual([[ids[2], ['small-llama']]]);
});

it('one is deleted with its scores once it has ended', async () => {
  const startEngine = scriptedEngine(() => new Promise(() => undefined));
  const backend = await openBackend({ startEngine, resourcesDirectory: bundledResources });
  await backend.handle('settings.set', { queue_paused: true });
  const request = { model: 'small-llama', tasks: taskFolder(), columns: [null] };
  const { id } = await backend.handle('benchmarks.start', request);
  await expect(backend.handle('benchmarks.remove', { id })).rejects.toThrow(/has not ended/);
  await backend.handle('jobs.cancel', { id });
  await backend.handle('benchmarks.remove', { id });
  expect(await backend.handle('benchmarks.list', {})).toEqual([]);
});

it('prompts are conversations by the template of the base, where that is asked for', async () => {
  const contexts: string[] = [];
  const startEngine = scriptedEngine(async ({ task }) => {
    if (task.kind === 'benchmark')
      contexts.push(...task.tasks.flatMap(({ questions }) => questions.map((one) => one.context)));
    throw new Error('enough');
  });
  const backend = await openBackend({ startEngine, resourcesDirectory: bundledResources });
  const chat = { apply_chat_template: true, system_instruction: 'Be brief.' };
  const request = { model: 'small-llama', tasks: taskFolder(), columns: [null], ...chat };
  await backend.handle('benchmarks.start', request);
  await backend.idle();
  expect(contexts).toEqual([expect.stringMatching(/Be brief\..*One\?.*assistant\n$/s)]);
});

it('one of a single task and example says so', async () => {
  const startEngine = scriptedEngine(async ({ task }) => {
    if (task.kind !== 'benchmark') throw new Error(task.kind);
    const scored = task.tasks.map(({ name, file, outputType, total }) => ({
      ...{ name, file, outputType, version: null, shots: 0, examples: 1, total },
      ...{ higherIsBetter: {}, config: {}, columns: [[]] },
    }));
    return { kind: 'benchmark', result: { tasks: scored, groups: [], seconds: 1 } };
  });
  const backend = await openBackend({ startEngine, resourcesDirectory: bundledResources });
  const request = { model: 'small-llama', tasks: taskFolder(), columns: [null] };
  await backend.handle('benchmarks.start', request);
  await expect.poll(() => backend.seen('notification').map(({ message }) => message)).toEqual(['1 task, 1 example.']);
});
