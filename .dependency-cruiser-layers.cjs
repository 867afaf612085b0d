const { readFileSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

/**
 * Folders and files of a layer, or of a folder in it, from the lowest to the highest: each imports only what stands before it. `exceptions` are the
 * imports that do otherwise, as "file > folder". The list of exceptions may only shrink (test/docs/layers.test.ts).
 */
const slices = {
  'src-main/backend': {
    order: [
      'tensorboard',
      'home',
      'engine',
      'reading',
      'services',
      'jobs',
      'library',
      'generation',
      'evaluation',
      'merging',
      'trackers',
      'runs',
      'studies',
      'recovery',
      'bundles',
      'targets',
      'reports',
      'demo',
      'doctor',
      'app',
      'reader',
      'job-kinds.ts',
      'handlers.ts',
      'index.ts',
      'entry.ts',
    ],
    exceptions: ['studies/handlers.ts > targets', 'studies/study-job.ts > targets'],
  },
  'src-main/engine': {
    order: [
      'to-studio-error.ts',
      'mersenne-twister.ts',
      'data',
      'tensors',
      'compute',
      'ops',
      'linalg',
      'models',
      'tokenization',
      'optimizers',
      'learning-rate',
      'adapters',
      'generation',
      'coto',
      'metrics',
      'contract-fields.ts',
      'events.ts',
      'losses',
      'outcomes',
      'training',
      'tasks',
      'merge',
      'prune',
      'evaluation',
      'routing',
      'pretrain',
      'benchmarks',
      'formats',
      'contract.ts',
      'rpc-contract.ts',
      'jobs',
      'studies',
      'probe.ts',
      'serve-engine.ts',
      'process.ts',
      'setup-tensorflow.ts',
      'worker.ts',
      'requests.ts',
      'calls.ts',
      'declarations.ts',
      'index.ts',
      'api',
    ],
    exceptions: [],
  },
  'src-main/engine/adapters': {
    order: [
      'draws',
      'initializations',
      'targets',
      'variant',
      'peft-format',
      'factors',
      'ranks',
      'variants',
      'passes',
      'weights',
      'peft',
      'fresh',
      'residual',
      'model',
      'stacked',
      'inspect',
    ],
    exceptions: [],
  },
  'src-main/engine/studies': {
    order: [
      'config',
      'define-study-work.ts',
      'scores',
      'tuning',
      'grid',
      'trajectory',
      'merging',
      'task-sets',
      'interpolation',
      'adapters',
      'index.ts',
    ],
    exceptions: [],
  },
};

/**
 * Returns the folders that each layer may import, by the table of docs/development/architecture.md; null for everything.
 * @throws Error for a folder of src-main without a row
 */
function layers() {
  const page = readFileSync(join(__dirname, 'docs/development/architecture.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `((?:src-|bench)[\w/-]*)\/` \|.*\| ([^|]*) \|$/gm)];
  const folders = rows.map(([, folder = '']) => folder);
  /** @param {string} cell */
  const allowedIn = (cell) =>
    [...cell.matchAll(/`([\w-]+)`/g)].flatMap(
      ([, name]) => folders.find((folder) => folder === `src-main/${name}` || folder === name) ?? [],
    );
  const missing = readdirSync(join(__dirname, 'src-main'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !folders.includes(`src-main/${entry.name}`))
    .map(({ name }) => `src-main/${name}`);
  if (missing.length > 0)
    throw new Error(`docs/development/architecture.md: the table of folders has no row for ${missing.join(', ')}.`);
  return new Map(rows.map(([, folder = '', cell = '']) => [folder, cell.startsWith('everything') ? null : allowedIn(cell)]));
}

/** Returns a rule for each layer: it imports itself and what its row of the table names. */
function layerRules() {
  return [...layers()].flatMap(([folder, allowed]) =>
    allowed === null
      ? []
      : {
          name: `${folder}-imports-what-the-table-names`,
          comment: 'The first table of docs/development/architecture.md names what each folder may import.',
          severity: 'error',
          from: { path: `^${folder}/` },
          to: { path: '^(src-|bench/)', pathNot: `^(${[folder, ...allowed].join('|')})/` },
        },
  );
}

/** Returns the rules that hold the folders of each layer to their order. */
function sliceRules() {
  return Object.entries(slices).flatMap(([layer, { order, exceptions }]) =>
    order.slice(0, -1).flatMap((slice, place) => {
      const above = order.slice(place + 1);
      const own = exceptions.map((one) => one.split(' > ')).filter(([file = '']) => file.startsWith(`${slice}/`));
      const files = [...new Set(own.map(([file = '']) => file))];
      /** @type {(name: string, from: object, forbidden: readonly string[]) => object} */
      const rule = (name, from, forbidden) => ({
        name: `${layer}/${name}-imports-only-below`,
        comment: `The order of the folders of ${layer} is in .dependency-cruiser-layers.cjs.`,
        severity: 'error',
        from,
        to: { path: pathOf(layer, forbidden) },
      });
      return [
        rule(slice, { path: pathOf(layer, [slice]), pathNot: files.map((file) => pathOf(layer, [file])) }, above),
        ...files.map((file) => {
          const allowed = own.filter(([from]) => from === file).map(([, to]) => to);
          const forbidden = above.filter((folder) => !allowed.includes(folder));
          return rule(file, { path: pathOf(layer, [file]) }, forbidden);
        }),
      ];
    }),
  );
}

/**
 * Returns the pattern of some folders and files of a layer.
 * @param {string} layer
 * @param {readonly string[]} entries
 */
function pathOf(layer, entries) {
  const patterns = entries.map((entry) => (entry.endsWith('.ts') ? `${entry.replaceAll('.', '[.]')}$` : `${entry}/`));
  return `^${layer}/(${patterns.join('|')})`;
}

module.exports = { layers, layerRules, slices, sliceRules };
