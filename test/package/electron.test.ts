import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FuseState } from '@electron/fuses';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

/** Bytes before the fuses in every Electron. */
const sentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';
const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'coto-fuses-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { defaultFuses, fuseNames, wrongFuses } = z
  .object({
    defaultFuses: z.record(z.string(), z.string()),
    fuseNames: z.array(z.object({ name: z.string(), position: z.number() })),
    wrongFuses: z.custom<(binary: string, settings: Record<string, unknown>) => Promise<string[]>>(
      (value) => typeof value === 'function',
    ),
  })
  .parse({ ...(await import(pathToFileURL(join(root, 'scripts/package/fuses.mjs')).href)) });
const { electronFuses } = z
  .object({ electronFuses: z.record(z.string(), z.boolean()) })
  .parse(parse(readFileSync(join(root, 'electron-builder.yml'), 'utf8')));

/** A file with the fuses of an Electron, as the packed binary has them. */
function binaryWith(name: string, states: readonly number[]): string {
  const file = join(folder, name);
  const wire = Buffer.from([1, states.length, ...states]);
  writeFileSync(file, Buffer.concat([Buffer.alloc(5000, 'x'), Buffer.from(sentinel), wire, Buffer.alloc(5000, 'y')]));
  return file;
}

test('every fuse of Electron is set, to the safer side', () => {
  expect([...Object.keys(electronFuses), ...Object.keys(defaultFuses)].sort()).toEqual(
    fuseNames.map(({ name }) => name).sort(),
  );
  expect(electronFuses).toEqual({
    // The program is not a Node that other programs could use, and no environment or argument changes what it runs.
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    // Only the archive is loaded, by its hash.
    onlyLoadAppFromAsar: true,
    enableEmbeddedAsarIntegrityValidation: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    enableCookieEncryption: true,
    // Pages come by the app's own scheme.
    grantFileProtocolExtraPrivileges: false,
  });
});

test('the fuses of a binary are compared with their settings', async () => {
  const states = [...fuseNames]
    .sort((one, other) => one.position - other.position)
    .map(({ name }) => (electronFuses[name] ? FuseState.ENABLE : FuseState.DISABLE));
  expect(await wrongFuses(binaryWith('right', states), electronFuses)).toEqual([]);
  // Electron 33 had one fuse less.
  expect(await wrongFuses(binaryWith('older', states.slice(0, -1)), electronFuses)).toEqual([]);
  const runsAsNode = binaryWith('wrong', [FuseState.ENABLE, ...states.slice(1)]);
  expect(await wrongFuses(runsAsNode, electronFuses)).toEqual([`the fuse runAsNode is not off in ${runsAsNode}`]);
  const { runAsNode: _, ...rest } = electronFuses;
  expect(await wrongFuses(runsAsNode, rest)).toEqual(['the fuse runAsNode has no setting in electron-builder.yml']);
});

test('every window is sandboxed, isolated and without Node', () => {
  const shell = join(root, 'src-main/shell');
  const texts = readdirSync(shell, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, text: readFileSync(join(shell, name), 'utf8') }));
  const made = /new (?:BrowserWindow|BaseWindow|WebContentsView|BrowserView)\(/g;
  const preferences = /webPreferences: \{([\s\S]*?)\n\s*\},\n/g;
  const windows = texts.filter(({ text }) => text.match(made));
  expect(windows.map(({ name }) => name).sort()).toEqual(['print-report.ts', 'window.ts']);
  for (const { name, text } of windows) {
    const blocks = [...text.matchAll(preferences)].map(([, block = '']) => block);
    expect(blocks, name).toHaveLength(text.match(made)?.length ?? 0);
    for (const block of blocks)
      for (const line of ['sandbox: true', 'contextIsolation: true', 'nodeIntegration: false'])
        expect(block, name).toContain(line);
  }
  // Settings that Electron's checklist names: https://www.electronjs.org/docs/latest/tutorial/security
  const unsafe =
    /webSecurity:|allowRunningInsecureContent|experimentalFeatures|enableBlinkFeatures|nodeIntegrationIn|webviewTag: true|allowpopups/;
  for (const { name, text } of texts) expect(text, name).not.toMatch(unsafe);
});
