import { existsSync } from 'node:fs';
import { constants, cp, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { checkpointsFolder, peekCheckpoint } from '../../engine/api/training.ts';
import { isUnfinished, writeFolderAtomic } from '../../files/atomic.ts';
import { latestCheckpoint } from '../runs/latest-checkpoint.ts';
import { runFileName, runFileText } from '../runs/run-file.ts';
import type { Services } from '../services/services.ts';
import { bundleNames } from './bundle-files.ts';
import type { Attempt } from './write-result.ts';

/** Folders of a run, besides its checkpoints, that it needs to resume. */
const keptBeside = ['history', 'samples'];

/** The run of a bundle whose checkpoints are kept there. */
interface KeptRun {
  readonly bundle: Pick<Attempt['bundle'], 'folder'>;
  readonly job: Pick<Attempt['job'], 'runId'>;
}

type KeptAttempt = KeptRun & Pick<Attempt, 'id'>;

/** The folder that an attempt keeps at a step: a node's own disk is lost with the node. */
function keptFolder({ bundle, job, id }: KeptAttempt, step: number): string {
  return join(bundle.folder, bundleNames.checkpoints, `${job.runId}.${id}.${step}`);
}

/** A folder that an attempt has kept. */
export interface KeptCheckpoint {
  readonly folder: string;
  readonly attempt: string;
  readonly step: number;
}

/** Lists the checkpoints that attempts at a run have kept in the bundle, the furthest first. */
export async function keptCheckpoints({ bundle, job }: KeptRun): Promise<KeptCheckpoint[]> {
  const parent = join(bundle.folder, bundleNames.checkpoints);
  const names = await readdir(parent).catch(() => []);
  return names
    .flatMap((name): KeptCheckpoint[] => {
      const [, runId, attempt, step] = /^([0-9a-f]{32})\.([\w-]+)\.(\d+)$/.exec(name) ?? [];
      if (runId !== job.runId || attempt === undefined) return [];
      return [{ folder: join(parent, name), attempt, step: Number(step) }];
    })
    .sort((one, other) => other.step - one.step);
}

/** Removes what attempts at a run have kept, and what was half-written as they were killed, once its result is there. */
export async function removeKept({ bundle, job }: KeptRun): Promise<void> {
  const parent = join(bundle.folder, bundleNames.checkpoints);
  for (const name of await readdir(parent).catch(() => []))
    if (name.startsWith(`${job.runId}.`) || (isUnfinished(name) && name.startsWith(`.${job.runId}.`)))
      await rm(join(parent, name), { recursive: true, force: true });
}

/** Copies each checkpoint that a run saves into its bundle, in place of the one before. */
export class CheckpointKeeper {
  private readonly services: Pick<Services, 'home' | 'store' | 'log'>;
  private readonly attempt: KeptAttempt;
  private keptStep: number;
  /** Step of the latest checkpoint seen. */
  private seenStep = 0;
  private working: Promise<void> | null = null;
  private isOver = false;

  /** @param keptStep of the checkpoint that the attempt goes on from; 0: from the start */
  constructor(services: Pick<Services, 'home' | 'store' | 'log'>, attempt: KeptAttempt, keptStep: number) {
    this.services = services;
    this.attempt = attempt;
    this.keptStep = keptStep;
  }

  /** Called whenever the run has changed. Training does not wait for it. */
  look(run: RunRecord): void {
    this.seenStep = Math.max(
      this.seenStep,
      ...run.checkpoints.filter(({ resumable }) => resumable).map(({ step }) => step),
    );
    if (this.seenStep <= this.keptStep) return;
    this.working ??= this.keepNewest(run.id).finally(() => {
      this.working = null;
    });
  }

  /** No further checkpoint is kept. */
  async end(): Promise<void> {
    this.isOver = true;
    await this.working;
  }

  /** One that training replaces while it is copied is not kept: then there is a later one. */
  private async keepNewest(runId: string): Promise<void> {
    for (let tried = 0; tried < this.seenStep && !this.isOver; ) {
      tried = this.seenStep;
      await this.keep(runId).catch((error: unknown) => {
        // The run itself is well: without it, another attempt only begins further back.
        this.services.log.warn({ err: error, run: runId }, 'a checkpoint could not be copied into the bundle');
      });
    }
  }

  private async keep(runId: string): Promise<void> {
    const { home, store } = this.services;
    const run = store.runs.find(runId);
    const latest = run === null ? null : latestCheckpoint(home, run);
    if (run === null || latest === null || latest.step <= this.keptStep) return;
    // Without the best one so far, a run that ends with it could not.
    const kept = run.checkpoints.filter((one) => one.folder === latest.folder || one.kind === 'best');
    const folder = keptFolder(this.attempt, latest.step);
    await writeFolderAtomic(folder, (temporary) => this.write(temporary, run, kept));
    for (const other of await keptCheckpoints(this.attempt))
      if (other.attempt === this.attempt.id && other.step < latest.step)
        await rm(other.folder, { recursive: true, force: true });
    this.keptStep = latest.step;
  }

  private async write(temporary: string, run: RunRecord, kept: readonly CheckpointRecord[]): Promise<void> {
    const { home, store } = this.services;
    const from = home.absolute(run.folder);
    for (const { folder } of kept) {
      const copy = join(temporary, checkpointsFolder, basename(folder));
      await cp(home.absolute(folder), copy, { recursive: true, mode: constants.COPYFILE_FICLONE });
      // The copy of a folder that is removed meanwhile may lack its files, and says nothing of it.
      peekCheckpoint(copy);
    }
    for (const name of keptBeside)
      if (existsSync(join(from, name)))
        await cp(join(from, name), join(temporary, name), {
          recursive: true,
          mode: constants.COPYFILE_FICLONE,
          // Unfinished files belong to later steps and get their names in a moment.
          filter: (path) => !isUnfinished(basename(path)),
        });
    const [model, dataset] = [store.models.find(run.modelId), store.datasets.find(run.datasetId)];
    await writeFile(join(temporary, runFileName), runFileText(home, run, { model, dataset }));
  }
}
