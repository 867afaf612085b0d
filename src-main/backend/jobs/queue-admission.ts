import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { freeDiskBytes } from '../../files/free-disk.ts';
import type { Services } from '../services/services.ts';
import type { HeldJobs } from './held-jobs.ts';
import { waitsInPausedQueue } from './queue-order.ts';

/** Free space of the home's disk from which a queue that waited for space continues. */
const enoughBytes = 64 * 1024 * 1024;
const lookMilliseconds = 5000;

interface Parts extends Pick<Services, 'store' | 'home' | 'hub' | 'log'> {
  readonly held: Pick<HeldJobs, 'has'>;
  /** false: jobs that an earlier session left in the queue are not run; only new ones are. */
  readonly takeUpQueue: boolean;
  /** Called when jobs that waited for free disk space may start. */
  onReleased(): void;
}

/**
 * Decides which queued jobs may start: jobs of this session, and jobs of earlier sessions unless they are held. On a full
 * disk no training starts: each would fail in turn.
 */
export class QueueAdmission {
  private readonly parts: Parts;
  private readonly own = new Set<string>();
  private waitsForDisk = false;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Admits a job of this session. */
  add(id: string): void {
    this.own.add(id);
  }

  /** Ends the wait for free disk space: the person asks for work. */
  stopWaiting(): void {
    this.waitsForDisk = false;
  }

  /**
   * Keeps queued trainings from starting after a job failed on a full disk, until the home's disk has space. A command
   * runs only its own jobs and does not wait.
   */
  async waitForDisk(): Promise<void> {
    if (this.waitsForDisk || !this.parts.takeUpQueue) return;
    // At once: the next job would start before the disk is looked at.
    this.waitsForDisk = true;
    const { hub, store } = this.parts;
    if (await this.releaseIfFree()) return;
    if (store.jobs.withStatus('queued').some(waitsInPausedQueue))
      hub.notify({
        level: 'warning',
        title: 'The queue waits for free disk space',
        message: `The disk of ${this.parts.home.path} is full, so no queued training starts. Free some space: the queue then continues by itself.`,
        error: null,
      });
    this.lookAgain();
  }

  private lookAgain(): void {
    setTimeout(() => {
      void this.releaseIfFree().then((isReleased) => {
        if (!isReleased) this.lookAgain();
      });
    }, lookMilliseconds).unref();
  }

  /** Returns true once nothing waits for disk space. */
  private async releaseIfFree(): Promise<boolean> {
    if (!this.waitsForDisk) return true;
    try {
      if ((await freeDiskBytes(this.parts.home.path)) < enoughBytes) return false;
    } catch (error) {
      this.parts.log.warn({ err: error }, 'the free space of the disk could not be read');
    }
    this.waitsForDisk = false;
    this.parts.onReleased();
    return true;
  }

  /** Admits a job and the jobs that it waits for, whichever session queued them. Returns whether that changed anything. */
  takeUp({ id, after }: JobRecord): boolean {
    if (this.own.has(id) || this.startsByItself(id)) return false;
    this.own.add(id);
    for (const needed of after) {
      const job = this.parts.store.jobs.find(needed);
      if (job !== null) this.takeUp(job);
    }
    return true;
  }

  /** Returns the test of a job for starting now. A queue that the person has paused keeps back what trains or computes. */
  current(): (job: JobRecord) => boolean {
    const isPaused = this.waitsForDisk || (this.parts.takeUpQueue && this.parts.store.settings.get().queue_paused);
    return (job) => (this.own.has(job.id) || this.startsByItself(job.id)) && !(isPaused && waitsInPausedQueue(job));
  }

  /** Returns true for a job of an earlier session that starts without a request. */
  private startsByItself(id: string): boolean {
    return this.parts.takeUpQueue && !this.parts.held.has(id);
  }
}
