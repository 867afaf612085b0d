// Opens and bytes of the adapters' files in one merge request that is scored on several datasets.
// Usage: node_modules/node/bin/node bench/merge-reads.mjs [adapters] [datasets] [rank]
// The base is quickdraw-vit; each adapter has random factors on all linears of its layers, and a head of Fashion-MNIST.
import fs, { mkdtempSync, rmSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const [adapters = 3, datasets = 3, rank = 16] = process.argv.slice(2).map(Number);

/** @type {Map<string, { opens: number, bytes: number }>} */
const counts = new Map();
/** @type {Map<number, string>} */
const paths = new Map();
/** @param {string | undefined} file @param {number} opens @param {number} bytes */
function count(file, opens, bytes) {
  if (file === undefined) return;
  const own = counts.get(file) ?? { opens: 0, bytes: 0 };
  counts.set(file, { opens: own.opens + opens, bytes: own.bytes + bytes });
}
countReads();

const { activateCompute } = await import('../src-main/engine/compute/index.ts');
const { runMergeTask } = await import('../src-main/engine/jobs/merge.ts');
const { loadBaseModel } = await import('../src-main/engine/models/load-model.ts');
const { AdaptedModel } = await import('../src-main/engine/adapters/model/adapted-model.ts');
const { writeAdapter } = await import('../src-main/engine/adapters/peft/adapter-folder.ts');
const { adapterSettingsSchema } = await import('../src-shared/domain/adapters/adapter.ts');
const { taskSettingsSchema } = await import('../src-shared/domain/runs/task.ts');
const { RandomStream } = await import('../src-shared/random.ts');

const modelDirectory = 'assets/models/quickdraw-vit';
const data = 'assets/data/fashion-mnist-small';
const labels = fs.readFileSync(join(data, 'labels.txt'), 'utf8').trim().split('\n');
const folder = mkdtempSync(join(tmpdir(), 'coto-merge-reads-'));
const compute = 'auto';
await activateCompute(compute);
const { description, directories } = await makeAdapters();
counts.clear();
const size = directories.reduce((sum, directory) => sum + statSync(join(directory, tensorsFile())).size, 0);
const settings = taskSettingsSchema.parse({});
for (const [title, method, parameters] of /** @type {const} */ ([
  ['weight-average', 'weight-average', {}],
  ['search of weights', 'weight-average', { search: 'weights', search_evaluations: 6 }],
  ['regmean', 'regmean', {}],
])) {
  counts.clear();
  const output = join(folder, title);
  await runMergeTask(
    {
      kind: 'merge',
      compute,
      modelDirectory,
      description,
      adapters: directories.map((directory, at) => ({ directory, weight: 1, step: null, dataset: at % datasets })),
      method,
      parameters,
      outputDirectory: output,
      datasets: Array.from({ length: datasets }, () => ({ reader: 'idx', path: data, options: {}, settings })),
      eval_samples: 50,
      tuning_samples: 16,
      placebos: [],
    },
    { emit: () => undefined, signal: async () => null },
  );
  const inputs = [...counts].filter(([file]) => directories.includes(dirname(file)));
  const opens = inputs.reduce((sum, [, own]) => sum + own.opens, 0);
  const read = inputs.reduce((sum, [file, own]) => sum + (basename(file) === tensorsFile() ? own.bytes : 0), 0);
  console.log(
    `${title.padEnd(18)} ${opens} opens of ${inputs.length} files, ${(read / 1e6).toFixed(2)} MB read of ${(size / 1e6).toFixed(2)} MB (${(read / size).toFixed(2)} times)`,
  );
}
rmSync(folder, { recursive: true });

function tensorsFile() {
  return 'adapter_model.safetensors';
}

async function makeAdapters() {
  const base = await loadBaseModel(modelDirectory);
  const model = new AdaptedModel(base);
  const made = [];
  const settings = adapterSettingsSchema.parse({ r: rank, target_modules: 'all-linear' });
  for (let seed = 0; seed < adapters; seed++) {
    await model.createAdapter(settings, { random: RandomStream.seeded(seed, 'initialization'), labels });
    const directory = join(folder, `adapter ${seed}`);
    await writeAdapter(directory, await model.exportState(), { description: base.description, baseModelName: 'vit' });
    made.push(directory);
  }
  model.dispose();
  base.dispose();
  return { description: base.description, directories: made };
}

/** Counts opens and reads of files by path, for all modules that are imported later. */
function countReads() {
  const { open } = fs.promises;
  const { readSync } = fs;
  fs.promises.open = async (file, ...rest) => {
    const handle = await open(file, ...rest);
    const name = String(file);
    paths.set(handle.fd, name);
    count(name, 1, 0);
    const read = handle.read.bind(handle);
    Object.assign(handle, {
      /** @param {Parameters<typeof read>} given */
      read: async (...given) => {
        const result = await read(...given);
        count(name, 0, result.bytesRead);
        return result;
      },
    });
    return handle;
  };
  Object.assign(fs, {
    /** @param {Parameters<typeof readSync>} given */
    readSync: (...given) => {
      const bytes = readSync(...given);
      count(paths.get(given[0]), 0, bytes);
      return bytes;
    },
  });
  syncBuiltinESMExports();
}
