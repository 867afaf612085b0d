import { arch, cpus, platform, release, totalmem } from 'node:os';
import packageJson from '../../../package.json' with { type: 'json' };
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type {
  ComputeBackendReport,
  ComputeId,
  DoctorReport,
  Settings,
  SystemStatus,
} from '../../../src-shared/domain/app/catalog.ts';
import { nativeBuild } from '../../engine/api/compute.ts';
import { freeMemoryBytes } from '../../files/control-group.ts';
import { folderBytes } from '../../files/folder-fingerprint.ts';
import { freeDiskBytes } from '../../files/free-disk.ts';
import { logFolder } from '../../logging/log.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { listOrphans } from '../recovery/orphans.ts';

/** Least time between two walks of the home folder. */
const homeSizeMilliseconds = 30_000;

/** An engine takes as long to start as the rest of the backend: whoever opens the window sees the window first. */
const probingAfterSeconds = 3;

/** Resources of the machine and their use; slow queries are cached. */
export class Machine {
  private readonly services: HandlerServices;
  private homeBytes = 0;
  private homeMeasuredAt = Number.NEGATIVE_INFINITY;

  constructor(services: HandlerServices) {
    this.services = services;
  }

  async doctor(): Promise<DoctorReport> {
    const { home, store } = this.services;
    const processors = cpus();
    return {
      version: packageJson.version,
      node: process.versions.node,
      electron: process.versions['electron'] ?? null,
      nativeBuild: nativeBuild(),
      platform: `${platform()} ${arch()} ${release()}`,
      cpu: processors[0]?.model.trim() ?? 'unknown',
      cores: processors.length,
      memoryBytes: totalmem(),
      freeMemoryBytes: freeMemoryBytes(),
      home: home.path,
      logs: home.absolute(logFolder),
      freeDiskBytes: await freeDiskBytes(home.path),
      sqlite: store.sqliteVersion,
      schemaVersion: store.schemaVersion,
      strays: await listOrphans(this.services),
      backends: await this.backends(),
    };
  }

  /**
   * Returns at once: compute backends that no earlier start found are probed in the background once the window has been
   * started, the home's size is updated from time to time.
   */
  async status(): Promise<SystemStatus> {
    const { home, store, queue, engine, usage } = this.services;
    const isKnown = engine.backends('auto') !== null;
    if (!isKnown && !queue.busy && process.uptime() > probingAfterSeconds) engine.prepare().catch(() => undefined);
    this.measureHome();
    return {
      backend: this.backendName(),
      memoryUsedBytes: process.memoryUsage.rss() + engine.memoryBytes,
      memoryTotalBytes: totalmem(),
      gpu: queue.busy ? usage.current() : null,
      diskFreeBytes: await freeDiskBytes(home.path),
      homeBytes: this.homeBytes,
      queued: store.jobs.countWithStatus('queued'),
    };
  }

  /** Measures one compute backend, which takes seconds, and adds the rates to its report. */
  async measure(backend: ComputeId): Promise<ComputeBackendReport> {
    const { queue, engine } = this.services;
    if (queue.busy)
      throw new StudioError(
        'refused',
        'A job is running: it would slow down and distort the measurement.',
        'Measure when the queue is empty.',
      );
    await engine.measure(backend);
    const report = engine.backends(this.choice)?.find(({ id }) => id === backend);
    if (report === undefined) throw new StudioError('internal', `There is no report on the backend ${backend}.`);
    return report;
  }

  /** While a task runs the last result is kept: the engine is probed before its first task. */
  private async backends(): Promise<ComputeBackendReport[]> {
    const { queue, engine } = this.services;
    if (queue.busy) await engine.prepare();
    else await engine.probe();
    return [...(engine.backends(this.choice) ?? [])];
  }

  private get choice(): Settings['compute_backend'] {
    return this.services.store.settings.get().compute_backend;
  }

  private backendName(): string {
    const { choice } = this;
    return this.services.engine.backends(choice)?.find((report) => report.chosen)?.id ?? choice;
  }

  private measureHome(): void {
    const now = performance.now();
    if (now - this.homeMeasuredAt < homeSizeMilliseconds) return;
    this.homeMeasuredAt = now;
    folderBytes(this.services.home.path).then(
      (bytes) => {
        this.homeBytes = bytes;
      },
      () => undefined,
    );
  }
}
