import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Home, openHome } from '../../../src-main/backend/home/home.ts';
import { HomeIdentity } from '../../../src-main/backend/home/home-identity.ts';
import { withOutputNote } from '../../../src-main/backend/home/output-notes.ts';
import { jobOf } from '../../../src-main/backend/job-kinds.ts';
import { cleanOutputs } from '../../../src-main/backend/recovery/clean-outputs.ts';
import { openLog } from '../../../src-main/logging/log.ts';
import { openStore, type Store } from '../../../src-main/store/open-store.ts';

let folder: string;
let home: Home;
let store: Store;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-outputs-'));
  home = openHome(join(folder, 'home'));
  store = openStore(home.database);
});
afterEach(() => {
  store.close();
  home.release();
  rmSync(folder, { recursive: true });
});

const unfinished = ['.wanted.0123456789ab.tmp', '.other.0123456789ab.tmp'];

function killedExport(): void {
  for (const name of [...unfinished, 'mine']) mkdirSync(join(folder, 'out', name), { recursive: true });
  store.jobs.insert(
    {
      id: 'job-1',
      kind: 'export',
      title: 'Export',
      status: 'running',
      subjectId: null,
      parentId: null,
      after: [],
      progress: null,
      error: null,
      createdAt: 1,
      startedAt: 1,
      finishedAt: null,
    },
    { adapterId: 'a', target: 'python', path: join(folder, 'out', 'wanted') },
  );
}

function sweep(from: Home): void {
  const { log, close } = openLog(home.absolute('logs'), 'backend');
  cleanOutputs({
    home: from,
    store,
    log,
    queue: { writesTo: ({ id, kind }) => jobOf(kind).writesTo(store.jobs.readablePayload(id)) },
  });
  close();
}

it('removes unfinished output of a killed export beside its path, and nothing else', () => {
  killedExport();
  sweep(home);
  expect(readdirSync(join(folder, 'out')).sort()).toEqual(['.other.0123456789ab.tmp', 'mine']);
});

it('a home from elsewhere removes nothing outside of it', () => {
  killedExport();
  const copy = join(folder, 'copy');
  cpSync(home.path, copy, { recursive: true });
  sweep({ ...home, identity: new HomeIdentity(copy, { isNew: false, isScratch: false }) });
  expect(readdirSync(join(folder, 'out')).sort()).toEqual([...unfinished, 'mine'].sort());
});

it('the next start removes unfinished output of a killed export', async () => {
  for (const name of unfinished) mkdirSync(join(folder, 'out', name), { recursive: true });
  await withOutputNote({ home }, join(folder, 'elsewhere'), async () => undefined);
  // Killed in the midst of it: what would remove the note never comes.
  const kept = home.absolute('kept');
  await withOutputNote({ home }, join(folder, 'out', 'wanted'), async () =>
    cpSync(home.absolute('writing'), kept, { recursive: true }),
  );
  rmSync(home.absolute('writing'), { recursive: true, force: true });
  renameSync(kept, home.absolute('writing'));
  sweep(home);
  expect(readdirSync(join(folder, 'out'))).toEqual(['.other.0123456789ab.tmp']);
  expect(existsSync(home.absolute('writing'))).toBe(false);
});
