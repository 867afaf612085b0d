import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventLog } from '../../../src-main/backend/tensorboard/event-log.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { goldenPath } from '../../engine/golden.ts';
import { column } from '../../src-shared/curves/make-curve.ts';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  realEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from '../support.ts';

let home: string;
let resourcesDirectory: string;
let study: StudyRecord;
let trained: RunRecord;
let foreign: RunRecord;
let imported: AdapterRecord;
let dataset: string;
let report: string;

const open = (options: Partial<Parameters<typeof openBackend>[0]> = {}): Promise<OpenBackend> =>
  openBackend({ home, resourcesDirectory, startEngine: realEngine, ...options });

/** A home with one of everything that lies in no folder, edited by a person, and closed. */
beforeAll(async () => {
  resourcesDirectory = tinyResources();
  const backend = await openBackend({ resourcesDirectory, startEngine: realEngine });
  home = backend.home;
  await backend.handle('settings.set', { theme: 'dark', forgetting: false });
  await backend.handle('targets.save', { name: 'cluster.1', kind: 'slurm', host: 'login1', parameters: {} });
  const added = await backend.handle('datasets.add', { path: tinyIdx(), name: 'Bands' });
  dataset = added.id;
  const run = { ...tinyConfig, dataset, compute_backend: 'wasm' as const };
  const created = await backend.handle('studies.create', {
    config: { kind: 'contribution', dataset, adapters: [{ label: 'A', coto: false, seed: 1, adapter: { run } }] },
    name: 'My study',
  });
  await backend.idle();
  study = await backend.handle('studies.get', { id: created.study.id });
  expect(study).toMatchObject({ status: 'completed', name: 'My study' });
  const [ofStudy] = await backend.handle('runs.list', {});
  if (ofStudy === undefined) throw new Error('the study has no run');
  await backend.handle('runs.update', { id: ofStudy.id, name: 'Mine', note: 'a note', tags: ['x'], starred: true });
  trained = await backend.handle('runs.get', { id: ofStudy.id });
  const events = join(temporaryFolder(), 'events');
  mkdirSync(events, { recursive: true });
  const log = new EventLog(events, { firstStep: 0, settings: { learning_rate: 0.5 } });
  log.add([column('loss', [1, 2], [3, 4])]);
  log.flush();
  const { runs } = await backend.handle('runs.import', { path: events });
  await backend.handle('runs.update', { id: runs[0]?.id ?? '', name: 'Recorded', tags: ['old'] });
  foreign = await backend.handle('runs.get', { id: runs[0]?.id ?? '' });
  const path = goldenPath('vit-28', 'adapters', 'lora');
  const { id } = await backend.handle('adapters.import', { path, modelId: 'tiny' });
  await backend.handle('adapters.update', { id, name: 'Theirs', tags: ['y', 'z'], starred: true });
  imported = await backend.handle('adapters.get', { id });
  await backend.handle('chats.save', { id: 'chat-0001', name: 'Talk', modelId: 'tiny', content: chat });
  const job = await backend.handle('reports.create', { studyIds: [study.id] });
  await backend.idle();
  report = job.subjectId ?? '';
  await backend.handle('reports.rename', { id: report, name: 'My report' });
  await backend.close();
});
afterAll(closeBackends);

const chat = {
  columns: [null],
  kind: 'text' as const,
  text: 'Once',
  system: '',
  template: { id: 'own', text: null },
  settings: {},
  sampling: {},
  answers: [],
};

function loseDatabase(): void {
  rmSync(join(home, 'backups'), { recursive: true, force: true });
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(home, `studio.sqlite${suffix}`), { force: true });
}

async function expectEverything(backend: OpenBackend): Promise<void> {
  expect(await backend.handle('settings.get', {})).toMatchObject({ theme: 'dark', forgetting: false });
  expect((await backend.handle('targets.list', {})).targets).toMatchObject([{ name: 'cluster.1', host: 'login1' }]);
  expect(await backend.handle('datasets.list', {})).toContainEqual(
    expect.objectContaining({ id: dataset, name: 'Bands' }),
  );
  expect(await backend.handle('studies.get', { id: study.id })).toEqual(study);
  const { config, result, name, note, tags, starred, studyId, adapterId } = trained;
  expect(await backend.handle('runs.get', { id: trained.id })).toMatchObject({
    ...{ config, result, name, note, tags, starred, studyId, adapterId },
    status: 'completed',
  });
  expect(studyId).toBe(study.id);
  expect(await backend.handle('runs.get', { id: foreign.id })).toMatchObject({
    name: 'Recorded',
    tags: ['old'],
    origin: foreign.origin,
  });
  const { steps, mean } = await backend.handle('runs.curve', { id: foreign.id, metric: 'loss' });
  expect([[...steps], [...mean]]).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(await backend.handle('adapters.get', { id: imported.id })).toEqual(imported);
  expect(await backend.handle('chats.get', { id: 'chat-0001' })).toMatchObject({ name: 'Talk', content: chat });
  expect(await backend.handle('reports.list', {})).toMatchObject([{ id: report, name: 'My report' }]);
}

describe('the small files of a home', () => {
  it('bring back studies, names, notes, tags, conversations and settings, where the database is lost', async () => {
    loseDatabase();
    const backend = await open({ recovery: 'rebuild' });
    expect(backend.recovered).toMatchObject({
      added: { runs: 2, adapters: 2, studies: 1, datasets: 1, chats: 1, targets: 1, reports: 1 },
      skipped: [],
    });
    await expectEverything(backend);
    await backend.close();
  });

  it('are written again for a home of an earlier version, which has none', async () => {
    rmSync(join(home, 'records'), { recursive: true });
    const database = new SqliteDatabase(join(home, 'studio.sqlite'));
    database.exec('DROP TABLE changed_records');
    database.pragma('user_version = 260');
    database.close();
    const backend = await open();
    await expect.poll(() => existsSync(join(home, 'records', 'settings.json'))).toBe(true);
    await backend.close();
    const files = readdirSync(join(home, 'records'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => name.endsWith('.json')).sort()).toEqual(
      [
        ...[trained.adapterId, imported.id].map((id) => `adapter/${id}.json`),
        ...['chat/chat-0001.json', `dataset/${dataset}.json`, `report/${report}.json`, `study/${study.id}.json`],
        ...['settings.json', 'target/cluster.1.json'],
      ].sort(),
    );
    loseDatabase();
    const rebuilt = await open({ recovery: 'rebuild' });
    await expectEverything(rebuilt);
    await rebuilt.close();
  });

  it('have what a restored backup lacks', async () => {
    await (await open()).close();
    const database = new SqliteDatabase(join(home, 'studio.sqlite'));
    database.exec(
      `UPDATE adapters SET name = 'before', tags = '[]'; UPDATE runs SET name = 'before', note = ''; DELETE FROM chats;
       UPDATE reports SET name = 'before'; DELETE FROM settings; DELETE FROM targets; UPDATE studies SET result = NULL, status = 'running'`,
    );
    mkdirSync(join(home, 'backups'), { recursive: true });
    for (const name of readdirSync(join(home, 'backups'))) await database.backup(join(home, 'backups', name));
    database.close();
    writeFileSync(join(home, 'studio.sqlite'), 'garbage');
    const backend = await open({ recovery: 'restore' });
    await expectEverything(backend);
    await backend.close();
  });

  it('follow an edit, and are removed with what they describe', async () => {
    const backend = await open();
    const file = join(home, 'records', 'adapter', `${imported.id}.json`);
    await backend.handle('adapters.update', { id: imported.id, name: 'Again' });
    const own = () => JSON.parse(readFileSync(file, 'utf8'));
    await expect.poll(own).toMatchObject({ format: 1, adapter: { name: 'Again' } });
    await backend.handle('runs.update', { id: trained.id, note: 'another' });
    const ofRun = () => JSON.parse(readFileSync(join(home, trained.folder, 'run.json'), 'utf8')).run;
    await expect.poll(ofRun).toMatchObject({ note: 'another', status: 'completed', result: trained.result });
    await backend.handle('adapters.remove', { id: imported.id, undoMilliseconds: 0 });
    await backend.handle('runs.remove', { id: foreign.id, undoMilliseconds: 0 });
    await backend.close();
    expect([file, join(home, foreign.folder)].filter((path) => existsSync(path))).toEqual([]);
  });

  it('of another record, another form or behind a link are passed over', async () => {
    const folder = join(home, 'records', 'study');
    const own = readFileSync(join(folder, `${study.id}.json`), 'utf8');
    writeFileSync(join(folder, 'study-0000000000.json'), own);
    writeFileSync(join(folder, 'study-1111111111.json'), '{');
    writeFileSync(join(folder, '%E0%A4%A.json'), own);
    loseDatabase();
    const backend = await open({ recovery: 'rebuild' });
    expect((await backend.handle('studies.list', {})).map(({ id }) => id)).toEqual([study.id]);
    await backend.close();
  });
});
