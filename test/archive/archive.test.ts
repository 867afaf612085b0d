import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createPackageWithOptions } from '@electron/asar';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { archiveSwitches, besideArchive } from '../../src-main/archive/beside-archive.ts';

/** A small packed app: modules and a thread inside the archive, a package of CommonJS and one of modules beside it. */
const sources = {
  'package.json': '{ "name": "packed", "type": "module" }',
  'dist/backend/backend.mjs': `
    import { Worker } from 'node:worker_threads';
    import { text, required } from './chunk.mjs';
    import older from 'older';
    import { newer } from 'newer';
    const worker = new Worker(new URL('../engine/worker.mjs', import.meta.url));
    worker.on('message', (word) => console.log([text, required, older.word, newer, word, import.meta.url.includes('app.asar/')].join(' ')));`,
  // Loads tfjs like built modules do.
  'dist/backend/chunk.mjs': `
    import { createRequire } from 'node:module';
    export const text = 'inside';
    export const required = createRequire(import.meta.url)('older').word;`,
  'dist/engine/worker.mjs': `
    import { parentPort } from 'node:worker_threads';
    import { newer } from 'newer';
    parentPort.postMessage('thread-' + newer);`,
  'dist/cli/coto.mjs': `import { newer } from 'newer'; console.log('command', newer, process.argv[2]);`,
  'node_modules/older/package.json': '{ "name": "older", "main": "lib/main.js" }',
  'node_modules/older/lib/main.js': `module.exports = { word: require('./word') };`,
  'node_modules/older/lib/word.js': `module.exports = 'older';`,
  'node_modules/newer/package.json': '{ "name": "newer", "type": "module", "exports": "./index.js" }',
  'node_modules/newer/index.js': `export const newer = 'newer';`,
};

let folder: string;
let archive: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'coto-archive-')));
  const source = join(folder, 'source');
  for (const [name, text] of Object.entries(sources)) {
    mkdirSync(dirname(join(source, name)), { recursive: true });
    writeFileSync(join(source, name), text);
  }
  await build({
    bundle: true,
    platform: 'node',
    format: 'esm',
    outdir: join(source, 'dist/archive'),
    outExtension: { '.js': '.mjs' },
    entryPoints: ['src-main/archive/register.ts', 'src-main/archive/coto.ts'],
  });
  archive = join(folder, 'resources', 'app.asar');
  await createPackageWithOptions(source, archive, { unpackDir: '{node_modules,dist/archive}' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { stdout: stdout.trim(), stderr, status };
}
const entry = (): string => join(archive, 'dist/backend/backend.mjs');
const start = () => run(...archiveSwitches(pathToFileURL(entry())), entry());

/** Runs `act` while `file` has other bytes at its end. */
function whileChanged<Answer>(file: string, find: string, replace: string, act: () => Answer): Answer {
  const bytes = readFileSync(file);
  const place = bytes.lastIndexOf(find);
  if (place < 0) throw new Error(`${file} has no ${find}`);
  const changed = Buffer.from(bytes);
  changed.write(replace, place);
  writeFileSync(file, changed);
  try {
    return act();
  } finally {
    writeFileSync(file, bytes);
  }
}

test('a plain Node runs the modules and threads of an archive, with the packages beside it', () => {
  expect(start()).toMatchObject({ stdout: 'inside older older newer thread-newer true', status: 0 });
  expect(run(entry()).status).not.toBe(0);
  // The command brings the hooks with it.
  const command = join(`${archive}.unpacked`, 'dist/archive/coto.mjs');
  expect(run(command, 'doctor')).toMatchObject({ stdout: 'command newer doctor', status: 0 });
});

test.each([
  ['inside the archive', () => archive, `'inside'`, `'INSIDE'`, 'dist/backend/chunk.mjs'],
  ['of a package', () => join(`${archive}.unpacked`, 'node_modules/older/lib/word.js'), 'older', 'OLDER', 'word.js'],
  ['that is a module', () => join(`${archive}.unpacked`, 'node_modules/newer/index.js'), 'newer', 'NEWER', 'index.js'],
])('a changed file %s is not run', (_which, file, find, replace, name) => {
  const { status, stdout, stderr } = whileChanged(file(), find, replace, start);
  expect(status).not.toBe(0);
  expect(stdout).toBe('');
  expect(stderr).toMatch(new RegExp(`${name} is not the file that was installed with CoTo Studio`));
});

test('files outside an archive need no switches and keep their place', () => {
  expect(archiveSwitches(pathToFileURL('/sources/dist/backend/backend.mjs'))).toEqual([]);
  expect(besideArchive('/app/resources/app.asar/dist/native')).toBe('/app/resources/app.asar.unpacked/dist/native');
  for (const path of ['/sources/dist/native', '/app/resources/app.asar.unpacked/dist', 'file:///a/my-app.asar'])
    expect(besideArchive(path)).toBe(path);
});
