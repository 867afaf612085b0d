import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { Services } from '../services/services.ts';
import type { HeldJobs } from './held-jobs.ts';
import { waitsInPausedQueue } from './queue-order.ts';

interface Parts extends Pick<Services, 'store'> {
  readonly held: Pick<HeldJobs, 'has'>;
  /** false: jobs that an earlier session left in the queue are not run; only new ones are. */
  readonly takeUpQueue: boolean;
}

/** Decides which queued jobs may start: jobs of this session, and jobs of earlier sessions unless they are held. */
export class QueueAdmission {
  private readonly parts: Parts;
  private readonly own = new Set<string>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Admits a job of this session. */
  add(id: string): void {
    this.own.add(id);
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
    const isPaused = this.parts.takeUpQueue && this.parts.store.settings.get().queue_paused;
    return (job) => (this.own.has(job.id) || this.startsByItself(job.id)) && !(isPaused && waitsInPausedQueue(job));
  }

  /** Returns true for a job of an earlier session that starts without a request. */
  private startsByItself(id: string): boolean {
    return this.parts.takeUpQueue && !this.parts.held.has(id);
  }
}
