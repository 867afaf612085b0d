import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openHome } from '../../../src-main/backend/home/home.ts';
import { openStore } from '../../../src-main/store/open-store.ts';
import { removeTemporaryFolders, temporaryFolder } from '../support.ts';

let folder: string;
let config: string;
let home: string;
beforeEach(() => {
  folder = temporaryFolder();
  config = join(folder, 'config');
  vi.stubEnv('COTO_STUDIO_CONFIG', config);
  home = join(folder, 'home');
  const opened = openHome(home);
  openStore(opened.database).close();
  opened.release();
});
afterEach(() => {
  vi.unstubAllEnvs();
  removeTemporaryFolders();
});

/** Opens the home and returns its state; `adopt`: the person accepts the home. */
function look(path: string, adopt = false): { isKnown: boolean; lastPath: string | null } {
  const opened = openHome(path);
  const { isKnown, lastPath } = opened.identity;
  if (adopt) opened.identity.adopt([]);
  opened.release();
  return { isKnown, lastPath };
}
const known = { isKnown: true, lastPath: null };
const idOf = (path: string): unknown => JSON.parse(readFileSync(join(path, 'home.json'), 'utf8')).id;

describe('a home', () => {
  it('is known by its id and its path, also through a link', () => {
    symlinkSync(home, join(folder, 'link'));
    for (const path of [home, join(folder, 'link')]) expect(look(path)).toEqual(known);
    expect(readdirSync(join(config, 'homes'))).toEqual([`${idOf(home)}.json`]);
  });

  it('a copy is unknown until it is accepted, and then has an id of its own', () => {
    const copy = join(folder, 'copy');
    cpSync(home, copy, { recursive: true });
    for (let time = 0; time < 2; time++) expect(look(copy)).toEqual({ isKnown: false, lastPath: home });
    look(copy, true);
    expect(idOf(copy)).not.toBe(idOf(home));
    for (const path of [home, copy]) expect(look(path)).toEqual(known);
  });

  it('asks once about a home moved by hand', () => {
    const moved = join(folder, 'moved');
    renameSync(home, moved);
    expect(look(moved, true)).toEqual({ isKnown: false, lastPath: home });
    expect(look(moved)).toEqual(known);
  });

  it('on a disk that two people use in turn is asked about at each change', () => {
    const other = join(folder, 'config-of-other');
    for (const person of [other, config, other]) {
      vi.stubEnv('COTO_STUDIO_CONFIG', person);
      expect(look(home, true)).toEqual({ isKnown: false, lastPath: null });
      expect(look(home)).toEqual(known);
    }
  });

  it('restored from a backup to its place is known', () => {
    const backup = join(folder, 'backup');
    cpSync(home, backup, { recursive: true });
    rmSync(home, { recursive: true });
    cpSync(backup, home, { recursive: true });
    expect(look(home)).toEqual(known);
  });

  it('without a database is not new where it has runs or backups', () => {
    for (const entry of ['runs/run-0123456789', 'backups']) {
      const foreign = join(folder, entry.replace('/', '-'));
      mkdirSync(join(foreign, entry), { recursive: true });
      expect(look(foreign).isKnown).toBe(false);
    }
  });

  it('knows a home of an earlier version where that version knew it, and asks elsewhere', () => {
    rmSync(join(home, 'home.json'));
    rmSync(config, { recursive: true });
    const { dev, ino } = statSync(home);
    const place = createHash('sha256')
      .update(JSON.stringify([hostname(), userInfo().username, dev, ino]))
      .digest('hex');
    writeFileSync(join(home, 'backend.place'), 'another place');
    expect(look(home)).toEqual({ isKnown: false, lastPath: null });
    writeFileSync(join(home, 'backend.place'), place);
    expect(look(home)).toEqual(known);
    expect(existsSync(join(home, 'backend.place'))).toBe(false);
    expect(look(home)).toEqual(known);
  });

  it('with a malformed or foreign id is not known', () => {
    const id = idOf(home);
    for (const text of ['{', '{"id":"../../x"}', '{"id":7}', JSON.stringify({ id: 'f'.repeat(32) })]) {
      writeFileSync(join(home, 'home.json'), text);
      expect(look(home).isKnown).toBe(false);
    }
    writeFileSync(join(home, 'home.json'), JSON.stringify({ id }));
    expect(look(home)).toEqual(known);
  });

  it('records nothing about a home removed after use', () => {
    const scratch = openHome(join(folder, 'scratch'), { isScratch: true });
    expect(scratch.identity.isKnown).toBe(true);
    scratch.release();
    expect(readdirSync(join(config, 'homes'))).toHaveLength(1);
  });
});
