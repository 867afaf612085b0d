import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isLoaded } from './is-loaded.ts';
import { homeFolder, openStudio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-compiled-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cache = join(folder, 'cache');
const compiled = join(cache, 'coto-studio', 'compiled');
const home = homeFolder(folder);
beforeEach(() => {
  vi.stubEnv('XDG_CACHE_HOME', cache);
  // `npm test` has Node keep compiled code for all its processes.
  vi.stubEnv('NODE_COMPILE_CACHE', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/** Files that a home from elsewhere brings where Node and Chromium looked for compiled code. */
const brought = [
  'cache/compiled/v24.0.0-x64-00000000-0/0123abcd',
  'window/Code Cache/js/0123456789abcdef_0',
  'window/Code Cache/wasm/0123456789abcdef_0',
  'window/GPUCache/data_1',
  'window/DawnWebGPUCache/data_1',
];

function bring(): void {
  for (const path of brought) {
    mkdirSync(join(home, dirname(path)), { recursive: true });
    writeFileSync(join(home, path), 'brought');
  }
}

/**
 * Opens the home until its window is used and the condition holds, and returns where its processes had Node look for
 * compiled code.
 */
async function openOnce(isDone = () => true): Promise<string[]> {
  const studio = await openStudio(home);
  await expect.poll(() => studio.page.evaluate(isLoaded)).toBe(true);
  // Chromium keeps code of a page once the page has been loaded for a while.
  await studio.page.reload();
  await expect.poll(() => studio.page.evaluate(isLoaded)).toBe(true);
  await expect.poll(isDone).toBe(true);
  const places = nodeCaches();
  await studio.close();
  return places;
}

/** From the environments of the processes that have this home. */
function nodeCaches(): string[] {
  const found = new Set<string>();
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const variables = environmentOf(id);
    if (!variables.includes(`COTO_STUDIO_HOME=${home}`)) continue;
    for (const variable of variables) if (/^NODE_(DISABLE_)?COMPILE_CACHE=/.test(variable)) found.add(variable);
  }
  return [...found];
}

function environmentOf(id: string): string[] {
  try {
    return readFileSync(`/proc/${id}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function filesIn(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

/** Node's messages about compiled code that the backend has read, from the app's log. */
function readCaches(): string[] {
  const logs = join(home, 'logs');
  return readdirSync(logs)
    .flatMap((name) => readFileSync(join(logs, name), 'utf8').split('\n'))
    .filter((line) => /\[compile cache\] reading cache from .*success/.test(line));
}

/** Entries of Chromium's code cache in the profile; its empty index says nothing. */
function profileCode(): string[] {
  return filesIn(join(home, 'window', 'Code Cache')).filter((name) => /^[0-9a-f]{16}_\w$/.test(name));
}

test.runIf(process.platform === 'linux')(
  'a home brings no compiled code and gets none; the next start finds it in the cache folder of the person',
  async () => {
    bring();
    const ofWindow = () => filesIn(join(compiled, 'window', 'js')).filter((name) => name.endsWith('_0'));
    // A busy machine keeps it later.
    const places = await openOnce(() => ofWindow().length > 10);
    expect(places).toEqual([`NODE_COMPILE_CACHE=${join(compiled, 'backend')}`]);
    expect(brought.filter((path) => existsSync(join(home, path)))).toEqual([]);
    expect(existsSync(join(home, 'cache', 'compiled'))).toBe(false);
    expect(profileCode()).toEqual([]);
    const kept = filesIn(join(compiled, 'backend'));
    expect(kept.length).toBeGreaterThan(10);
    expect(ofWindow().length).toBeGreaterThan(10);

    // Compiled code that Node would read if the home were its cache folder.
    cpSync(join(compiled, 'backend'), join(home, 'cache', 'compiled'), { recursive: true });
    vi.stubEnv('NODE_DEBUG_NATIVE', 'COMPILE_CACHE');
    await openOnce();
    const read = readCaches();
    expect(read.filter((line) => line.includes(compiled)).length).toBeGreaterThan(10);
    expect(read.filter((line) => line.includes(home))).toEqual([]);
    expect(existsSync(join(home, 'cache', 'compiled'))).toBe(false);
    expect(profileCode()).toEqual([]);
  },
);

test.runIf(process.platform === 'linux')('caches no compiled code in a folder that others may write', async () => {
  rmSync(compiled, { recursive: true, force: true });
  mkdirSync(compiled, { recursive: true });
  chmodSync(compiled, 0o777);
  bring();
  expect(await openOnce()).toEqual(['NODE_DISABLE_COMPILE_CACHE=1']);
  expect(filesIn(compiled)).toEqual([]);
  expect(brought.filter((path) => existsSync(join(home, path)))).toEqual([]);
  expect(profileCode()).toEqual([]);
});
