import type { StudioClient } from '../../src-shared/contract/studio-client.ts';
import type { DiagnosedFinding } from '../../src-shared/domain/runs/diagnosis.ts';
import type { RunConfig, RunRecord } from '../../src-shared/domain/runs/run.ts';
import type { SetUp } from './set-up.ts';

/** Findings about a set-up, beside the expected one. */
export interface Outcome {
  readonly name: string;
  readonly expected: string | null;
  readonly status: string;
  readonly error: string | null;
  /** Ids of the findings. */
  readonly found: readonly string[];
  /** True if the expected finding is among them, or if there is none about a good set-up. */
  readonly isRight: boolean;
  readonly findings: readonly DiagnosedFinding[];
  readonly seconds: number;
}

const pollMilliseconds = 100;

/**
 * Trains a set-up and diagnoses its run. A run of the same settings in the home is diagnosed as it is, so that a changed rule is
 * tried without training.
 *
 * @param folder where its dataset is written
 */
export async function evaluate(client: StudioClient, setUp: SetUp, folder: string): Promise<Outcome> {
  const { name, expected } = setUp;
  const started = performance.now();
  const record = (await trainedRun(client, setUp)) ?? (await train(client, setUp, folder));
  const findings = await client.request('runs.diagnose', { id: record.id });
  const found = findings.map(({ id }) => id);
  return {
    ...{ name, expected, status: record.status, error: record.error?.message ?? null, found, findings },
    isRight: expected === null ? found.length === 0 : found.includes(expected),
    seconds: (performance.now() - started) / 1000,
  };
}

async function trainedRun(client: StudioClient, { name, run }: SetUp): Promise<RunRecord | null> {
  const config = await parseRun(client, run);
  const runs = await client.request('runs.list', {});
  const isSame = (one: RunRecord) => {
    const dataset = 'dataset' in run ? config.dataset : one.config.dataset;
    return one.name === name && JSON.stringify(one.config) === JSON.stringify({ ...config, dataset });
  };
  return runs.find((one) => isSame(one) && (one.status === 'completed' || one.error?.code === 'not_finite')) ?? null;
}

async function train(client: StudioClient, { name, run, data }: SetUp, folder: string): Promise<RunRecord> {
  const dataset = data === undefined ? null : (await client.request('datasets.add', { path: data(folder) })).id;
  const config = await parseRun(client, { ...run, ...(dataset === null ? {} : { dataset }) });
  const { run: created } = await client.request('runs.create', { name, config });
  let record = created;
  while (record.status === 'queued' || record.status === 'running') {
    await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
    record = await client.request('runs.get', { id: created.id });
  }
  return record;
}

function parseRun(client: StudioClient, run: SetUp['run']): Promise<RunConfig> {
  return client.request('runs.parse', { yaml: JSON.stringify(run) });
}

/** Counts of rightly named bad set-ups and of false alarms. */
export function countOutcomes(outcomes: readonly Outcome[]) {
  const ofBad = outcomes.filter(({ expected }) => expected !== null);
  const ofGood = outcomes.filter(({ expected }) => expected === null);
  return {
    ...{ bad: ofBad.length, good: ofGood.length },
    named: ofBad.filter(({ isRight }) => isRight).length,
    further: ofBad.filter(({ expected, found }) => found.some((id) => id !== expected)).length,
    alarms: ofGood.filter(({ isRight }) => !isRight).length,
  };
}
