import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { onlyWhole } from './test/only-whole.ts';

const core = join(import.meta.dirname, 'node_modules/@tensorflow/tfjs-core/dist');
const minute = 60_000;
const sharedMemory = '/dev/shm';

/** Vitest forks its workers by this path. On arm64 they alone run there (qemu); what reads and translates the tests is the host's Node. */
process.execPath = process.env['COTO_ARM64_NODE'] ?? process.execPath;

/** The machine's equipment must not change the tests: backends that need a device or a setup are tested by name. */
const bothBackends = { COTO_COMPUTE_BACKENDS: 'native,wasm' };

/**
 * Folder of the tests' temporary folders. It lies in memory if there is room: the app waits until homes and checkpoints are on
 * the disk, and for most tests that takes longer than what they compute. Their folders need less than a gigabyte.
 */
const temporary = mkdtempSync(join(hasRoomInMemory() ? sharedMemory : tmpdir(), `coto-tests-${process.pid}-`));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true }));

/** Homes of tests are recorded here, not in the configuration of the person who runs the tests. */
const userRecords = mkdtempSync(join(temporary, 'config-'));

/** Projects with models of gigabytes in their temporary folders, or that time the disk. */
const onDisk = ['real', 'peers', 'bench', 'slurm', 'speed'];

/** The suites that compute: all of them run on wasm in `unit`, and again on native. */
const computing = ['training', 'models', 'adapters', 'merge', 'tasks', 'jobs', 'generation'].map(
  (folder) => `test/engine/${folder}/**/*.test.ts`,
);

/** Suites among them that name their backends or compute nothing, and take long: only `unit` runs them. */
const testedOnce = [
  ...['adapters/residual/derived-base', 'adapters/peft/adapter-folder', 'adapters/peft-format/patterns'],
  'adapters/targets/target-modules',
  ...['models/config-fields', 'models/decoder-step', 'models/encoded-weights', 'tasks/qa/question-windows'],
  ...['training/bfloat16-trajectory', 'training/half-states', 'training/together'],
].map((name) => `test/engine/${name}.test.ts`);
for (const file of testedOnce)
  if (readFileSync(join(import.meta.dirname, file), 'utf8').includes('test-compute'))
    throw new Error(`${file} computes on the project's own backend: native has to run it too.`);

/**
 * `npm test` sets this, and leaves the tests that take longest to `npm test -- --whole`, which .ci/run runs: the suites that
 * compute run on native alone, and the files that `test/only-whole.ts` lists do not run.
 */
const isEveryday = process.env['COTO_TEST_EVERYDAY'] === '1';

/** Readers of foreign files, given corrupt ones: a few hundred in `unit`, thousands in `long`. */
const fuzzing = ['test/fuzz/**/*.test.ts', 'test/engine/data/fuzz.test.ts'];

/** Have tasks of their own below. */
const others = ['e2e', 'real', 'bench', 'tfjs', 'peers', 'long', 'campaigns', 'slurm'].map(
  (folder) => `test/${folder}/**`,
);

/** In a page that is made of objects. */
const ofWindow = ['test/src-renderer/**/*.test.ts', 'test/src-renderer/**/*.test.tsx'];

/**
 * Nothing in these outlives a test file but what `test/one-process.ts` puts back, so that they need no processes of
 * their own. To start one and to load the sources again costs more than most of them compute. Computing with native
 * tensors in the backend's process leaves operations there.
 */
const sharing = [
  ...['src-shared', 'store', 'shell', 'files', 'fonts', 'logging', 'docs', 'fuzz', 'serve', 'archive', 'cli'].map(
    (folder) => `test/${folder}/**/*.test.ts`,
  ),
  'test/backend/**/!(estimate-*).test.ts',
  'test/engine/!(compute)/**/*.test.ts',
];

for (const file of onlyWhole)
  if (!existsSync(join(import.meta.dirname, `test/${file}.test.ts`)))
    throw new Error(`test/only-whole.ts lists ${file}, which is missing.`);
const leftOut = isEveryday ? onlyWhole.map((file) => `test/${file}.test.ts`) : [];

/**
 * Judge the outcome of a training, outside the suites that run on native: run on another instruction set too
 * (`scripts/tasks/test-processors.mjs`). docs/development/testing.md says what such a test has to hold for.
 */
const outcomes = [
  ...['cli/embeddings', 'cli/preference', 'cli/qa', 'cli/token-classification'],
  'engine/pretrain/pretrain-task',
].map((name) => `test/${name}.test.ts`);
for (const file of outcomes)
  if (!readFileSync(join(import.meta.dirname, file), 'utf8').includes('outcomeSeed'))
    throw new Error(`${file} does not take the seed of its training from test/outcome-seed.ts.`);

interface Project {
  readonly name: string;
  readonly include: readonly string[];
  readonly exclude?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Time limit of one test. The longest takes half a minute, and machines are up to twenty times slower. */
  readonly minutes?: number;
  readonly workers?: number;
  /**
   * The environment of files that follow one another in a process. Without this setting, each file has a process of its
   * own.
   */
  readonly shared?: 'node' | 'happy-dom';
  readonly globalSetup?: readonly string[];
  readonly globals?: boolean;
  readonly alias?: readonly { readonly find: RegExp; readonly replacement: string }[];
}

const projects: readonly Project[] = [
  {
    name: 'unit',
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: [...others, ...ofWindow, ...sharing, ...leftOut],
    workers: 2,
  },
  {
    name: 'unit-shared',
    include: sharing,
    exclude: [...leftOut, ...(isEveryday ? computing : [])],
    workers: 2,
    shared: 'node',
  },
  { name: 'unit-window', include: ofWindow, workers: 2, shared: 'happy-dom' },
  {
    name: 'long',
    include: [
      ...fuzzing,
      'test/long/**/*.test.ts',
      'test/backend/recovery/killed-checkpoint.test.ts',
      'test/backend/home/move/move-home.test.ts',
    ],
    env: { COTO_FUZZ_CASES: '10000', COTO_KILL_STRIDE: '1' },
    minutes: 20,
    workers: 2,
  },
  // Breaks things on purpose until its time is over: `scripts/tasks/campaign.mjs`.
  { name: 'campaign', include: ['test/campaigns/**/*.test.ts'], minutes: 120, workers: 2 },
  {
    name: 'native',
    include: computing,
    // COTO_ISA simulates another processor, which `unit` does not cover.
    exclude: [...leftOut, ...(process.env['COTO_ISA'] === undefined && !isEveryday ? testedOnce : [])],
    env: { COTO_TEST_COMPUTE: 'native' },
    workers: 2,
    shared: 'node',
  },
  { name: 'outcomes', include: outcomes, workers: 2 },
  {
    // tfjs's own tests of the operations that the native backend has kernels for.
    name: 'tfjs',
    include: ['test/tfjs/**/*.test.ts'],
    globals: true,
    // Its tests and our backend must meet in one engine, and tfjs's glue to jasmine is replaced by one to vitest.
    alias: [
      { find: /^@tensorflow\/tfjs-core$/, replacement: join(core, 'index.js') },
      { find: /^.*\/jasmine_util$/, replacement: join(import.meta.dirname, 'test/tfjs/jasmine-util.ts') },
    ],
  },
  // In the real Electron: `scripts/tasks/e2e.mjs` sees to the runtime, the screen and the build. A flow waits as much as it computes.
  {
    name: 'e2e',
    include: ['test/e2e/**/*.test.ts'],
    exclude: ['test/e2e/speed.test.ts', 'test/e2e/main-job.test.ts', ...leftOut],
    workers: 2,
  },
  // Started by `test/e2e/closed-network.test.ts`, in a network that shows what leaves it.
  { name: 'main-job', include: ['test/e2e/main-job.test.ts'] },
  // Start and page changes against budgets of CPU time, which mean something on an idle machine: `scripts/tasks/test-speed.mjs`.
  { name: 'speed', include: ['test/e2e/speed.test.ts'] },
  // The app's files, read by the real PEFT and Transformers; `scripts/tasks/test-peers.mjs` provides their Python.
  { name: 'peers', include: ['test/peers/**/*.test.ts'], workers: 2 },
  // A Slurm of this one machine, started by the tests: `scripts/tasks/test-slurm.mjs` sees to its programs.
  { name: 'slurm', include: ['test/slurm/**/*.test.ts'] },
  // Real checkpoints: `scripts/tasks/test-real.mjs` fetches them.
  { name: 'real', include: ['test/real/**/*.test.ts'], globalSetup: ['test/real/convert-smollm2.ts'] },
  // In arm64's Node: `scripts/test-native-arm64.mjs` sees to it, and to the addon.
  {
    name: 'arm64',
    include: ['test/engine/**/*.test.ts'],
    env: { COTO_COMPUTE_BACKENDS: 'native', COTO_TEST_COMPUTE: 'native' },
  },
  // In Windows's Node under Wine: `scripts/tasks/test-windows.mjs` sees to it, and to the addon.
  {
    name: 'windows',
    include: ['test/engine/**/*.test.ts', 'test/{files,store,cli}/**/*.test.ts'],
    env: { COTO_COMPUTE_BACKENDS: 'native', COTO_TEST_COMPUTE: 'native' },
  },
  // Needs PyTorch beside it: `vitest run --project bench`.
  { name: 'bench', include: ['test/bench/**/*.test.ts'] },
];

/** Returns true on Linux if programs run from the memory's file system, and it and the machine have room for the tests. */
function hasRoomInMemory(): boolean {
  const gibibyte = 2 ** 30;
  if (process.platform !== 'linux' || !existsSync(sharedMemory) || freemem() < 4 * gibibyte) return false;
  const mounted = readFileSync('/proc/mounts', 'utf8').split('\n');
  const [, , type, options = ''] = mounted.map((line) => line.split(' ')).find(([, at]) => at === sharedMemory) ?? [];
  if (type !== 'tmpfs' || options.split(',').some((option) => option === 'ro' || option === 'noexec')) return false;
  // Remove what a killed run has left.
  for (const name of readdirSync(sharedMemory)) {
    const pid = /^coto-tests-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    try {
      rmSync(join(sharedMemory, name), { recursive: true, force: true });
    } catch {
      // A small disk of a killed test may still be mounted there, or the folder belongs to another person.
    }
  }
  const { bavail, bsize } = statfsSync(sharedMemory);
  return bavail * bsize >= 2 * gibibyte;
}

function configured(project: Project): TestProjectInlineConfiguration {
  const { name, include, exclude = [], env = {}, minutes = 10, workers = 1, shared } = project;
  return {
    ...(project.alias ? { resolve: { alias: [...project.alias] } } : {}),
    test: {
      name,
      include: [...include],
      exclude: [...exclude],
      env: {
        ...bothBackends,
        ...(onDisk.includes(name) ? {} : { TMPDIR: temporary }),
        COTO_STUDIO_CONFIG: userRecords,
        ...env,
      },
      // Worker threads and child processes are part of what is tested, and native modules want a process of their own.
      pool: 'forks',
      maxWorkers: workers,
      testTimeout: minutes * minute,
      hookTimeout: minutes * minute,
      // A second, as is usual, says on a busy machine only that it is busy. Within the time that a test has, so that it is named.
      expect: { poll: { timeout: 4 * minute } },
      allowOnly: false,
      isolate: shared === undefined,
      ...(shared === undefined ? {} : { environment: shared, setupFiles: ['test/one-process.ts'] }),
      ...(project.globals ? { globals: true, server: { deps: { inline: [/tfjs-core/] } } } : {}),
      ...(project.globalSetup ? { globalSetup: [...project.globalSetup] } : {}),
    },
  };
}

/** `vitest run --project <name> [files]`; `npm test` and the tasks in scripts/tasks name the projects that they run. */
export default defineConfig({
  test: { passWithNoTests: false, allowOnly: false, projects: projects.map(configured) },
});
