import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { reportRecordSchema } from '../../src-shared/domain/app/report.ts';
import { disagreements, reopened } from '../campaigns/kills/killed-processes.ts';
import { caseFolders, copyOf, goodData } from './bad-input-support.ts';
import { killCommandBy } from './killed-command.ts';
import { cotoOn } from './run-command.ts';

const caseFolder = caseFolders();

const folder = caseFolder();
const home = join(folder, 'home');
const coto = cotoOn(home);

test('a report that is killed between its page and its row is there when the home is opened again', async () => {
  const settings = ['max_steps=1', 'per_device_train_batch_size=4', 'compute_backend=wasm', 'adapter.r=2'];
  const data = [`model=${copyOf(folder)}`, `dataset=${goodData(join(folder, 'bands'))}`];
  const { code, err } = await coto(['train', '--name', 'trained', '--set', ...data, ...settings]);
  expect(code, err).toBe(0);

  const words = ['report', 'trained', '--name', 'Of one run', '--note', 'Why.', '--home', home];
  await killCommandBy('killed-before-row.ts', words);
  const [id = ''] = readdirSync(join(home, 'reports'));
  expect(disagreements(home)).toContain(`no row names reports/${id}`);
  // Earlier versions created the folder before its page.
  mkdirSync(join(home, 'reports', 'report-half'));
  writeFileSync(join(home, 'reports', 'report-half', 'report.csv'), 'half');

  const { page, found, strays } = await reopened(home, async ({ handle, idle }) => {
    await idle();
    const list = z.array(reportRecordSchema).parse(await handle('reports.list', {}));
    return {
      found: list,
      page: await handle('reports.page', { id }),
      strays: (await handle('app.doctor', {})).strays,
    };
  });
  expect(found).toMatchObject([
    {
      id,
      name: 'Of one run',
      note: 'Why.',
      path: join(home, 'reports', id, 'report.html'),
      runIds: [expect.stringMatching(/^run-/)],
      studyIds: [],
    },
  ]);
  expect(page.html).toContain('Why.');
  expect(strays).toEqual([{ kind: 'report', path: 'reports/report-half', bytes: 4 }]);
  expect((await coto(['doctor', '--delete', 'reports/report-half'])).code).toBe(0);
  expect(disagreements(home)).toEqual([]);
  // The report is whole: it can be made again beside it, and be deleted.
  await reopened(home, async ({ handle }) => handle('reports.remove', { id }));
  expect(readdirSync(join(home, 'reports'))).toEqual([]);
});
