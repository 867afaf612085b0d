import { createRequire } from 'node:module';
import { modules } from './bootstrap/paths.mjs';

const name = '@tensorflow/tfjs-core';

/**
 * A plugin of esbuild: built modules load tfjs when they first call it. Adapters and tasks declare their settings next
 * to their computations, so the backend, the reader and the command would load tfjs without calling it: 10 MB and 45 ms
 * each.
 * @returns {import('esbuild').Plugin}
 */
export function lazyTfjs() {
  return {
    name: 'lazy-tfjs',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: 'lazy-tfjs' }));
      build.onLoad({ filter: /^/, namespace: 'lazy-tfjs' }, () => ({ contents: lazyModule(), loader: 'js' }));
    },
  };
}

/** A module with the exports of tfjs, each of which loads it when it is called, or when something of it is read. */
function lazyModule() {
  /** @type {Record<string, unknown>} */
  const exports = createRequire(`${modules}/`)(name);
  return [
    "import { createRequire as requireFrom } from 'node:module';",
    'const requireTfjs = requireFrom(import.meta.url);',
    'let loaded;',
    'const gradients = [];',
    'const tfjs = () => {',
    '  if (loaded !== undefined) return loaded;',
    `  loaded = requireTfjs('${name}');`,
    '  for (const gradient of gradients) loaded.registerGradient(gradient);',
    '  return loaded;',
    '};',
    'const partOf = (name) => new Proxy({}, { get: (_, key) => tfjs()[name][key] });',
    // To extend it, or to ask whether something is its instance, reads its prototype.
    'const classOf = (name) => new Proxy(function () {}, {',
    '  get: (_, key) => tfjs()[name][key],',
    '  construct: (_, values, target) => Reflect.construct(tfjs()[name], values, target),',
    '});',
    ...Object.entries(exports)
      .filter(([key]) => /^[A-Za-z_]\w*$/.test(key) && key !== '__esModule' && key !== 'default')
      .map(([key, value]) => lazyExport(key, value)),
  ].join('\n');
}

/**
 * @param {string} key
 * @param {unknown} value
 */
function lazyExport(key, value) {
  // Modules register theirs as they are loaded.
  if (key === 'registerGradient')
    return 'export const registerGradient = (gradient) => void (loaded === undefined ? gradients.push(gradient) : loaded.registerGradient(gradient));';
  if (typeof value === 'string' || typeof value === 'number') return `export const ${key} = ${JSON.stringify(value)};`;
  if (typeof value !== 'function') return `export const ${key} = /* @__PURE__ */ partOf('${key}');`;
  if (isClass(value)) return `export const ${key} = /* @__PURE__ */ classOf('${key}');`;
  return `export const ${key} = (...values) => tfjs().${key}(...values);`;
}

/**
 * Its classes are functions with methods in their prototype.
 * @param {{ prototype?: object }} value
 */
function isClass(value) {
  return Object.getOwnPropertyNames(value.prototype ?? {}).length > 1;
}
