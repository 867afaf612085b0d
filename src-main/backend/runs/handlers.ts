import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { RequestArgument, RequestOutput } from '../../../src-shared/contract/requests.ts';
import { type JobRecord, jobAnswerSchema, resultOf } from '../../../src-shared/domain/jobs/job.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { Curve } from '../../../src-shared/domain/runs/run-history.ts';
import { folderBytes } from '../../files/folder-fingerprint.ts';
import type { Store } from '../../store/open-store.ts';
import { completed } from '../jobs/awaited-job.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { peekDataset } from '../library/datasets/datasets.ts';
import { peekModel } from '../library/models/models.ts';
import { type Handlers, type NamesOf, ok } from '../services/handler.ts';
import { importRunsJob } from '../trackers/import-runs-job.ts';
import { checkRun } from './check-run.ts';
import { checkpointAdapters, saveAdapter } from './checkpoint-adapters.ts';
import { listCheckpoints, removeCheckpoint } from './checkpoints.ts';
import { diagnoseRun } from './diagnose-run.ts';
import { estimateRun, forecastRuns } from './estimate.ts';
import { memoryOfModels } from './model-memory.ts';
import { planModel } from './plan-model.ts';
import { plannedRun } from './planned-runs.ts';
import { checkedRun } from './run-yaml.ts';
import { cancelRun, createRun, pauseRun, removeRun, resumeRun, stopRun } from './runs.ts';
import { timedSteps, timeStepsJob } from './time-steps-job.ts';
import { requireRun } from './training-record.ts';

export function runHandlers(services: HandlerServices): Handlers<NamesOf<'runs'> | 'models.memory' | 'models.plan'> {
  const { store, hub, deletions } = services;
  return {
    'models.plan': (asked) => planModel(services, asked),
    'models.memory': () => memoryOfModels(services, deletions.visible('models', store.models.list())),
    'runs.list': ({ archived }) => deletions.visible('runs', store.runs.list(archived)),
    'runs.get': ({ id }) => requireRun(store, id),
    'runs.find': ({ config }) => plannedRun(services, { config }),
    'runs.create': ({ name, config, tags }) => createRun(services, { name, config, tags, studyId: null }),
    'runs.import': ({ path }) => importRecorded(services, services.paths.readable(path)),
    'runs.pause': ({ id }) => {
      pauseRun(services, id);
      return ok;
    },
    'runs.resume': ({ id, folder, anyway }) =>
      resumeRun(services, id, { folder, inputs: anyway ? 'accept' : 'compare' }),
    'runs.stop': ({ id }) => {
      stopRun(services, id);
      return ok;
    },
    'runs.cancel': ({ id }) => {
      cancelRun(services, id);
      return ok;
    },
    'runs.update': ({ id, ...changes }) => {
      requireRun(store, id);
      const run = store.runs.update(id, changes) ?? requireRun(store, id);
      hub.runChanged(run);
      hub.listChanged('runs');
      return run;
    },
    'runs.size': async ({ id }) => ({ bytes: await folderBytes(services.home.absolute(requireRun(store, id).folder)) }),
    'runs.remove': async ({ id, undoMilliseconds }) => ({
      freedBytes: await removeRun(services, id, undoMilliseconds),
    }),
    'runs.metrics': ({ id }) => {
      requireRun(store, id);
      return store.history.metrics(id);
    },
    'runs.curve': ({ id, metric, ...range }) => {
      requireRun(store, id);
      return store.history.curve(id, metric, range);
    },
    'runs.history': (query) => readHistory(store, query),
    'runs.masks': ({ id, buckets }) => {
      requireRun(store, id);
      return store.history.activationShares(id, buckets);
    },
    'runs.log': ({ id }) => {
      requireRun(store, id);
      return store.history.log(id);
    },
    'runs.samples': ({ id }) => {
      requireRun(store, id);
      return store.samples.find(id);
    },
    'runs.diagnose': ({ id }) => diagnoseRun(services, requireRun(store, id)),
    'runs.checkpoints': ({ id }) => listCheckpoints(services, id),
    'runs.removeCheckpoint': async ({ id, ...choice }) => ({
      freedBytes: await removeCheckpoint(services, id, choice),
    }),
    'runs.saveAdapter': ({ id, folder }) => saveAdapter(services, id, folder),
    'runs.checkpointAdapters': (request) => checkpointAdapters(services, request),
    'runs.estimate': ({ config }) => estimateRun(services, config),
    'runs.forecast': ({ configs }) => forecastRuns(services, configs),
    'runs.timeSteps': ({ config }) => timeSteps(services, config),
    'runs.parse': (input) => services.reader.read('run', input),
  };
}

/**
 * Curves and masks of several runs. Yields to other requests between two curves: one of a million values takes 0.1 s.
 * A run in progress may have grown in curves read later; each is complete up to its own last step.
 */
async function readHistory(
  store: Store,
  { ids, metrics, masks, ...range }: RequestArgument<'runs.history'>,
): Promise<RequestOutput<'runs.history'>> {
  for (const id of ids) requireRun(store, id);
  const histories: RequestOutput<'runs.history'> = [];
  for (const id of ids) {
    const curves: Curve[] = [];
    for (const name of store.history.metricNames(id)) {
      if (!metrics.some((metric) => (metric.endsWith('/') ? name.startsWith(metric) : name === metric))) continue;
      await setImmediate();
      curves.push(store.history.curve(id, name, range));
    }
    histories.push({ id, curves, masks: masks ? store.history.activationShares(id, range.buckets) : null });
  }
  return histories;
}

/** Imports runs in a job, which has progress and can be cancelled, and waits for it. A job without a result is removed. */
async function importRecorded({ store, queue }: HandlerServices, path: string): Promise<RequestOutput<'runs.import'>> {
  const title = `Import ${basename(path)}`;
  const job = await completed({ store, queue }, queue.add(importRunsJob, { title, subjectId: null }, { path }));
  const answer = jobAnswerSchema.parse({ kind: 'import-runs', result: store.jobs.result(job.id) });
  const { runIds, skipped } = resultOf(answer, 'import-runs') ?? { runIds: [], skipped: [] };
  return { runs: runIds.flatMap((id) => store.runs.find(id) ?? []), skipped };
}

/** Queues the timing of a few steps. Throws if the config does not fit the model or the data. */
async function timeSteps(services: HandlerServices, given: RunConfig): Promise<JobRecord> {
  const config = checkedRun(given);
  const model = await peekModel(services, config.model);
  await checkRun(services, config, model, await peekDataset(services, config.dataset));
  return services.queue.add(timeStepsJob, { title: `Time ${timedSteps} steps`, subjectId: null }, { config });
}
