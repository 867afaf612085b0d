import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { wheelsFor } from '../../src-main/engine/compute/tensorflow/setup/packages.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'coto-supply-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const callable = (value: unknown): boolean => typeof value === 'function';
/** A module of the scripts, which are JavaScript with types in comments. */
async function script<Shape extends z.ZodRawShape>(path: string, shape: Shape): Promise<z.output<z.ZodObject<Shape>>> {
  return z.object(shape).parse({ ...(await import(pathToFileURL(join(root, 'scripts', path)).href)) });
}
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

test('every package of the lock file has a SHA-512, and comes from the npm registry', () => {
  const { packages } = z
    .object({
      packages: z.record(
        z.string(),
        z.object({
          version: z.string().optional(),
          integrity: z.string().optional(),
          resolved: z.string().optional(),
          link: z.boolean().optional(),
        }),
      ),
    })
    .parse(JSON.parse(textOf('package-lock.json')));
  const entries = Object.entries(packages).filter(([path]) => path !== '');
  expect(entries.length).toBeGreaterThan(500);
  for (const [path, { integrity, resolved, link }] of entries) {
    expect(integrity, path).toMatch(/^sha512-[\w+/]{86}==$/);
    expect(link, path).toBeUndefined();
    // Without an address npm asks its registry.
    if (resolved !== undefined) expect(resolved, path).toMatch(/^https:\/\/registry\.npmjs\.org\//);
  }
  // A file of settings could name another registry, or allow install scripts.
  expect(existsSync(join(root, '.npmrc'))).toBe(false);
});

test('whatever the bootstrap downloads is held to a hash, or used by tests alone', async () => {
  // Electron: by the hashes in the locked package, whatever the environment asks.
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(textOf('node_modules/electron/package.json')));
  const checksums = z
    .record(z.string(), z.string().regex(/^[0-9a-f]{64}$/))
    .parse(JSON.parse(textOf('node_modules/electron/checksums.json')));
  for (const system of ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'])
    expect(checksums).toHaveProperty([`electron-v${version}-${system}.zip`]);
  const { withoutRemoteHashes } = await script('bootstrap/electron.mjs', {
    withoutRemoteHashes: z.custom<(environment: Record<string, string>) => Record<string, string>>(callable),
  });
  expect(
    withoutRemoteHashes({
      electron_use_remote_checksums: '1',
      npm_config_electron_use_remote_checksums: '1',
      PATH: '/bin',
    }),
  ).toEqual({ PATH: '/bin' });
  // libtensorflow and CUDA: wheels by their hashes.
  for (const device of ['cpu', 'gpu'] as const)
    for (const { file, sha256 } of wheelsFor(device)) expect(sha256, file).toMatch(/^[0-9a-f]{64}$/);

  // Programs of npm and PyPI: by scripts/bootstrap/pinned.mjs, by a requirement with its hash, by the lock file, or for tests.
  const forTestsOnly = ['chat-templates.mjs', 'llama-cpp.mjs', 'python.mjs'];
  for (const name of readdirSync(join(root, 'scripts/bootstrap'))) {
    const text = textOf(`scripts/bootstrap/${name}`);
    expect(text, name).not.toMatch(/await fetch\(|'node:https?'|'(?:curl|wget)'/);
    // Debian's packages are held to the signed lists of apt, unless it is told otherwise.
    expect(text, name).not.toMatch(/allow-unauthenticated|allow-insecure|AllowInsecure|force-yes|trusted=yes/i);
    if (forTestsOnly.includes(name)) continue;
    if (/'pip',.*'(?:install|download)'/.test(text)) expect(text, name).toContain('--require-hashes');
    if (name !== 'pinned.mjs') expect(text, name).not.toMatch(/\['pack'/);
    for (const [call] of text.matchAll(/runNpm\(\['install'[^\]]*\]/g)) expect(call, name).toMatch(/, archive\]$/);
  }
  const packing = readdirSync(join(root, 'scripts/package')).filter((name) => name.endsWith('.mjs'));
  for (const path of ['tasks/dist.mjs', 'build.mjs', ...packing.map((name) => `package/${name}`)])
    for (const name of forTestsOnly) expect(textOf(`scripts/${path}`), path).not.toContain(`bootstrap/${name}`);
});

test('two packs of the same files have the same bytes, whenever and by whom they are made', async () => {
  const { packArchive } = await script('package/pack-archive.mjs', {
    packArchive: z.custom<(parent: string, folder: string, to: { file: string; at: Date }) => Promise<void>>(callable),
  });
  const hashes = [];
  for (const [index, order] of [
    ['a', 'b', 'c'],
    ['c', 'b', 'a'],
  ].entries()) {
    const parent = join(folder, String(index));
    mkdirSync(join(parent, 'app', 'empty'), { recursive: true });
    for (const name of order) writeFileSync(join(parent, 'app', `${name} ü.txt`), name.repeat(10_000));
    // Another umask leaves other rights.
    if (process.platform === 'linux') chmodSync(join(parent, 'app', 'a ü.txt'), index === 0 ? 0o664 : 0o600);
    symlinkSync('a ü.txt', join(parent, 'app', 'link'));
    for (const name of ['link', 'empty']) lutimesSync(join(parent, 'app', name), index * 1e6, index * 1e6);
    const file = join(parent, 'app.tar.gz');
    await packArchive(parent, 'app', { file, at: new Date(1_700_000_000_000) });
    hashes.push(createHash('sha256').update(readFileSync(file)).digest('hex'));
  }
  expect(hashes[1]).toBe(hashes[0]);
});

test('an audit fails for grave flaws alone, and is skipped with a word where no registry answers', async () => {
  const { judgeAudit } = await script('package/judge-audit.mjs', {
    judgeAudit: z.custom<(report: Record<string, unknown>) => { failed: boolean; text: string }>(callable),
  });
  expect(judgeAudit({})).toEqual({ failed: false, text: 'skipped: the registry answers no audit (offline)' });
  expect(judgeAudit({ message: '405 Method Not Allowed' })).toMatchObject({
    failed: false,
    text: expect.stringContaining('405'),
  });
  expect(judgeAudit({ vulnerabilities: {} }).failed).toBe(false);
  expect(judgeAudit({ vulnerabilities: { one: { severity: 'moderate' } } })).toEqual({
    failed: false,
    text: 'known flaws below high: one (moderate)',
  });
  expect(judgeAudit({ vulnerabilities: { one: { severity: 'low' }, two: { severity: 'high' } } })).toMatchObject({
    failed: true,
    text: expect.stringContaining('two (high)'),
  });
});
