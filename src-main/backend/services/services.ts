import type { UsageMeter } from '../../engine/api/compute.ts';
import type { Log } from '../../logging/log.ts';
import type { Store } from '../../store/open-store.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { Home } from '../home/home.ts';
import type { ForeignReader } from '../reading/foreign-reader.ts';
import type { EventLogs } from '../tensorboard/event-logs.ts';
import type { Deletions } from './deletions.ts';
import type { EventHub } from './event-hub.ts';
import type { PathAccess } from './path-access.ts';

/** Services shared by the backend. */
export interface Services {
  readonly home: Home;
  readonly store: Store;
  readonly hub: EventHub;
  readonly log: Log;
  readonly deletions: Deletions;
  readonly engine: EngineSupervisor;
  /** Usage of the graphics cards by all programs. */
  readonly usage: UsageMeter;
  readonly reader: ForeignReader;
  readonly eventLogs: EventLogs;
  /** Paths that a request may name. */
  readonly paths: PathAccess;
  /** The folder with models/, data/ and fonts/. */
  readonly resourcesDirectory: string;
  /** The script that draws the figures of a report, which is inlined into it. */
  readonly plotlyScript: string;
}
