/** The arrows between the layers point one way; see docs/development/architecture.md. */
const outside = '(^|node_modules/)';

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'Two modules that need each other are one module, or need a third.',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'shared-imports-only-itself',
      severity: 'error',
      from: { path: '^src-shared' },
      to: { path: '^src-(main|renderer)' },
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
      name: 'engine-is-below',
      severity: 'error',
      from: { path: '^src-main/engine' },
      to: { path: '^src-main/(store|shell|backend|cli)' },
    },
    {
      name: 'store-is-below',
      severity: 'error',
      from: { path: '^src-main/store' },
      to: { path: '^src-main/(shell|backend|cli|engine)' },
    },
    {
      name: 'only-the-backend-opens-the-store',
      comment: 'A bench fills one with more than a training would write in a day.',
      severity: 'error',
      from: { pathNot: '^(src-main/(backend|store)|bench)' },
      to: { path: '^src-main/store' },
    },
    {
      name: 'backend-knows-no-front',
      severity: 'error',
      from: { path: '^src-main/backend' },
      to: { path: '^src-main/(shell|cli)' },
    },
    {
      name: 'cli-does-not-import-engine',
      comment: 'The command is a client like the window: options come from declarations and the catalog.',
      severity: 'error',
      from: { path: '^src-main/cli' },
      to: { path: '^src-main/engine' },
    },
    {
      name: 'cli-opens-the-backend-by-its-index',
      severity: 'error',
      from: { path: '^src-main/cli' },
      to: { path: '^src-main/backend/', pathNot: '^src-main/backend/index[.]ts$' },
    },
    {
      name: 'backend-knows-no-transport',
      comment: 'Handlers answer values; only the entry of the process and the engine host know which wire there is.',
      severity: 'error',
      from: { path: '^src-main/backend', pathNot: '^src-main/backend/(entry|reading/entry|home/move/entry|engine/engine-host)[.]ts$' },
      to: { path: '^src-main/transport' },
    },
    {
      name: 'transport-is-below',
      severity: 'error',
      from: { path: '^src-main/transport' },
      to: { path: '^src-main/(store|shell|backend|cli|engine)' },
    },
    {
      name: 'files-is-below',
      severity: 'error',
      from: { path: '^src-main/files' },
      to: { path: '^src-main/(store|shell|backend|cli|engine|transport|logging)' },
    },
    {
      name: 'logging-is-below',
      severity: 'error',
      from: { path: '^src-main/logging' },
      to: { path: '^src-main/(store|shell|backend|cli|engine|transport)' },
    },
    {
      name: 'the-engine-has-no-log',
      comment: 'What it prints goes into the log of whoever started it.',
      severity: 'error',
      from: { path: '^src-main/(engine|store|transport)' },
      to: { path: '^src-main/logging' },
    },
    {
      name: 'only-logging-imports-pino',
      severity: 'error',
      from: { pathNot: '^src-main/logging' },
      to: { path: `${outside}pino/` },
    },
    {
      name: 'renderer-is-alone',
      severity: 'error',
      from: { path: '^src-renderer' },
      to: { path: '^src-main' },
    },
    {
      name: 'renderer-has-no-node',
      severity: 'error',
      from: { path: '^src-renderer' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'main-has-no-renderer',
      severity: 'error',
      from: { path: '^src-main' },
      to: { path: '^src-renderer' },
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
      from: { pathNot: '^(src-main/engine|bench)' },
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
