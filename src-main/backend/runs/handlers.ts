import { folderBytes } from '../../files/folder-fingerprint.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { type Handlers, type NamesOf, ok } from '../services/handler.ts';
import { checkpointAdapters, saveAdapter } from './checkpoint-adapters.ts';
import { listCheckpoints, removeCheckpoint } from './checkpoints.ts';
import { estimateRun, forecastRuns } from './estimate.ts';
import { readHistory } from './history.ts';
import { importRecorded } from './import-recorded.ts';
import { memoryOfModels } from './model-memory.ts';
import { plannedRun } from './planned-runs.ts';
import { cancelRun, createRun, pauseRun, removeRun, resumeRun, stopRun } from './runs.ts';
import { timeSteps } from './time-steps.ts';
import { requireRun } from './training-record.ts';

export function runHandlers(services: HandlerServices): Handlers<NamesOf<'runs'> | 'models.memory'> {
  const { store, hub, deletions } = services;
  return {
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
