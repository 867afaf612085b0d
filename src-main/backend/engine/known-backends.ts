import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { cpus, hostname } from 'node:os';
import { dirname } from 'node:path';
import { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import { type ComputeBackendReport, computeBackendReportSchema } from '../../../src-shared/domain/app/catalog.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import { readJson } from '../../files/below.ts';

const keptSchema = z.object({
  machine: z.string(),
  at: z.number(),
  reports: z.array(computeBackendReportSchema),
});

/** A driver may come or go without a sign; the first task of a start, and Settings, look again in any case. */
const longestMilliseconds = 24 * 3600 * 1000;

/** Stores the compute backends found in a file: the next start needs no engine to list them. */
export class KnownBackends {
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** Null where they are not known, or were found long ago, by another version or on another machine. */
  read(now = Date.now()): readonly ComputeBackendReport[] | null {
    const kept = readJson(this.file, keptSchema);
    if (kept === null || kept.machine !== machine()) return null;
    const age = now - kept.at;
    return age >= 0 && age < longestMilliseconds ? kept.reports : null;
  }

  async write(reports: readonly ComputeBackendReport[], now = Date.now()): Promise<void> {
    const kept: z.input<typeof keptSchema> = { machine: machine(), at: now, reports: [...reports] };
    // Do not recreate anything in a home that has been deleted.
    await mkdir(dirname(this.file)).catch((error: unknown) => {
      if (!existsSync(dirname(this.file))) throw error;
    });
    await writeFileAtomic(this.file, JSON.stringify(kept));
  }
}

/** Returns everything that determines the available backends and is visible without an engine. */
function machine(): string {
  const processors = cpus();
  const named = ['COTO_COMPUTE_BACKENDS', 'COTO_NATIVE_ADDON', 'COTO_NODE'].map((name) => process.env[name] ?? '');
  const cards = existsSync('/dev/dri') ? readdirSync('/dev/dri').sort() : [];
  const nvidia = existsSync('/dev/nvidiactl');
  return JSON.stringify([
    ...[packageJson.version, process.versions.node, process.versions['electron'] ?? null],
    ...[hostname(), processors[0]?.model ?? null, processors.length],
    ...[named, cards, nvidia],
  ]);
}
