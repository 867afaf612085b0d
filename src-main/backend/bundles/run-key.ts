import { createHash } from 'node:crypto';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type RunConfig, saveMinutes } from '../../../src-shared/domain/runs/run.ts';
import type { BundleInput, BundleJob } from '../../../src-shared/domain/targets/bundle.ts';
import { canonicalJson, withKeyRate } from '../library/content-keys.ts';
import type { Services } from '../services/services.ts';
import { type Bundle, program } from './bundle-files.ts';

const defaultSaveMinutes = saveMinutes.parse(undefined);

/** Hash of a run's settings, the files that it needs and the version of the program, in 32 digits. */
export function runKey(config: RunConfig, inputs: readonly BundleInput[], version: string = program.version): string {
  const { model, dataset, save_minutes: minutes, ...settings } = withKeyRate(config);
  const content = {
    version,
    // Bundles of versions without this setting have the same key.
    settings: minutes === defaultSaveMinutes ? settings : { ...settings, save_minutes: minutes },
    model: requireInput(inputs, 'model', model).sha256,
    dataset: keyOfDataset(requireInput(inputs, 'dataset', dataset)),
  };
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 32);
}

function keyOfDataset({ sha256, source }: BundleInput): unknown {
  const { test_file: _, ...options } = source?.options ?? {};
  return { sha256, reader: source?.reader ?? null, options };
}

/** @throws StudioError invalid_file if the bundle does not say where an input is */
export function requireInput(inputs: readonly BundleInput[], role: BundleInput['role'], id: string): BundleInput {
  const input = inputs.find((one) => one.role === role && one.id === id);
  if (input !== undefined) return input;
  throw unnamedInput(role, id);
}

export function unnamedInput(role: BundleInput['role'], id: string): StudioError {
  return new StudioError(
    'invalid_file',
    `inputs.json of the bundle does not name the ${role} "${id}" of a run.`,
    'Write the bundle again: coto study bundle.',
  );
}

/** The run of a job. @throws StudioError invalid_file if its YAML is not what the bundle was written with */
export async function readJobConfig(
  { reader }: Pick<Services, 'reader'>,
  bundle: Bundle,
  job: BundleJob,
): Promise<RunConfig> {
  return requireJobRun(bundle, job, await reader.read('jobRun', { folder: bundle.folder, job }));
}

/** The run that a job's YAML has. @throws StudioError invalid_file if the bundle was written with another */
export function requireJobRun({ inputs, study }: Bundle, { runId, file }: BundleJob, config: RunConfig): RunConfig {
  if (runKey(config, inputs, study.program.version) === runId) return config;
  throw new StudioError(
    'invalid_file',
    `${file} of the bundle was changed: it is not the run ${runId} any more.`,
    'Write the bundle again: coto study bundle.',
  );
}
