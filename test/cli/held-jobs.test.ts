import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openStore } from '../../src-main/store/open-store.ts';
import { cotoOn, temporaryFolder } from './run-command.ts';

const exported = join(temporaryFolder(), 'exported');
const status = 'queued' as const;
const waiting = { status, parentId: null, after: [] as string[], progress: null, error: null };
const times = { createdAt: 1, startedAt: null, finishedAt: null };
let copy: string;
let coto: ReturnType<typeof cotoOn>;

/** A copy of a home with two queued jobs. */
beforeEach(async () => {
  const folder = temporaryFolder();
  const home = join(folder, 'home');
  expect((await cotoOn(home)(['runs', 'list'])).err).toBe('');
  const store = openStore(join(home, 'studio.sqlite'));
  const evaluation = { kind: 'evaluate', title: 'Evaluate', subjectId: null } as const;
  store.jobs.insert({ ...evaluation, ...waiting, ...times, id: 'job-1' }, {});
  const writing = { adapterId: 'a', target: 'peft', path: exported };
  store.jobs.insert({ ...waiting, ...times, id: 'job-2', kind: 'export', title: 'Export', subjectId: null }, writing);
  store.close();
  expect((await cotoOn(home)(['runs', 'list'])).err).toBe('');
  copy = join(folder, 'copy');
  cpSync(home, copy, { recursive: true });
  coto = cotoOn(copy);
});

function statuses(): string[] {
  const store = openStore(join(copy, 'studio.sqlite'));
  const found = store.jobs.list(false).map(({ status }) => status);
  store.close();
  return found;
}

test('a command reports held jobs with the commands that answer, and works as usual', async () => {
  const { code, out, err } = await coto(['runs', 'list', '--json']);
  expect([code, JSON.parse(out)]).toEqual([0, []]);
  expect(err).toContain(`This home was last used in another folder, ${join(copy, '..', 'home')}. 2 queued jobs held.`);
  expect(err).toContain(`Paths written outside of the home: ${exported}.`);
  expect(err).toContain('Continue them: coto home continue. Leave them held: coto home hold.');
  expect(statuses()).toEqual(['queued', 'queued']);

  const continued = await coto(['home', 'continue', '--json']);
  expect(continued.err).toBe('');
  expect(JSON.parse(continued.out)).toMatchObject({ continued: true, jobs: [{ id: 'job-1' }, { id: 'job-2' }] });
  expect((await coto(['runs', 'list'])).err).toBe('');
  expect((await coto(['home', 'hold'])).out).toBe('No queued job is held.\n');
  expect(statuses()).toEqual(['queued', 'queued']);
});

test('a person is asked once; what is left held is continued later', async () => {
  expect((await coto(['runs', 'list'], undefined, 'n')).err).toContain('leave them held (n)? ');
  const again = await coto(['runs', 'list'], undefined, 'y');
  expect(again.err).toBe('');
  const { out } = await coto(['home', 'continue']);
  expect(out).toContain('2 queued jobs held.');
  expect(out).toContain('Continued. The window starts them when it opens.');
  expect((await coto(['home', 'continue'])).out).toBe('No queued job is held.\n');
});

test('without an answer nothing is decided', async () => {
  const { code, err } = await coto(['runs', 'list'], undefined, '');
  expect(code).toBe(130);
  expect(err).toContain('The question was not answered.');
  expect((await coto(['runs', 'list'])).err).toContain('2 queued jobs held.');
});
