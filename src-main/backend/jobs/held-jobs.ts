import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { HeldJob, HeldQueue } from '../../../src-shared/domain/jobs/held-queue.ts';
import { type JobRecord, jobInfo } from '../../../src-shared/domain/jobs/job.ts';
import { userRecordsFolder } from '../../files/user-records.ts';
import type { Services } from '../services/services.ts';
import { type JobEnding, leftUnfollowed } from './job-endings.ts';

interface Parts extends Pick<Services, 'home' | 'store' | 'hub' | 'log'> {
  /** The path outside of the home that a job writes; null if there is none. */
  writesTo(job: JobRecord): string | null;
  end(job: JobRecord, ending: JobEnding): void;
  /** Called when held jobs may start. */
  onReleased(): void;
}

/**
 * Queued jobs that wait for the person's answer, because the home was last used elsewhere. No held job starts by itself; jobs
 * that are added meanwhile do.
 */
export class HeldJobs {
  private readonly parts: Parts;
  private ids: ReadonlySet<string> = new Set();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  /** Decides which queued jobs are held. */
  open(): void {
    const { home, store } = this.parts;
    if (!home.identity.isKnown) this.leaveTargets();
    const queued = store.jobs.withStatus('queued').map(({ id }) => id);
    this.ids = new Set(home.identity.isKnown ? queued.filter((id) => home.identity.heldJobs.includes(id)) : queued);
    // With nothing to ask about, the home is this person's from here on.
    if (!home.identity.isKnown && this.ids.size === 0) home.identity.adopt([]);
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  describe(): HeldQueue {
    const { home, store, writesTo } = this.parts;
    if (this.ids.size === 0) return { jobs: [], isAsked: false, lastPath: home.identity.lastPath };
    const jobs = store.jobs.withStatus('queued').flatMap((job): HeldJob[] => {
      if (!this.has(job.id)) return [];
      const { id, title, kind, parentId } = job;
      return [{ id, title, kind, isPart: parentId !== null, writesTo: writesTo(job) }];
    });
    return { jobs, isAsked: jobs.length > 0 && !home.identity.isKnown, lastPath: home.identity.lastPath };
  }

  /** Releases the held jobs, or leaves them held at later openings too. @throws StudioError refused if none is held */
  answer(continues: boolean): void {
    const { home, hub, log } = this.parts;
    if (this.ids.size === 0) throw new StudioError('refused', 'No queued job is held.');
    if (continues) this.ids = new Set();
    const isRecorded = home.identity.adopt([...this.ids]);
    log.info({ continues, isRecorded }, 'the question about held jobs was answered');
    hub.listChanged('jobs');
    if (!isRecorded)
      hub.notify({
        level: 'warning',
        title: 'The answer is not kept',
        message: `${userRecordsFolder()} cannot be written, so the next opening of this home asks again. Make it writable, or name another folder with COTO_STUDIO_CONFIG.`,
        error: null,
      });
    this.parts.onReleased();
  }

  /** A study queued for a target waits until the person resumes it, which queues its part at the target again. */
  private leaveTargets(): void {
    const { store, end } = this.parts;
    for (const job of store.jobs.withStatus('queued'))
      if (jobInfo(job.kind).lane === 'targets') end(job, { ...leftUnfollowed, status: 'cancelled' });
      else if (job.kind === 'study' && job.subjectId !== null && store.studies.find(job.subjectId)?.target != null)
        end(job, leftUnfollowed);
  }
}
