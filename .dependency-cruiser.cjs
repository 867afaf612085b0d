const { layerRules, sliceRules } = require('./.dependency-cruiser-layers.cjs');

const outside = '(^|node_modules/)';

/**
 * Files outside the engine that may import its inner modules. The list may only shrink: `test/docs/engine-api.test.ts`.
 * The reader loads single modules on request, so that its process stays small; scripts of `bench/` time inner parts.
 */
const reachIntoTheEngine = [
  '^src-main/backend/reader/serve-reader[.]ts$',
  '^bench/contribution[.]mjs$',
  '^bench/generation[.]mjs$',
  '^bench/gpu-dispatches[.]mjs$',
  '^bench/large-base[.]mjs$',
  '^bench/linalg[.]mjs$',
  '^bench/merge-reads[.]mjs$',
  '^bench/merging[.]mjs$',
  '^bench/quantized-gguf[.]mjs$',
  '^bench/step-products[.]mjs$',
];
const engineInterface = '^src-main/engine/(index|worker|process|api/[^/]+)[.]ts$';

module.exports = {
  forbidden: [
    ...layerRules(),
    ...sliceRules(),
    {
      name: 'no-circular',
      comment: 'Two modules that need each other are one module, or need a third.',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'shared-is-plain',
      comment: 'What both sides know runs anywhere: nothing of node, Electron, tfjs or the window.',
      severity: 'error',
      from: { path: '^src-shared' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'shared-packages',
      severity: 'error',
      from: { path: '^src-shared' },
      to: { path: 'node_modules', pathNot: 'node_modules/(zod|birpc|pure-rand)/' },
    },
    {
      name: 'engine-by-its-interface',
      comment: 'engine/index.ts is the package coto-engine, engine/api/ has the names that the app uses, by subject.',
      severity: 'error',
      from: { path: '^src-main/(?!engine/|bench/)', pathNot: reachIntoTheEngine },
      to: { path: '^src-main/engine/', pathNot: engineInterface },
    },
    {
      name: 'bench-by-the-engines-interface',
      comment: 'Benchmarks of kernels import the operations that they time.',
      severity: 'error',
      from: { path: '^(src-main/)?bench/', pathNot: reachIntoTheEngine },
      to: { path: '^src-main/engine/', pathNot: [engineInterface, '^src-main/engine/ops/'] },
    },
    {
      name: 'cli-opens-the-backend-by-its-index',
      severity: 'error',
      from: { path: '^src-main/cli' },
      to: { path: '^src-main/backend/', pathNot: '^src-main/backend/index[.]ts$' },
    },
    {
      name: 'only-serve-imports-mcp',
      severity: 'error',
      from: { path: '^(src-|bench)', pathNot: '^src-main/serve' },
      to: { path: `${outside}@modelcontextprotocol/` },
    },
    {
      name: 'backend-knows-no-transport',
      comment: 'Handlers answer values; only the entry of the process and the engine host know which wire there is.',
      severity: 'error',
      from: { path: '^src-main/backend', pathNot: '^src-main/backend/(entry|reader/entry|home/move/entry|engine/engine-host)[.]ts$' },
      to: { path: '^src-main/transport' },
    },
    {
      name: 'only-logging-imports-pino',
      severity: 'error',
      from: { pathNot: '^src-main/logging' },
      to: { path: `${outside}pino/` },
    },
    {
      name: 'renderer-has-no-node',
      severity: 'error',
      from: { path: '^src-renderer' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only-the-shell-imports-electron',
      severity: 'error',
      from: { pathNot: '^src-main/shell' },
      to: { path: `${outside}electron(/|$)` },
    },
    {
      name: 'only-plots-import-plotly',
      severity: 'error',
      from: { pathNot: '^src-renderer/plots' },
      to: { path: `${outside}plotly[.]js` },
    },
    {
      name: 'only-the-engine-imports-tfjs',
      severity: 'error',
      from: { pathNot: '^(src-main/(engine|bench)|bench)' },
      to: { path: `${outside}@tensorflow/` },
    },
    {
      name: 'only-the-store-imports-sqlite',
      severity: 'error',
      from: { pathNot: '^src-main/store' },
      to: { path: `${outside}better-sqlite3` },
    },
    {
      name: 'no-unresolvable',
      comment: "Electron alone has `original-fs`: Node's file system without archives.",
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^original-fs$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '[.](css|svg|png)$' },
    // TypeScript 7 has no compiler API that dependency-cruiser could use yet.
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.cjs', '.js', '.d.ts'],
    },
  },
};
