import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asError } from '../../../src-shared/contract/errors.ts';
import type { BundleProgress } from '../../../src-shared/domain/bundle.ts';
import { resultNames } from './bundle-files.ts';

/** Between two lines at least: who follows 1000 runs on a shared disk reads them all. */
const betweenMilliseconds = 1000;
/** Share of the time since the first line: a run of ten minutes writes some 300 lines, and one of a day some 800. */
const betweenShare = 0.01;

/** Appends what an attempt reports to its `progress.jsonl`, one line after the other. */
export class ProgressLog {
  private readonly path: string;
  private readonly onFailure: (error: Error) => void;
  private readonly line: Pick<BundleProgress, 'attempt'>;
  private latest: Omit<BundleProgress, 'attempt' | 'at'> = {
    phase: 'Starting',
    step: 0,
    steps: 0,
    loss: null,
    etaSeconds: null,
  };
  private readonly begunAt = Date.now();
  private writtenAt = Number.NEGATIVE_INFINITY;
  private writing: Promise<void> = Promise.resolve();

  /** `onFailure`: called where a line cannot be written, as on a full disk. */
  constructor(folder: string, attempt: string, onFailure: (error: Error) => void) {
    this.path = join(folder, resultNames.progress);
    this.line = { attempt };
    this.onFailure = onFailure;
  }

  add(changes: Partial<Omit<BundleProgress, 'attempt' | 'at'>>): void {
    this.latest = { ...this.latest, ...changes };
    const now = Date.now();
    const between = Math.max(betweenMilliseconds, betweenShare * (now - this.begunAt));
    if (now - this.writtenAt >= between) this.write();
  }

  /** Writes the last line, and waits for all. */
  async end(): Promise<void> {
    this.write();
    await this.writing;
  }

  private write(): void {
    this.writtenAt = Date.now();
    const line: BundleProgress = { ...this.line, at: this.writtenAt, ...this.latest };
    this.writing = this.writing
      .then(() => appendFile(this.path, `${JSON.stringify(line)}\n`))
      .catch((error: unknown) => this.onFailure(asError(error)));
  }
}
