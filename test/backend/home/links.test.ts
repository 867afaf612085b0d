import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openHome } from '../../../src-main/backend/home/home.ts';
import { homeEntries, placeEntries } from '../../../src-main/backend/home/move/home-entries.ts';
import { homeFiles, homeFolders } from '../../../src-main/files/home-layout.ts';
import { locateHome } from '../../../src-main/files/home-place.ts';
import { openStore } from '../../../src-main/store/open-store.ts';
import { removeTemporaryFolders, temporaryFolder } from '../support.ts';

afterEach(removeTemporaryFolders);

/** A closed home, and beside it a folder of the person with files that a sweep of a home would remove. */
function homeBesideVictim(): { readonly home: string; readonly victim: string } {
  const folder = realpathSync(temporaryFolder());
  const [home, victim] = [join(folder, 'home'), join(folder, 'victim')];
  const opened = openHome(home);
  openStore(opened.database).close();
  opened.release();
  for (const path of ['.own.0123456789ab.tmp', 'deep/.own.0123456789ab.tmp', 'deep/er/.own.0123456789ab.tmp', 'own']) {
    mkdirSync(dirname(join(victim, path)), { recursive: true });
    writeFileSync(join(victim, path), 'own');
  }
  return { home, victim };
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

describe('a home whose folders are links', () => {
  it.each(homeFolders)('is refused for %s, and nothing is written or removed', (name) => {
    const { home, victim } = homeBesideVictim();
    const before = filesOf(victim);
    rmSync(join(home, name), { recursive: true, force: true });
    mkdirSync(dirname(join(home, name)), { recursive: true });
    symlinkSync(victim, join(home, name));
    const own = filesOf(home);
    expect(() => openHome(home)).toThrow(`${name} in the home folder ${home} is a link to ${victim}`);
    expect(filesOf(victim)).toEqual(before);
    expect(filesOf(home)).toEqual(own);
  });

  it.each(homeFiles)('is refused for the file %s, which stays unchanged', (name) => {
    const { home, victim } = homeBesideVictim();
    rmSync(join(home, name), { force: true });
    symlinkSync(join(victim, 'own'), join(home, name));
    expect(() => openHome(home)).toThrow(`${name} in the home folder ${home} is a link`);
    expect(readFileSync(join(victim, 'own'), 'utf8')).toBe('own');
  });

  it('lists every folder and file that a move takes along', () => {
    const listed: ReadonlySet<string> = new Set([...homeFolders, ...homeFiles]);
    const unlisted = [...homeEntries, ...placeEntries].filter(
      (path) => !listed.has(path) && !listed.has(dirname(path)),
    );
    expect(unlisted).toEqual([]);
  });
});

it('opens a home that is itself a link by its real path', () => {
  const { home } = homeBesideVictim();
  const disk = join(dirname(home), 'disk');
  renameSync(home, disk);
  symlinkSync(disk, home);
  const opened = openHome(home);
  expect(opened.path).toBe(disk);
  expect(opened.relative(opened.absolute('adapters', 'a'))).toBe('adapters/a');
  opened.release();
  rmSync(disk, { recursive: true });
  expect(() => openHome(home)).toThrow(`The home folder ${home} is a link to ${disk}, which is missing.`);
  expect(existsSync(disk)).toBe(false);
});

it('answers no path through a link below the home, and lists links apart', () => {
  const { home, victim } = homeBesideVictim();
  symlinkSync(victim, join(home, 'x'));
  symlinkSync(join(home, 'nowhere'), join(home, 'adapters', 'dangling'));
  mkdirSync(join(home, 'adapters', 'a'));
  const opened = openHome(home);
  for (const path of ['x/deep', 'x/new', 'x', 'adapters/dangling', 'adapters/dangling/y']) {
    expect(() => opened.absolute(path), path).toThrow(/is a link to .*, which CoTo Studio does not follow/);
    expect(opened.existing(path), path).toBeNull();
  }
  expect(opened.existing('adapters/a')).toBe(join(home, 'adapters', 'a'));
  expect(opened.existing('adapters/b')).toBeNull();
  expect(opened.entries('adapters')).toEqual({ names: ['a'], folders: ['a'], links: ['dangling'] });
  opened.release();
  expect(lstatSync(join(home, 'x')).isSymbolicLink()).toBe(true);
});

it.runIf(process.platform !== 'win32').each(['backend.place', 'backend.pid', 'backend.lock', 'studio.sqlite'])(
  'does not wait for %s as a FIFO',
  (name) => {
    const { home } = homeBesideVictim();
    rmSync(join(home, name), { force: true });
    expect(spawnSync('mkfifo', [join(home, name)]).status).toBe(0);
    expect(() => openHome(home)).toThrow(`${name} is not a regular file`);
  },
);

it('refuses links in a home that is named by a relative path', () => {
  const { home, victim } = homeBesideVictim();
  const before = filesOf(victim);
  rmSync(join(home, 'runs'), { recursive: true });
  symlinkSync('../victim', join(home, 'runs'));
  expect(() => openHome(relative(process.cwd(), home))).toThrow(
    `runs in the home folder ${home} is a link to ../victim`,
  );
  expect(filesOf(victim)).toEqual(before);
});

it('refuses links before the window or a command writes anything', () => {
  const { home, victim } = homeBesideVictim();
  symlinkSync(victim, join(home, 'window'));
  expect(() => locateHome(home)).toThrow(`window in the home folder ${home} is a link to ${victim}`);
  const other = join(dirname(home), 'other');
  writeFileSync(join(dirname(home), 'moved-to.json'), JSON.stringify({ home }));
  expect(() => locateHome(dirname(home))).toThrow('window in the home folder');
  expect(locateHome(other)).toBe(other);
});
