import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Home, openHome } from '../../../src-main/backend/home/home.ts';
import { reconcileRuns } from '../../../src-main/backend/recovery/reconcile-runs.ts';
import { keepCheckpoint } from '../../../src-main/backend/runs/checkpoint-files.ts';
import { latestCheckpoint, latestWholeCheckpoint } from '../../../src-main/backend/runs/latest-checkpoint.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../src-main/engine/adapters/variant/state.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { writeCheckpoint } from '../../../src-main/engine/training/checkpoint.ts';
import { newCheckpointFolder } from '../../../src-main/engine/training/checkpoint-folders.ts';
import { writeHistoryPart } from '../../../src-main/engine/training/history-files.ts';
import { openLog } from '../../../src-main/logging/log.ts';
import { openStore, type Store } from '../../../src-main/store/open-store.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import { goldenPath } from '../../engine/golden.ts';
import { withMortalFiles } from '../home/mortal-files.ts';
import { datasetRecord, modelRecord, runRecord } from '../records.ts';
import { trainerState } from '../runs/state-alone.ts';

let description: ModelDescription;
let adapter: AdapterState;
beforeAll(async () => {
  description = await describeModel(goldenPath('vit-28', 'base'));
  adapter = await readAdapter(goldenPath('vit-28', 'adapters', 'lora'), description);
});

// In memory where that can be: the many syncs cost nothing there.
const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'coto-killed-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const temporaryFolder = () => mkdtempSync(join(root, 'home-'));

const runId = runRecord.id;

interface Open {
  readonly home: Home;
  readonly store: Store;
}

async function open(path: string): Promise<Open> {
  const home = openHome(path);
  const store = openStore(home.database);
  const { log, close } = openLog(home.absolute('logs'), 'backend');
  await reconcileRuns({ home, store, log });
  close();
  return { home, store };
}

function close({ home, store }: Open): void {
  store.close();
  home.release();
}

/** Simulates the records and files of a training since the previous save, up to a step. */
async function save(studio: Open, kind: CheckpointRecord['kind'], from: number, step: number): Promise<void> {
  const { home, store } = studio;
  const runDirectory = home.absolute('runs', runId);
  const steps = Int32Array.from({ length: step - from }, (_, index) => from + index);
  const columns = [{ name: 'loss', steps, values: Float64Array.from(steps, (one) => 1 / (one + 3)) }];
  store.history.insertMetrics(runId, columns);
  await writeHistoryPart(runDirectory, { step, columns, masks: [] });
  const folder = newCheckpointFolder(runDirectory, kind, step);
  const checkpoint = { adapter, optimizer: { steps: new Map(), tensors: new Map() }, trainer: trainerState(step) };
  await writeCheckpoint(folder, checkpoint, { description, baseModelName: 'tiny', accuracy: 0.5 });
  keepCheckpoint(studio, runId, { kind, step, folder: home.relative(folder), accuracy: 0.5, resumable: true });
}

async function trainedTo(step: number, kind: CheckpointRecord['kind']): Promise<Open> {
  const studio = await open(temporaryFolder());
  studio.store.models.save(modelRecord);
  studio.store.datasets.save(datasetRecord);
  studio.store.runs.insert(runRecord);
  await save(studio, kind, 0, step);
  return studio;
}

/** The losses of steps 0 to `step` - 1, each once. */
function expectHistory({ store }: Open, step: number): void {
  const { steps, mean } = store.history.curve(runId, 'loss', { from: 0, to: step - 1, buckets: 1000 });
  expect([...steps]).toEqual([...Array(step).keys()]);
  expect([...mean]).toEqual([...steps].map((one) => 1 / (one + 3)));
}

describe.each(['last', 'best', 'step'] as const)(
  'a process that is killed while it saves a checkpoint (%s)',
  (kind) => {
    it('leaves a whole one at every call that changes a file, and nothing that no row names', async () => {
      const trained = await trainedTo(5, kind);
      close(trained);
      const steps = new Set<number>();
      const stride = Number(process.env['COTO_KILL_STRIDE'] ?? 7);
      let killAt = 0;
      for (let isKilled = true; isKilled; killAt += stride) {
        const path = temporaryFolder();
        cpSync(trained.home.path, path, { recursive: true });
        const before = await open(path);
        isKilled = (await withMortalFiles(killAt, () => save(before, kind, 5, 10))) > killAt;
        close(before);
        const after = await open(before.home.path);
        const run = after.store.runs.find(runId);
        const latest = run && latestCheckpoint(after.home, run);
        if (run === null || latest === null || latest === undefined)
          throw new Error(`no checkpoint is left at call ${killAt}`);
        expect(await latestWholeCheckpoint(after.home, run, latest)).toMatchObject({ checkpoint: latest, damaged: [] });
        const folders = readdirSync(after.home.absolute('runs', runId, 'checkpoints'));
        expect(folders.sort(), `at call ${killAt}`).toEqual(
          run.checkpoints.map(({ folder }) => folder.split('/').at(-1)).sort(),
        );
        expect(run.checkpoints).toHaveLength(kind === 'step' && latest.step === 10 ? 2 : 1);
        expect(
          readdirSync(after.home.path, { recursive: true }).filter((name) => String(name).includes('.tmp')),
        ).toEqual([]);
        expectHistory(after, latest.step);
        steps.add(latest.step);
        close(after);
      }
      expect(killAt).toBeGreaterThan(15);
      expect([...steps].sort()).toEqual([10, 5]);
    });
  },
);

it('a database that has lost its last rows is put right from the folder of the run', async () => {
  const studio = await trainedTo(5, 'last');
  const { path, database } = studio.home;
  close(studio);
  const earlier = readFileSync(database);
  const later = await open(path);
  await save(later, 'last', 5, 400);
  await save(later, 'step', 400, 460);
  close(later);
  writeFileSync(database, earlier);
  const after = await open(path);
  const run = after.store.runs.find(runId);
  expect(run?.checkpoints.map(({ kind, step }) => [kind, step])).toEqual([
    ['last', 400],
    ['step', 460],
  ]);
  expect(run?.step).toBe(460);
  expectHistory(after, 460);
  expect(after.store.history.log(runId).map(({ text }) => text)).toEqual([
    "The database had lost what came before step 460; it was put back from the run's folder.",
  ]);
  close(after);
});

it('a damaged checkpoint is named with the file that differs, and the one before is taken', async () => {
  const studio = await trainedTo(5, 'step');
  await save(studio, 'last', 5, 10);
  const { home, store } = studio;
  const file = home.absolute('runs', runId, 'checkpoints', 'last-000010', 'adapter_model.safetensors');
  const bytes = readFileSync(file);
  bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const run = store.runs.find(runId);
  const newest = run?.checkpoints.find(({ step }) => step === 10);
  if (!run || !newest) throw new Error('the checkpoint is not stored');
  const found = await latestWholeCheckpoint(home, run, newest);
  expect(found.checkpoint?.step).toBe(5);
  expect(found.damaged.map(({ message }) => message)).toEqual([
    'The checkpoint last-000010 is damaged: adapter_model.safetensors has changed since it was written (SHA-256).',
  ]);
  close(studio);
});
