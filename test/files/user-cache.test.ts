import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cacheFolder, compiledCodeFolder } from '../../src-main/files/user-cache.ts';

let folder: string;
let home: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'coto-cache-')));
  home = join(folder, 'home');
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('the folder of compiled code', () => {
  it('is created in the cache folder, for this user alone', () => {
    const made = compiledCodeFolder([home]);
    expect(made).toBe(join(cacheFolder(), 'compiled'));
    if (process.platform !== 'win32') expect(lstatSync(made ?? '').mode & 0o777).toBe(0o700);
    expect(compiledCodeFolder([home])).toBe(made);
    expect(existsSync(home)).toBe(false);
  });

  it('is never inside of a home, also not through a link', () => {
    expect(compiledCodeFolder([home, folder])).toBeNull();
    mkdirSync(join(home, 'code'), { recursive: true });
    rmSync(cacheFolder(), { recursive: true });
    mkdirSync(cacheFolder());
    symlinkSync(join(home, 'code'), join(cacheFolder(), 'compiled'));
    expect(compiledCodeFolder([home])).toBeNull();
    expect(compiledCodeFolder([join(folder, 'other')])).toBe(join(home, 'code'));
  });

  it('is none where the folder cannot be made', () => {
    mkdirSync(join(folder, 'cache'));
    writeFileSync(cacheFolder(), 'a file');
    expect(compiledCodeFolder([home])).toBeNull();
  });

  it.runIf(process.platform !== 'win32').each(['cache/coto-studio/compiled', 'cache/coto-studio', 'cache'])(
    'is none where others may write %s, unless they may only add files there',
    (path) => {
      compiledCodeFolder([home]);
      for (const mode of [0o777, 0o770]) {
        chmodSync(join(folder, path), mode);
        expect(compiledCodeFolder([home])).toBeNull();
      }
      chmodSync(join(folder, path), 0o1777);
      expect(compiledCodeFolder([home]) === null).toBe(path.endsWith('compiled'));
    },
  );

  it.runIf(process.getuid?.() === 0).each(['cache/coto-studio/compiled', 'cache'])(
    'is none where %s belongs to another user',
    (path) => {
      compiledCodeFolder([home]);
      chownSync(join(folder, path), 65534, 65534);
      expect(compiledCodeFolder([home])).toBeNull();
    },
  );
});
