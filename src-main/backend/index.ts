import { join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import type { EventName, EventPayload } from '../../src-shared/contract/events.ts';
import type { RecoveryWay } from '../../src-shared/contract/recovery-way.ts';
import type { RequestInput, RequestName, RequestOutput } from '../../src-shared/contract/requests.ts';
import { UsageMeter } from '../engine/api/compute.ts';
import type { PathGrants } from '../files/path-grants.ts';
import { type Log, logFolder, openLog } from '../logging/log.ts';
import { openStore } from '../store/open-store.ts';
import { unreadable } from '../store/row-reader.ts';
import type { StartEngine } from './engine/engine-host.ts';
import { EngineSupervisor } from './engine/engine-supervisor.ts';
import { KnownBackends } from './engine/known-backends.ts';
import { createDispatch } from './handlers.ts';
import { openHome } from './home/home.ts';
import { jobOf } from './job-kinds.ts';
import { JobQueue } from './jobs/queue.ts';
import { checkReferenced } from './library/adapters/adapter-file.ts';
import { registerBundledDatasets } from './library/datasets/datasets.ts';
import { cacheFolder, datasetsCacheFolder } from './library/huggingface/cache-folder.ts';
import { checkModelFiles } from './library/models/model-files.ts';
import { registerBundledModels } from './library/models/models.ts';
import { ForeignReader, type StartReader, startReader } from './reading/foreign-reader.ts';
import { cleanHome } from './recovery/clean-home.ts';
import { DailyBackup } from './recovery/daily-backup.ts';
import { RecordFiles } from './recovery/record-files.ts';
import { beginRecovery, finishRecovery, type Recovered, type Recovery } from './recovery/recovery.ts';
import { defaultPlotlyScript } from './reports/plotly-script.ts';
import { Deletions } from './services/deletions.ts';
import { EventHub, type EventListener } from './services/event-hub.ts';
import { anyPath, chosenPaths, registeredPaths } from './services/path-access.ts';
import type { Services } from './services/services.ts';
import { followAgain, leaveUnfollowed } from './targets/follow-again.ts';
import { EventLogs } from './tensorboard/event-logs.ts';

export { writeFileAtomic } from '../files/atomic.ts';
export { catalog } from './app/catalog.ts';
export { startEngine } from './engine/engine-host.ts';
export { EngineSupervisor } from './engine/engine-supervisor.ts';
export { moveHome } from './home/move/move-home.ts';
export { checkDataset, detectDataset } from './library/datasets/check-dataset.ts';
export type { Recovered } from './recovery/recovery.ts';
export { parseRegistration, registerStudy } from './studies/registration.ts';
export { resolveStudy, studyFile } from './studies/study-file.ts';

export interface BackendOptions {
  /** The studio's folder; created if missing. */
  readonly home: string;
  /** The folder with models/, data/ and fonts/, e.g. the repository's assets/. */
  readonly resourcesDirectory: string;
  /** Called when an engine is first needed, and again after a loss. */
  readonly startEngine: StartEngine;
  /** Called when a file that somebody else may have made is read; by default a process of its own. */
  readonly startReader?: StartReader;
  /** false: jobs that an earlier session left queued are not run; only new ones are. */
  readonly takeUpQueue?: boolean;
  /** Paths that the user chose in the client. A client may name only these and known records; default: any path. */
  readonly grants?: PathGrants;
  /** The script that draws a report's figures; by default the built one. */
  readonly plotlyScript?: string;
  /** Opens a home with a damaged or lost database. */
  readonly recovery?: RecoveryWay;
  /** true: the home is removed after use. */
  readonly isScratch?: boolean;
}

/** The app's backend: the window and the command line are its clients. */
export interface Backend {
  readonly log: Log;
  /** Result of `recovery`. */
  readonly recovered: Recovered | null;
  /** One sentence for each link in the home's folders, and for an unfinished move, that was left alone. */
  readonly skipped: readonly string[];
  /** Handles a request of the contract; rejects with a StudioError. */
  handle<Name extends RequestName>(name: Name, input: RequestInput<Name>): Promise<RequestOutput<Name>>;
  /** Like `handle`, for an unchecked name and input: an unknown name is rejected with `not_found`. */
  dispatch(name: string, input: unknown): Promise<unknown>;
  /** Calls `listener` with every event until the returned function is called. */
  subscribe(listener: EventListener): () => void;
  /** Like `subscribe`, for the events of one name. */
  on<Name extends EventName>(name: Name, listener: (payload: EventPayload<Name>) => void): () => void;
  /** Paths that the studio's records name: models, datasets, what adapters were imported from, and the hub's cache. */
  knownPaths(): string[];
  /** Resolves when the queue has no runnable job left. */
  idle(): Promise<void>;
  /** Pauses a running training (waiting up to `graceMilliseconds`), ends the engine and closes the files. */
  close(graceMilliseconds?: number): Promise<void>;
}

/**
 * Opens the home, registers the bundled models and datasets, marks what an earlier session left unfinished and
 * starts the queue. Throws StudioError if the home is in use, cannot be created, or was written by a newer studio.
 */
export async function createBackend(options: BackendOptions): Promise<Backend> {
  const home = openHome(options.home, { isScratch: options.isScratch ?? false });
  const { log, close: closeLog } = openLog(home.absolute(logFolder), 'backend');
  log.info(
    { version: packageJson.version, node: process.version, platform: `${process.platform} ${process.arch}` },
    'the backend starts',
  );
  let recovery: Recovery | null = null;
  let store: ReturnType<typeof openStore>;
  try {
    if (options.recovery !== undefined) recovery = beginRecovery(home, options.recovery);
    store = openStore(home.database, { mayBeNew: recovery !== null || !home.hasWork, backups: home.backups });
  } catch (error) {
    log.error({ err: error }, 'the database could not be opened');
    closeLog();
    home.release();
    throw error;
  }
  const hub = new EventHub(log);
  store.unreadable.onFound((row) => {
    const { message, hint } = unreadable(row);
    hub.notify({ level: 'warning', title: `A ${row.kind} cannot be read`, message: `${message} ${hint}`, error: null });
  });
  const hubCache = cacheFolder(process.env);
  const services: Services = {
    home,
    store,
    hub,
    log,
    deletions: new Deletions(hub, log),
    engine: new EngineSupervisor(options.startEngine, log, {
      kept: new KnownBackends(join(home.absolute('cache'), 'compute.json')),
    }),
    usage: new UsageMeter(null),
    reader: new ForeignReader(options.startReader ?? startReader, log),
    eventLogs: new EventLogs(log),
    paths: options.grants
      ? chosenPaths(options.grants, {
          folders: [home.path, options.resourcesDirectory, hubCache, datasetsCacheFolder(process.env)],
          store,
        })
      : anyPath,
    resourcesDirectory: options.resourcesDirectory,
    plotlyScript: options.plotlyScript ?? defaultPlotlyScript(),
  };
  const backup = new DailyBackup(services);
  const records = new RecordFiles(services);
  const queue = new JobQueue(services, {
    jobOf,
    checkAdapters: (references) => checkReferenced(services, references),
    checkBase: (directory) => checkModelFiles(services, directory),
    takeUpQueue: options.takeUpQueue ?? true,
  });
  let closing: Promise<void> | null = null;
  const close = async (graceMilliseconds: number): Promise<void> => {
    await services.deletions.finish();
    await queue.close(graceMilliseconds);
    await services.reader.close();
    await backup.close();
    await records.close();
    hub.close();
    store.close();
    log.info('the backend ends');
    closeLog();
    home.release();
  };
  try {
    await registerBundledModels(services);
    await registerBundledDatasets(services);
    const recovered = recovery === null ? null : await finishRecovery({ ...services, queue }, recovery);
    if (recovered !== null) log.info(recovered, 'the database was recovered');
    const skipped = await cleanHome({ ...services, queue });
    if (home.unfinishedMove !== null) {
      log.warn({ message: home.unfinishedMove }, 'an unfinished move was left alone');
      skipped.unshift(home.unfinishedMove);
    }
    const dispatch = createDispatch({ ...services, queue });
    const isFromElsewhere = !home.identity.isKnown;
    queue.open();
    if (isFromElsewhere) leaveUnfollowed(services);
    else if (options.takeUpQueue ?? true) followAgain({ ...services, queue });
    return {
      log,
      recovered,
      skipped,
      // The contract's schemas, by which `dispatch` checks every answer, are what these types are inferred from.
      handle: dispatch as Backend['handle'],
      dispatch,
      subscribe: (listener) => hub.subscribe(listener),
      on: (wanted, listener) => subscribeTo(hub, wanted, listener),
      knownPaths: () => [
        hubCache,
        datasetsCacheFolder(process.env),
        ...registeredPaths(store),
        ...store.adapters.list().flatMap(({ origin }) => (origin.kind === 'import' ? [origin.path] : [])),
      ],
      idle: () => queue.idle(),
      close: (graceMilliseconds = 10_000) => {
        closing ??= close(graceMilliseconds);
        return closing;
      },
    };
  } catch (error) {
    log.error({ err: error }, 'the backend could not start');
    await close(0);
    throw error;
  }
}

function subscribeTo<Wanted extends EventName>(
  hub: EventHub,
  wanted: Wanted,
  listener: (payload: EventPayload<Wanted>) => void,
): () => void {
  const isWanted = (event: {
    name: EventName;
    payload: unknown;
  }): event is { name: Wanted; payload: EventPayload<Wanted> } => event.name === wanted;
  return hub.subscribe((name, payload) => {
    const event = { name, payload };
    if (isWanted(event)) listener(event.payload);
  });
}
