// Measures the time to open a long run, and the cost of a delta, in the backend's own process and in the real window.
// Usage: node_modules/node/bin/node bench/metrics.mjs [--steps 100000] [--groups 12] [--window [--pictures FOLDER]]
// [--keep HOME]
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { log } from '../scripts/bootstrap/log.mjs';
import { root } from '../scripts/bootstrap/paths.mjs';
import { createBackend } from '../src-main/backend/index.ts';
import { openStore } from '../src-main/store/open-store.ts';
import { childProcessChannel } from '../src-main/transport/child-process.ts';
import { groupHeatmap } from '../src-renderer/features/runs/charts/figures.ts';
import { stepTimeByShare, stepTimeFigure } from '../src-renderer/features/runs/charts/step-time-figures.ts';
import { events } from '../src-shared/contract/events.ts';
import { requests } from '../src-shared/contract/requests.ts';
import { GrowingCurve } from '../src-shared/curves/growing-curve.ts';
import { GrowingShares } from '../src-shared/curves/growing-shares.ts';
import { runConfigSchema } from '../src-shared/domain/runs/run.ts';
import { lossStripFigure, metricFigure, scheduleFigure } from '../src-shared/figures/index.ts';
import { connect } from '../src-shared/rpc/connect.ts';
import { parseHello } from '../src-shared/rpc/hello.ts';
import { measureWindow } from './metrics-window.mjs';

/**
 * @typedef {import('../src-shared/domain/runs/run.ts').RunRecord} RunRecord
 * @typedef {import('zod').output<(typeof requests)['runs.history']['output']>[number]} RunHistory
 */

const { values: options } = parseArgs({
  options: {
    steps: { type: 'string', default: '100000' },
    groups: { type: 'string', default: '12' },
    window: { type: 'boolean', default: false },
    keep: { type: 'string' },
    pictures: { type: 'string' },
  },
});
const totalSteps = Number(options.steps);
const groupCount = Number(options.groups);
const resourcesDirectory = join(root, 'assets');
const groups = Array.from({ length: groupCount }, (_, index) => `layers.${index}`);
const buckets = 1024;
const rounds = 15;
const pageMetrics = ['loss', 'learning_rate', 'grad_norm', 'step_milliseconds', 'active_share', 'eval_accuracy'];

const home = options.keep ?? mkdtempSync(join(tmpdir(), 'coto-metrics-'));
mkdirSync(home, { recursive: true });
log(`${cpus()[0]?.model} × ${cpus().length}`);
await makeHome();
measureStore();
await measureBackend();
measureDelta();
if (options.window) await measureWindow({ home, totalSteps, groups, pictures: options.pictures });
if (options.keep === undefined) rmSync(home, { recursive: true });

/** A home with a run of six metrics, one that has besides a gradient norm for each group, and a short one. */
async function makeHome() {
  const backend = await createBackend({ home, resourcesDirectory, startEngine: () => null });
  await backend.close();
  const store = openStore(join(home, 'studio.sqlite'));
  const [model] = store.models.list();
  const [dataset] = store.datasets.list();
  if (model === undefined || dataset === undefined) throw new Error('The new home lacks the bundled model or data.');
  for (const { id, name, steps, perGroup } of [
    { id: 'run-long', name: 'Six metrics', steps: totalSteps, perGroup: false },
    { id: 'run-groups', name: 'Six metrics and every group', steps: totalSteps, perGroup: true },
    { id: 'run-short', name: 'A short run', steps: 120, perGroup: true },
  ]) {
    if (store.runs.find(id) !== null) continue;
    store.runs.insert(record(id, name, steps, model.id, dataset.id));
    const start = performance.now();
    for (let from = 0; from < steps; from += 50)
      store.transaction(() => {
        store.history.insertMetrics(id, columns(from, Math.min(50, steps - from), steps, perGroup));
        store.history.insertMasks(id, masks(from, Math.min(50, steps - from), steps));
      });
    log(`${name}: ${steps} steps written in ${(performance.now() - start).toFixed(0)} ms`);
  }
  store.shrinkLog();
  store.close();
  log(`the database is ${(statSync(join(home, 'studio.sqlite')).size / 2 ** 20).toFixed(1)} MiB`);
}

/**
 * @param {string} id
 * @param {string} name
 * @param {number} steps
 * @param {string} modelId
 * @param {string} datasetId
 * @returns {RunRecord}
 */
function record(id, name, steps, modelId, datasetId) {
  return {
    id,
    name,
    status: 'running',
    config: runConfigSchema.parse({ coto: {}, max_steps: steps }),
    modelId,
    datasetId,
    tags: [],
    note: '',
    starred: false,
    archived: false,
    studyId: null,
    step: steps,
    facts: {
      totalSteps: steps * 1.2,
      trainableParameters: 38_154,
      totalParameters: 2_400_000,
      groups,
      maskRows: [],
      trainExamples: 640,
      evalExamples: 100,
      backend: 'native',
      threads: 2,
      computeDtype: 'float32',
      runsTogether: 1,
      paddingShare: null,
    },
    result: null,
    adapterId: null,
    checkpoints: [],
    error: null,
    folder: `runs/${id}`,
    createdAt: Date.now(),
    startedAt: Date.now(),
    finishedAt: null,
  };
}

/**
 * Simulates the engine's report of `count` steps from `first`.
 * @param {number} first
 * @param {number} count
 * @param {number} steps of the whole run
 * @param {boolean} perGroup
 */
function columns(first, count, steps, perGroup) {
  const at = Int32Array.from({ length: count }, (_, index) => first + index);
  /** @type {(name: string, value: (step: number) => number) => { name: string, steps: Int32Array<ArrayBuffer>, values: Float64Array<ArrayBuffer> }} */
  const column = (name, value) => ({ name, steps: at, values: Float64Array.from(at, value) });
  /** @param {number} step */
  const noise = (step) => Math.abs(Math.sin(step * 12.9898) * 43_758.5453) % 1;
  const evaluations = at.filter((step) => step % Math.ceil(steps / 40) === 0);
  return [
    column('loss', (step) => 2.3 * Math.exp((-3 * step) / steps) + 0.3 * noise(step)),
    column('learning_rate', (step) => 1e-3 * (0.5 + 0.5 * Math.cos((Math.PI * step) / steps))),
    column('grad_norm', (step) => 0.5 + noise(step + 1)),
    column('step_milliseconds', (step) => 14 + 3 * noise(step + 2) + (step % 997 === 0 ? 200 : 0)),
    column('active_share', (step) => Math.min(1, 0.3 + (0.7 * step) / steps)),
    column('p', (step) => Math.min(1, step / (0.75 * steps))),
    {
      name: 'eval_accuracy',
      steps: evaluations,
      values: Float64Array.from(evaluations, (step) => 0.5 + (0.3 * step) / steps + 0.02 * noise(step)),
    },
    ...(perGroup
      ? groups.map((group, row) => column(`grad_norm/${group}`, (step) => (row + 1) * noise(step + row)))
      : []),
  ];
}

/**
 * @param {number} first
 * @param {number} count
 * @param {number} steps of the whole run
 */
function masks(first, count, steps) {
  const bytes = Uint8Array.from({ length: count * groupCount }, (_, at) => {
    const step = first + Math.floor(at / groupCount);
    return Math.abs(Math.sin(step * 78.233 + at) * 43_758.5453) % 1 < Math.max(0.1, step / (0.75 * steps)) ? 1 : 0;
  });
  return { firstStep: first, groupCount, bytes };
}

/** The processor time that folding takes, which other work on the machine lengthens little. */
function measureStore() {
  const store = openStore(join(home, 'studio.sqlite'));
  const whole = { from: null, to: null, buckets };
  for (const id of ['run-short', 'run-long', 'run-groups']) {
    const names = store.history.metricNames(id);
    const times = Array.from({ length: rounds }, () => {
      const start = process.cpuUsage();
      for (const name of names) store.history.curve(id, name, whole);
      store.history.activationShares(id, buckets);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    });
    log(
      `${id}: ${names.length} curves and masks folded in ${milliseconds(times)} of CPU time, median (fastest) of ${rounds}`,
    );
  }
  store.close();
}

/** From the request to the figures, over the process's own wire; the backend is the very module that the window starts. */
async function measureBackend() {
  const entry = fileURLToPath(new URL('../src-main/backend/entry.ts', import.meta.url));
  const child = fork(entry, [], {
    serialization: 'advanced',
    env: {
      ...process.env,
      COTO_STUDIO_HOME: home,
      COTO_STUDIO_CONFIG: join(home, 'config'),
      COTO_STUDIO_RESOURCES: resourcesDirectory,
    },
  });
  const channel = childProcessChannel(child);
  /** @type {Promise<void>} */
  const ready = new Promise((resolve, reject) => {
    channel.on((message) => {
      const hello = parseHello(message);
      if (hello?.ready) resolve();
      else if (hello) reject(new Error(hello.error.message));
    });
  });
  await ready;
  const client = connect(channel, { requests, events });
  const range = { masks: true, buckets };
  for (const id of ['run-short', 'run-long', 'run-groups']) {
    /** @type {Record<'curves' | 'figures' | 'groups', number[]>} */
    const times = { curves: [], figures: [], groups: [] };
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      const [history] = await client.request('runs.history', { ids: [id], metrics: pageMetrics, ...range });
      times.curves.push(performance.now() - start);
      const run = await client.request('runs.get', { id });
      const asked = performance.now();
      if (history !== undefined) figures(run, history);
      times.figures.push(performance.now() - asked);
      const grouping = performance.now();
      await client.request('runs.history', { ids: [id], metrics: ['grad_norm/'], buckets: 512 });
      times.groups.push(performance.now() - grouping);
    }
    log(
      `${id}, median (fastest) of ${rounds}: curves and masks ${milliseconds(times.curves)}, data of the page's figures ` +
        `${milliseconds(times.figures)}; norms by group, asked for after them, ${milliseconds(times.groups)}`,
    );
  }
  const [history] = await client.request('runs.history', { ids: ['run-long'], metrics: pageMetrics, ...range });
  if (history === undefined) throw new Error('The backend knows nothing of the run.');
  let bytes = 0;
  for (const curve of history.curves)
    for (const field of Object.values(curve)) if (ArrayBuffer.isView(field)) bytes += field.byteLength;
  log(
    `${history.curves.length} curves of ${history.curves[0]?.counts.length} points: ${(bytes / 1024).toFixed(0)} KiB`,
  );
  channel.post({ shutdown: true });
  await new Promise((resolve) => child.once('exit', resolve));
}

/** @param {number[]} times */
function milliseconds(times) {
  const sorted = [...times].sort((one, other) => one - other);
  return `${sorted[sorted.length >> 1]?.toFixed(1)} (${sorted[0]?.toFixed(1)}) ms`;
}

/**
 * Makes the data of every figure of a run's page.
 * @param {RunRecord} run
 * @param {RunHistory} history
 */
function figures(run, history) {
  const theme = { dark: false };
  const curves = new Map(history.curves.map((curve) => [curve.metric, curve]));
  const { facts, config } = run;
  const times = curves.get('step_milliseconds');
  if (facts === null || config.coto === null || times === undefined)
    throw new Error(`The run ${run.id} has no facts, no schedule or no times.`);
  const settings = config.coto;
  const one = {
    id: run.id,
    label: run.name,
    group: 'LoRA',
    coto: true,
    variant: 'lora',
    totalSteps,
    examplesPerStep: 32,
    curves,
  };
  return [
    lossStripFigure({ run: one, groups, shares: history.masks, coto: settings, now: null }, { smoothing: 0.6 }, theme),
    ...['learning_rate', 'grad_norm', 'eval_accuracy'].map((metric) =>
      metricFigure([one], { metric, title: metric, yTitle: metric, smoothing: 0.6 }, theme),
    ),
    stepTimeFigure(times, totalSteps, true, theme),
    stepTimeByShare(times, curves.get('active_share'), true, theme),
    scheduleFigure({ settings, totalSteps, groups, strip: history.masks }, theme),
    groupHeatmap(curves, facts, { metric: 'grad_norm', title: '' }, theme),
  ];
}

/** Measures the cost of adding one delta of a tenth of a second: 6 metrics and the masks of seven steps. */
function measureDelta() {
  const deltas = Array.from({ length: Math.floor(totalSteps / 7) }, (_, index) => ({
    columns: columns(index * 7, 7, totalSteps, false),
    masks: masks(index * 7, 7, totalSteps),
  }));
  const curves = new Map();
  const shares = new GrowingShares(groupCount, buckets);
  const times = deltas.map((delta) => {
    const start = performance.now();
    for (const { name, steps, values } of delta.columns) {
      const curve = curves.get(name) ?? new GrowingCurve(name, buckets);
      curves.set(name, curve);
      for (let index = 0; index < steps.length; index++) curve.add(steps[index], values[index]);
    }
    shares.add(delta.masks);
    return performance.now() - start;
  });
  times.sort((one, other) => one - other);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const rare = times[Math.floor(times.length * 0.999)] ?? Number.NaN;
  log(
    `a delta of 7 steps is added in ${(1000 * mean).toFixed(1)} µs in the mean; 999 of 1000 in ${(1000 * rare).toFixed(0)} µs`,
  );
}
