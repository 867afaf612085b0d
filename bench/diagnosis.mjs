// Trains set-ups that are known to be bad, and good ones, and counts how many the diagnosis names rightly, and its false alarms.
// Usage: node_modules/node/bin/node bench/diagnosis.mjs [--out FILE.json] [names of set-ups]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idxFile } from '../scripts/idx-file.mjs';
import { openStudio } from '../src-main/cli/studio.ts';

const args = process.argv.slice(2);
const outAt = args.indexOf('--out');
const out = outAt < 0 ? null : args.splice(outAt, 2)[1];
const work = mkdtempSync(join(tmpdir(), 'coto-diagnosis-'));

/** Images of the bundled base: a step takes some 40 ms on two cores. */
const images = { eval_samples: 200, per_device_train_batch_size: 16, max_steps: 40 };
/** Texts of the bundled language model. */
const texts = {
  model: 'small-llama',
  per_device_train_batch_size: 4,
  max_steps: 24,
  eval_samples: 120,
  max_length: 32,
};
const always = { schedule: 'lisa', lisa_activated_layers: 1, lisa_interval_steps: 1000 };

/**
 * @typedef {object} SetUp
 * @property {string} name
 * @property {string | null} expected id of the finding; null: a good set-up
 * @property {Record<string, unknown>} run
 * @property {() => string} [data] makes the dataset and returns its path
 */

/** @type {SetUp[]} */
const bad = [
  { name: 'rate of 3', expected: 'diverged', run: { ...images, learning_rate: 3, max_steps: 40 } },
  {
    name: 'rate of 1 without clipping',
    expected: 'diverged',
    run: { ...images, learning_rate: 1, max_grad_norm: 0, max_steps: 40 },
  },
  { name: 'rate of 0.03', expected: 'learning-rate-high', run: { ...images, learning_rate: 0.03 } },
  {
    name: 'rate of 0.05, rank 4',
    expected: 'learning-rate-high',
    run: { ...images, learning_rate: 0.05, adapter: { r: 4 } },
  },
  { name: 'rate of 1e-6', expected: 'learning-rate-low', run: { ...images, learning_rate: 1e-6 } },
  {
    name: 'rate of 1e-5 on texts',
    expected: 'learning-rate-low',
    run: { ...texts, dataset: 'spam-subjects', learning_rate: 1e-5 },
  },
  {
    ...{ name: 'two images of each class, 80 steps', expected: 'overfitting' },
    run: {
      ...images,
      train_samples_per_class: 2,
      per_device_train_batch_size: 10,
      max_steps: 80,
      eval_steps: 10,
      learning_rate: 5e-3,
    },
  },
  {
    ...{ name: '24 steps at a constant rate', expected: 'underfitted' },
    run: {
      ...images,
      max_steps: 24,
      learning_rate: 5e-4,
      lr_scheduler_type: 'constant',
      per_device_train_batch_size: 32,
    },
  },
  {
    name: '95 % of one class',
    expected: 'class-collapse',
    run: { ...images, max_steps: 24 },
    data: skewed,
  },
  {
    name: 'test rows in the training data',
    expected: 'duplicates-across-splits',
    run: { ...texts, max_steps: 4 },
    data: repeated,
  },
  { name: 'label in the text', expected: 'label-leak', run: { ...texts, max_steps: 4 }, data: leaking },
  {
    name: 'max_length 24 for paragraphs',
    expected: 'truncated',
    run: { ...texts, dataset: 'state-of-the-union', max_length: 24, max_steps: 4 },
  },
  { name: 'one layer on in every step', expected: 'dead-adapters', run: { ...images, coto: always } },
  { name: 'limit 0.1 on gradients', expected: 'always-clipped', run: { ...images, max_grad_norm: 0.1 } },
  { name: '20 evaluated images', expected: 'evaluation-noise', run: { ...images, eval_samples: 20 } },
  {
    ...{ name: 'answers cut by max_length', expected: 'never-ends' },
    run: {
      ...texts,
      dataset: 'pronunciation',
      max_length: 20,
      max_steps: 40,
      eval_steps: 40,
      sample_tokens: 48,
    },
  },
  { name: 'rate of 0.01, 80 steps', expected: 'forgetting', run: { ...images, learning_rate: 0.01, max_steps: 80 } },
  {
    name: 'rate of 0.02 on texts',
    expected: 'forgetting',
    run: { ...texts, dataset: 'spam-subjects', learning_rate: 0.02, max_steps: 40 },
  },
];

/** @type {Record<string, unknown>[]} */
const good = [
  { ...images },
  { ...images, learning_rate: 2e-3 },
  { ...images, adapter: { variant: 'dora' } },
  { ...images, adapter: { variant: 'rslora', r: 4 } },
  { ...images, learning_rate: 2e-3, coto: {} },
  { ...images, dataset: 'font-letters', max_steps: 60, learning_rate: 2e-3 },
  { ...images, train_samples_per_class: 100, max_steps: 60, eval_steps: 20 },
  { ...images, head: 'frozen_after_base_probe' },
  { ...images, lr_scheduler_type: 'constant', max_steps: 80 },
  { ...images, lr_scheduler_type: 'linear', weight_decay: 0.01, adapter: { lora_dropout: 0.1 } },
  { ...images, adapter: { variant: 'hira', r: 16 }, learning_rate: 5e-3, max_steps: 60 },
  { ...images, train_samples_per_class: 16, max_steps: 60, coto: {} },
  { ...images, per_device_train_batch_size: 4, gradient_accumulation_steps: 4 },
  { ...texts, dataset: 'spam-subjects', max_steps: 40 },
  { ...texts, dataset: 'opinion-words', max_steps: 40 },
  { ...texts, dataset: 'pronunciation', max_steps: 60, eval_steps: 60, max_length: 48 },
];

/** @type {SetUp[]} */
const setUps = [
  ...bad.map((one, at) => ({ ...one, run: { seed: 100 + at, ...one.run } })),
  ...good.map((run, at) => ({ name: `good ${at + 1}`, expected: null, run: { seed: 200 + at, ...run } })),
];

/** Two classes of noise about two means: 95 % of the training images are of the first, half of the test images. */
function skewed() {
  const folder = mkdtempSync(join(work, 'skewed-'));
  let state = 7;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const write = (/** @type {string} */ split, /** @type {number} */ count, /** @type {number} */ share) => {
    const labels = Uint8Array.from({ length: count }, () => (random() < share ? 0 : 1));
    const pixels = new Uint8Array(count * 784);
    for (const [row, label] of labels.entries())
      for (let at = 0; at < 784; at++) pixels[row * 784 + at] = Math.floor((label === 0 ? 180 : 190) * random());
    writeFileSync(join(folder, `${split}-images-idx3-ubyte`), idxFile([count, 28, 28], pixels));
    writeFileSync(join(folder, `${split}-labels-idx1-ubyte`), idxFile([count], labels));
  };
  write('train', 800, 0.95);
  write('t10k', 200, 0.5);
  writeFileSync(join(folder, 'labels.txt'), 'even\nodd\n');
  return folder;
}

/** Rows of a file with a column of the split. A tenth of the test rows are training rows. */
function repeated() {
  return table('repeated', (at) => {
    const isTest = at % 4 === 0;
    const number = isTest && at % 40 === 0 ? at + 1 : at;
    return [
      `the ${words(number)} report of office ${number}`,
      number % 2 === 0 ? 'open' : 'closed',
      isTest ? 'test' : 'train',
    ];
  });
}

/** Texts that begin with their label. */
function leaking() {
  return table('leaking', (at) => {
    const label = at % 2 === 0 ? 'weather' : 'harbor';
    return [`${label}: ${words(at)} number ${at}`, label, at % 4 < 2 ? 'train' : 'test'];
  });
}

/** @param {number} at */
function words(at) {
  const list = ['amber', 'brisk', 'candid', 'dusty', 'eager', 'frosty', 'gentle', 'hollow', 'idle', 'jolly', 'keen'];
  return `${list[at % 11]} ${list[(at * 7 + 3) % 11]} ${list[(at * at + 5) % 11]}`;
}

/**
 * @param {string} name
 * @param {(at: number) => string[]} row
 */
function table(name, row) {
  const path = join(mkdtempSync(join(work, `${name}-`)), `${name}.csv`);
  const rows = Array.from({ length: 400 }, (_, at) => row(at).join(','));
  writeFileSync(path, ['text,label,split', ...rows, ''].join('\n'));
  return path;
}

const { client, close } = await openStudio(join(work, 'home'), { isScratch: true });
try {
  const results = [];
  for (const setUp of setUps) {
    if (args.length > 0 && !args.includes(setUp.name)) continue;
    const result = await attempt(setUp);
    results.push(result);
    const verdict = result.isRight ? 'right' : 'WRONG';
    process.stdout.write(
      `${verdict}  ${setUp.name}: expected ${setUp.expected ?? 'nothing'}, found ${result.found.join(', ') || 'nothing'} (${result.status}, ${result.seconds.toFixed(1)} s)\n`,
    );
    if (result.error !== null) process.stdout.write(`         ${result.error}\n`);
    for (const finding of result.findings)
      process.stdout.write(`         ${finding.label}: ${finding.evidence} ${finding.advice}\n`);
  }
  const ofBad = results.filter(({ expected }) => expected !== null);
  const ofGood = results.filter(({ expected }) => expected === null);
  const alarms = ofGood.filter(({ found }) => found.length > 0).length;
  const further = ofBad.filter(({ expected, found }) => found.some((id) => id !== expected)).length;
  process.stdout.write(
    `${ofBad.filter(({ isRight }) => isRight).length} of ${ofBad.length} bad set-ups named rightly, ${further} of them with a further finding; ${alarms} of ${ofGood.length} good ones with a false alarm; ${results.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(0)} s.\n`,
  );
  if (out) writeFileSync(out, `${JSON.stringify(results, null, 2)}\n`);
} finally {
  await close();
  rmSync(work, { recursive: true, force: true });
}

/** @param {SetUp} setUp */
async function attempt({ name, expected, run, data }) {
  const started = performance.now();
  const dataset = data === undefined ? undefined : (await client.request('datasets.add', { path: data() })).id;
  const config = await client.request('runs.parse', {
    yaml: JSON.stringify({ ...run, ...(dataset ? { dataset } : {}) }),
  });
  const { run: created } = await client.request('runs.create', { name, config });
  let record = created;
  while (record.status === 'queued' || record.status === 'running') {
    await new Promise((resolve) => setTimeout(resolve, 100));
    record = await client.request('runs.get', { id: created.id });
  }
  const findings = await client.request('runs.diagnose', { id: created.id });
  const found = findings.map(({ id }) => id);
  const isRight = expected === null ? found.length === 0 : found.includes(expected);
  return {
    name,
    expected,
    status: record.status,
    error: record.error?.message ?? null,
    found,
    isRight,
    findings,
    seconds: (performance.now() - started) / 1000,
  };
}
