import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openHome } from '../../../../src-main/backend/home/home.ts';
import { moveHome } from '../../../../src-main/backend/home/move/move-home.ts';
import { settleMove } from '../../../../src-main/backend/home/move/settle-move.ts';
import { locateHome } from '../../../../src-main/files/home-place.ts';
import { openStore } from '../../../../src-main/store/open-store.ts';
import { modelRecord } from '../../records.ts';
import { withMortalFiles } from '../mortal-files.ts';

/** Every seventh step in `unit`, every one in `long`. */
const stride = Number(process.env['COTO_KILL_STRIDE'] ?? 7);

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

// In memory where that can be: the many syncs cost nothing there.
function temporaryFolder(): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'coto-move-'));
  folders.push(folder);
  return folder;
}

/** A home with a model of its own, an adapter, links, and files beside that are not the studio's. */
function smallHome(): { readonly folder: string; readonly home: string } {
  const folder = temporaryFolder();
  const home = join(folder, 'home');
  const opened = openHome(home);
  const store = openStore(opened.database);
  store.models.save({ ...modelRecord, id: 'own', path: opened.absolute('models', 'own') });
  store.close();
  opened.release();
  mkdirSync(join(home, 'models', 'own'));
  for (const [name, bytes] of [
    ['models/own/model.safetensors', 300_000],
    ['adapters/a.txt', 10],
    ['updates.json', 2],
    ['logs/shell.log', 0],
  ] as const) {
    mkdirSync(join(home, name, '..'), { recursive: true });
    writeFileSync(join(home, name), Buffer.alloc(bytes, name));
  }
  symlinkSync(join(folder, 'elsewhere'), join(home, 'datasets', 'out'));
  symlinkSync('../models/own', join(home, 'datasets', 'in'));
  symlinkSync(join(home, 'models'), join(home, 'datasets', 'absolute'));
  return { folder, home };
}

const options = { keep: false, signal: new AbortController().signal, onProgress: () => undefined };

function expectWhole(home: string): void {
  expect(readFileSync(join(home, 'models', 'own', 'model.safetensors')).length).toBe(300_000);
  const opened = openHome(home);
  const store = openStore(opened.database);
  expect(store.models.find('own')?.path).toBe(join(home, 'models', 'own'));
  store.close();
  opened.release();
}

/** Opens a home that is not known here, as a person who accepts it. */
function accept(home: string): void {
  const opened = openHome(home);
  opened.identity.adopt([]);
  opened.release();
}

describe('moving the home', () => {
  it('takes everything along, and the place leads there', async () => {
    const { folder, home } = smallHome();
    const target = join(folder, 'new', 'studio');
    const phases = new Set<string>();
    const moved = await moveHome({
      ...options,
      place: home,
      folder: target,
      onProgress: ({ phase }) => phases.add(phase),
    });
    expect(moved).toMatchObject({ from: home, to: target, oldIsThere: true });
    expect([...phases]).toEqual(['Copying', 'Checking']);
    // The file points to the new place.
    expect(readdirSync(home)).toEqual(['moved-to.json']);
    expect(locateHome(home)).toBe(target);
    expect(readlinkSync(join(target, 'datasets', 'in'))).toBe('../models/own');
    expect(readlinkSync(join(target, 'datasets', 'absolute'))).toBe('../models');
    expect(readlinkSync(join(target, 'datasets', 'out'))).toBe(join(folder, 'elsewhere'));
    expect(statSync(target).mode & 0o777).toBe(0o700);
    expectWhole(target);
    expect(readdirSync(target)).not.toContain('moved-from.json');

    // Moved again, by the name of old; the folder between is gone.
    const third = join(folder, 'third');
    expect(await moveHome({ ...options, place: home, folder: third })).toMatchObject({
      from: target,
      oldIsThere: false,
    });
    expect(locateHome(home)).toBe(third);
    // The moved home was always known on this machine, so its queue continues.
    const opened = openHome(third);
    expect(opened.identity.isKnown).toBe(true);
    opened.release();
  });

  it('leaves what is not its own, and everything where that is asked for', async () => {
    const { folder, home } = smallHome();
    mkdirSync(join(home, 'window'));
    await moveHome({ ...options, place: home, folder: join(folder, 'a'), keep: true });
    expect(existsSync(join(home, 'studio.sqlite'))).toBe(true);
    expect(existsSync(join(home, 'moving-to.json'))).toBe(false);
    expect(existsSync(join(folder, 'a', 'window'))).toBe(false);
    rmSync(join(home, 'moved-to.json'));
    expectWhole(home);
    expectWhole(join(folder, 'a'));
    // The kept files are a copy from now on: its queue must not run twice.
    const kept = openHome(home);
    expect(kept.identity.isKnown).toBe(false);
    kept.identity.adopt([]);
    kept.release();
    await moveHome({ ...options, place: home, folder: join(folder, 'b') });
    expect(readdirSync(home).sort()).toEqual(['moved-to.json', 'window']);
  });

  it('refuses folders that it cannot use, and leaves no trace there', async () => {
    const { folder, home } = smallHome();
    const full = join(folder, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'x'), '');
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    symlinkSync(home, join(folder, 'link'));
    const move = (to: string, more = {}) => moveHome({ ...options, place: home, folder: to, ...more });
    await expect(move(full)).rejects.toThrow(/full is not empty/);
    await expect(move(join(full, 'x'))).rejects.toThrow(/is a file/);
    await expect(move(home)).rejects.toThrow(/is the home folder itself/);
    await expect(move(join(home, 'deep', 'er'))).rejects.toThrow(/is inside the home folder/);
    await expect(move(join(folder, 'link', 'x'))).rejects.toThrow(/is inside the home folder/);
    await expect(move(empty, { locks: () => false })).rejects.toThrow(/cannot be locked/);
    expect(readdirSync(empty)).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['empty', 'full', 'home', 'link']);
    expect(locateHome(home)).toBe(home);
    expectWhole(home);
  });

  it.runIf(process.platform !== 'win32' && userInfo().uid !== 0)(
    'refuses a folder that may not be written',
    async () => {
      const { folder, home } = smallHome();
      mkdirSync(join(folder, 'closed'));
      chmodSync(join(folder, 'closed'), 0o500);
      await expect(moveHome({ ...options, place: home, folder: join(folder, 'closed', 'x') })).rejects.toThrow(
        /may not write to/,
      );
    },
  );

  it('refuses a home that is open, that came from elsewhere, or that is not there', async () => {
    const { folder, home } = smallHome();
    const opened = openHome(home);
    await expect(moveHome({ ...options, place: home, folder: join(folder, 'n') })).rejects.toThrow(/already running/);
    opened.release();
    const copy = join(folder, 'copy');
    cpSync(home, copy, { recursive: true, verbatimSymlinks: true });
    for (let time = 0; time < 2; time++)
      await expect(moveHome({ ...options, place: copy, folder: join(folder, 'n') })).rejects.toThrow(
        /was last used elsewhere/,
      );
    await expect(moveHome({ ...options, place: join(folder, 'no'), folder: join(folder, 'n') })).rejects.toThrow(
      /There is no home/,
    );
    await moveHome({ ...options, place: home, folder: join(folder, 'n') });
    rmSync(join(folder, 'n'), { recursive: true });
    mkdirSync(join(folder, 'n'));
    expect(() => locateHome(home)).toThrow(/was moved to .*n, and is not there\./);
  });

  it('is cancelled with nothing left', async () => {
    const { folder, home } = smallHome();
    const abort = new AbortController();
    await expect(
      moveHome({
        ...options,
        place: home,
        folder: join(folder, 'n'),
        signal: abort.signal,
        onProgress: () => abort.abort(),
      }),
    ).rejects.toThrow(/was not moved/);
    expect(readdirSync(folder)).toEqual(['home']);
    expect(existsSync(join(home, 'moving-to.json'))).toBe(false);
    expectWhole(home);
  });

  it('has nothing removed by a home from elsewhere', () => {
    const { folder, home } = smallHome();
    const other = join(folder, 'other');
    cpSync(home, other, { recursive: true, verbatimSymlinks: true });
    const move = { id: 'x', place: other, temporary: join(folder, '.t.0123456789ab.tmp'), target: home, keep: false };
    mkdirSync(move.temporary);
    writeFileSync(join(move.temporary, 'x'), '');
    writeFileSync(join(other, 'moving-to.json'), JSON.stringify(move));
    writeFileSync(join(other, 'moved-from.json'), JSON.stringify({ id: 'x', from: home }));
    settleMove(other);
    expect(existsSync(join(move.temporary, 'x'))).toBe(true);
    expectWhole(home);
  });

  it('removes nothing where links of a home from elsewhere lead', () => {
    const { folder, home } = smallHome();
    const own = join(folder, 'own');
    mkdirSync(join(own, 'victim'), { recursive: true });
    writeFileSync(join(own, 'file'), 'own');
    symlinkSync(join(own, 'victim'), join(home, 'evil'));
    const move = { id: '0123456789abcdef', place: home, target: join(home, 'nowhere'), keep: false };
    const temporary = `${home}/evil/..`;
    writeFileSync(join(home, 'moved-from.json'), JSON.stringify({ id: move.id, from: home }));
    writeFileSync(join(home, 'moving-to.json'), JSON.stringify({ ...move, temporary }));
    const opened = openHome(home);
    opened.release();
    expect(readdirSync(own).sort()).toEqual(['file', 'victim']);
    expect(existsSync(join(home, 'moving-to.json'))).toBe(false);
    expect(opened.unfinishedMove).toContain(
      'was not begun by this user here, so nothing outside of the home was removed',
    );
  });

  it('removes no old files by a home from elsewhere that has both sides of the move', () => {
    const { folder, home } = smallHome();
    const own = join(folder, 'own');
    mkdirSync(join(own, 'forgetting'), { recursive: true });
    const from = join(home, 'old');
    mkdirSync(join(from, 'runs', 'run-1'), { recursive: true });
    symlinkSync(own, join(from, 'cache'));
    const move = { id: '0123456789abcdef', place: from, temporary: join(home, 't'), target: home, keep: false };
    writeFileSync(join(from, 'moving-to.json'), JSON.stringify(move));
    writeFileSync(join(from, 'moved-to.json'), JSON.stringify({ home }));
    writeFileSync(join(home, 'moved-from.json'), JSON.stringify({ id: move.id, from }));
    const opened = openHome(home);
    opened.release();
    expect(readdirSync(own)).toEqual(['forgetting']);
    expect(existsSync(join(from, 'runs', 'run-1'))).toBe(true);
    expect(opened.unfinishedMove).toContain('so the old files were not removed');
  });

  it('leads nowhere by an unfinished move of a home from elsewhere, nor to a folder that is no home', () => {
    const { folder, home } = smallHome();
    const own = join(folder, 'own');
    mkdirSync(join(own, 'runs'), { recursive: true });
    mkdirSync(join(own, 'backups'), { recursive: true });
    writeFileSync(join(own, 'studio.sqlite'), '');
    const place = join(home, 'place');
    mkdirSync(place);
    writeFileSync(join(place, 'moved-to.json'), JSON.stringify({ home: own }));
    const move = { id: '0123456789abcdef', place, temporary: join(home, 't'), target: own, keep: false };
    writeFileSync(join(home, 'moving-to.json'), JSON.stringify(move));
    expect(locateHome(home)).toBe(home);
    rmSync(join(own, 'studio.sqlite'));
    expect(() => locateHome(place)).toThrow(/was moved to .*own, and is not there/);
  });

  it('leaves a killed move alone that the configuration of another user began, and says so', async () => {
    let { folder, home } = smallHome();
    const isBegun = () => readdirSync(folder).some((name) => existsSync(join(folder, name, 'moved-from.json')));
    for (let killAt = 14; !isBegun(); killAt++) {
      ({ folder, home } = smallHome());
      openHome(home).release();
      await withMortalFiles(killAt, async () => {
        await moveHome({ ...options, place: home, folder: join(folder, 'new') });
      });
    }
    const before = readdirSync(folder).sort();
    expect(before).toEqual([expect.stringMatching(/^\.new\..*\.tmp$/), 'home']);
    vi.stubEnv('COTO_STUDIO_CONFIG', join(folder, 'config'));
    const opened = openHome(home);
    vi.unstubAllEnvs();
    opened.release();
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(opened.unfinishedMove).toMatch(/nothing outside of the home was removed. A part of a copy may be left/);
  });

  it('is not begun where it cannot be recorded', async () => {
    const { folder, home } = smallHome();
    vi.stubEnv('COTO_STUDIO_CONFIG', join(folder, 'config'));
    accept(home);
    writeFileSync(join(folder, 'config', 'moves'), 'a file');
    await expect(moveHome({ ...options, place: home, folder: join(folder, 'new') })).rejects.toThrow(
      /The move cannot be recorded in .*config/,
    );
    vi.unstubAllEnvs();
    expect(readdirSync(folder).sort()).toEqual(['config', 'home']);
    expectWhole(home);
  });

  it('moves through a link to another disk, and back from a home that is a link', async () => {
    const { folder, home } = smallHome();
    vi.stubEnv('COTO_STUDIO_CONFIG', join(folder, 'config'));
    accept(home);
    mkdirSync(join(folder, 'disk'));
    symlinkSync(join(folder, 'disk'), join(folder, 'mount'));
    const moved = await moveHome({ ...options, place: home, folder: join(folder, 'mount', 'studio') });
    expect(moved.to).toBe(join(folder, 'disk', 'studio'));
    expectWhole(locateHome(home));
    symlinkSync(moved.to, join(folder, 'named'));
    await moveHome({ ...options, place: join(folder, 'named'), folder: join(folder, 'third') });
    expectWhole(locateHome(join(folder, 'named')));
    expect(readdirSync(join(folder, 'config', 'moves'))).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('killed at any of its steps leaves one whole home, and the next opening nothing else', async () => {
    const template = smallHome().home;
    const outcomes = new Set<string>();
    let calls = Number.POSITIVE_INFINITY;
    for (let killAt = 0; killAt < calls; killAt += stride) {
      const folder = temporaryFolder();
      const home = join(folder, 'home');
      cpSync(template, home, { recursive: true, verbatimSymlinks: true });
      accept(home);
      const made = await withMortalFiles(killAt, async () => {
        await moveHome({ ...options, place: home, folder: join(folder, 'new') });
      });
      if (made <= killAt) calls = made;
      const current = locateHome(home);
      outcomes.add(current === home ? 'old' : 'new');
      const opened = openHome(current);
      expect(opened.identity.isKnown, `killed at ${killAt}`).toBe(true);
      opened.release();
      expectWhole(current);
      const left = [readdirSync(folder).sort(), readdirSync(home)];
      if (current === home) expect(left[0], `killed at ${killAt}`).toEqual(['home']);
      else expect(left, `killed at ${killAt}`).toEqual([['home', 'new'], ['moved-to.json']]);
      rmSync(folder, { recursive: true });
    }
    expect([...outcomes]).toEqual(['old', 'new']);
    expect(calls).toBeGreaterThan(40);
  });
});
