import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { openHome } from '../../../src-main/backend/home/home.ts';
import { openStore } from '../../../src-main/store/open-store.ts';
import { removeTemporaryFolders, temporaryFolder } from '../support.ts';

afterEach(removeTemporaryFolders);

describe('the home', () => {
  it('is made, and held by one backend at a time', () => {
    const path = join(temporaryFolder(), 'new', 'home');
    const home = openHome(path);
    for (const folder of ['runs', 'adapters', 'datasets', 'reports']) expect(existsSync(join(path, folder))).toBe(true);
    expect(() => openHome(path)).toThrow(/already running on the home folder .*\(process \d+\)/);
    home.release();
    openHome(path).release();
  });

  it('names what lies in it relative to itself', () => {
    const home = openHome(temporaryFolder());
    expect(home.relative(home.absolute('adapters', 'a', 'b'))).toBe('adapters/a/b');
    expect(() => home.relative('/somewhere/else')).toThrow(/is not below/);
    home.release();
  });

  it('answers no path outside of it', () => {
    const path = temporaryFolder();
    const home = openHome(path);
    for (const folder of ['../victim', 'adapters/../../victim', '/etc', ''])
      expect(() => home.absolute(folder), folder).toThrow(/which is outside of it/);
    expect(home.absolute('adapters', '..', 'runs')).toBe(join(path, 'runs'));
    home.release();
  });

  it.runIf(process.platform !== 'win32')('is closed to other users, also one of an earlier version', () => {
    const path = join(temporaryFolder(), 'home');
    openHome(path).release();
    expect(statSync(path).mode & 0o777).toBe(0o700);
    writeFileSync(join(path, 'studio.sqlite'), '');
    chmodSync(path, 0o755);
    openHome(path).release();
    expect(statSync(path).mode & 0o777).toBe(0o700);
    chmodSync(path, 0o750);
    openHome(path).release();
    expect(statSync(path).mode & 0o777).toBe(0o750);
  });

  it('is taken over from a process that was killed', async () => {
    const path = temporaryFolder();
    const module = fileURLToPath(new URL('../../../src-main/backend/home/home.ts', import.meta.url));
    const script = `const { openHome } = await import(${JSON.stringify(module)});
      // Kept: a lock that nothing refers to goes with its garbage.
      globalThis.home = openHome(${JSON.stringify(path)}); console.log('open'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(() => openHome(path)).toThrow(new RegExp(`process ${child.pid}`));
    child.kill('SIGKILL');
    await once(child, 'exit');
    openHome(path).release();
  });

  it('stays held when its lock file is deleted or overwritten', () => {
    const path = temporaryFolder();
    const home = openHome(path);
    const store = openStore(home.database);
    for (const content of [null, 'garbage']) {
      rmSync(join(path, 'backend.lock'), { force: true });
      if (content !== null) writeFileSync(join(path, 'backend.lock'), content.repeat(100));
      expect(() => openHome(path)).toThrow(/is open in another program \(process \d+\)/);
    }
    store.close();
    home.release();
    openHome(path).release();
  });

  it('opens with garbage for its lock, and names a folder in the place of the lock or a file in that of a folder', () => {
    const path = temporaryFolder();
    const lock = join(path, 'backend.lock');
    writeFileSync(lock, 'garbage '.repeat(100));
    openHome(path).release();
    rmSync(lock);
    mkdirSync(lock);
    expect(() => openHome(path)).toThrow(/backend\.lock is a folder, where CoTo Studio keeps the lock/);
    rmSync(lock, { recursive: true });
    rmSync(join(path, 'reports'), { recursive: true });
    writeFileSync(join(path, 'reports'), '');
    expect(() => openHome(path)).toThrow(/reports is a file, where CoTo Studio keeps a folder/);
  });

  it('says which folder cannot be made', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(() => openHome(join(file, 'home'))).toThrow(/The home folder .*file.home cannot be made/);
  });
});

it('removes the folder of a report whose job was killed before it was whole', () => {
  const path = join(temporaryFolder(), 'home');
  openHome(path).release();
  for (const name of ['.report-1.0123456789ab.tmp', 'report-2']) {
    mkdirSync(join(path, 'reports', name));
    writeFileSync(join(path, 'reports', name, 'report.html'), 'whole');
  }
  openHome(path).release();
  expect(readdirSync(join(path, 'reports'))).toEqual(['report-2']);
});

it.each(['cache/forgetting', 'bundles/study-1', 'records/adapter'])(
  'removes what a killed job had not finished in %s',
  (folder) => {
    const path = join(temporaryFolder(), 'home');
    openHome(path).release();
    mkdirSync(join(path, folder), { recursive: true });
    for (const name of ['.base.f32.0123456789ab.tmp', 'base.f32']) writeFileSync(join(path, folder, name), 'half');
    openHome(path).release();
    expect(readdirSync(join(path, folder))).toEqual(['base.f32']);
  },
);
