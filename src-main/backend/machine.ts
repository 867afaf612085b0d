import { statfs } from 'node:fs/promises';
import { arch, cpus, freemem, platform, release, totalmem } from 'node:os';
import packageJson from '../../package.json' with { type: 'json' };
import type { ComputeBackendReport, DoctorReport, Settings, SystemStatus } from '../../src-shared/domain/catalog.ts';
import { folderBytes } from './library/folder-stamp.ts';
import type { HandlerServices } from './services.ts';

/** The home is walked at most this often. */
const homeSizeMilliseconds = 30_000;

/** What the machine offers and how full it is; what costs time is remembered. */
export class Machine {
  private readonly services: HandlerServices;
  private probing: Promise<readonly ComputeBackendReport[]> | null = null;
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
      platform: `${platform()} ${arch()} ${release()}`,
      cpu: processors[0]?.model.trim() ?? 'unknown',
      cores: processors.length,
      memoryBytes: totalmem(),
      freeMemoryBytes: freemem(),
      home: home.path,
      freeDiskBytes: await freeDisk(home.path),
      sqlite: store.sqliteVersion,
      schemaVersion: store.schemaVersion,
      backends: withChoice(await this.probe(), store.settings.get().compute_backend),
    };
  }

  /** Answers at once: the compute backend is found out in the background, the home's size now and then. */
  async status(): Promise<SystemStatus> {
    const { home, store, queue, engine } = this.services;
    if (engine.lastProbe === null && !queue.busy) this.probe().catch(() => undefined);
    this.measureHome();
    return {
      backend: this.backendName(),
      memoryUsedBytes: process.memoryUsage.rss(),
      memoryTotalBytes: totalmem(),
      diskFreeBytes: await freeDisk(home.path),
      homeBytes: this.homeBytes,
      queued: store.jobs.withStatus('queued').length,
    };
  }

  /** While a task runs the last answer stands: the engine is asked before its first task. */
  private async probe(): Promise<readonly ComputeBackendReport[]> {
    const { queue, engine } = this.services;
    if (queue.busy && engine.lastProbe) return engine.lastProbe;
    this.probing ??= engine.probe().finally(() => {
      this.probing = null;
    });
    return this.probing;
  }

  private backendName(): string {
    const choice = this.services.store.settings.get().compute_backend;
    if (choice !== 'auto') return choice;
    return this.services.engine.lastProbe?.find((report) => report.chosen)?.id ?? choice;
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

/** The engine says what it would take by itself; a person's choice goes before. */
function withChoice(
  reports: readonly ComputeBackendReport[],
  choice: Settings['compute_backend'],
): ComputeBackendReport[] {
  if (choice === 'auto') return [...reports];
  return reports.map((report) => {
    if (report.id === choice)
      return { ...report, chosen: true, reason: report.available ? 'Chosen in the settings.' : report.reason };
    return { ...report, chosen: false };
  });
}

async function freeDisk(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
