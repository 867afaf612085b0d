import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openStore } from '../../src-main/store/open-store.ts';
import { openStudio, request } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-held-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of a home whose queue holds an export to `path`. */
async function copyWithQueue(path: string): Promise<string> {
  const home = join(folder, 'home');
  await (await openStudio(home)).close();
  const store = openStore(join(home, 'studio.sqlite'));
  const job = { kind: 'export', title: 'Export one', subjectId: null, parentId: null, status: 'queued' } as const;
  store.jobs.insert(
    { ...job, id: 'job-1', after: [], progress: null, error: null, createdAt: 1, startedAt: null, finishedAt: null },
    { adapterId: 'adapter-0123456789', target: 'peft', path },
  );
  store.close();
  const copy = join(folder, 'copy');
  cpSync(home, copy, { recursive: true });
  return copy;
}

test('a copy of a home asks once about its queue, and starts it when the person continues it', async () => {
  const path = join(folder, 'exported');
  const copy = await copyWithQueue(path);
  const first = await openStudio(copy);
  const question = first.page.getByRole('region', { name: 'Held jobs' });
  await question.getByText(`Paths written outside of the home: ${path}.`).waitFor();
  await question.getByRole('button', { name: 'Leave held' }).click();
  await question.waitFor({ state: 'detached' });
  expect((await request(first.page, 'jobs.get', { id: 'job-1' })).status).toBe('queued');
  await first.close();

  const again = await openStudio(copy);
  await again.page.getByText('1 job is held, because this home was last used elsewhere.').waitFor();
  expect(await again.page.getByRole('region', { name: 'Held jobs' }).count()).toBe(0);
  await again.page.getByRole('button', { name: 'Continue held jobs' }).click();
  // The job has started and failed, because its adapter is not in this home.
  await expect.poll(async () => (await request(again.page, 'jobs.get', { id: 'job-1' })).status).toBe('failed');
  await again.close();
});
