import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription, DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { CheckpointRecord } from '../../../src-shared/domain/runs/checkpoint.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { unreadable } from '../../engine/api/data.ts';
import {
  type BaseInput,
  baseChange,
  type DatasetInput,
  datasetChange,
  hashBase,
  hashDataset,
  readManifest,
} from '../../engine/api/training.ts';
import { byteProgress } from '../../files/byte-progress.ts';
import type { JobContext } from '../jobs/job-context.ts';
import { describeDatasetCached, keptDescription } from '../library/datasets/datasets.ts';
import { storedBytes } from '../reading/limits.ts';
import type { Services } from '../services/services.ts';

type Parts = Pick<Services, 'home' | 'store' | 'reader'>;

/** Datasets and bases as they are on disk now; each is hashed once, however many runs of a job are resumed. */
export class CurrentInputs {
  private readonly parts: Pick<Parts, 'reader'>;
  private readonly context: Pick<JobContext, 'progress' | 'abort'>;
  private readonly datasets: Map<string, Omit<DatasetInput, 'rows'>>;
  private readonly bases: Map<string, BaseInput>;

  constructor(parts: Pick<Parts, 'reader'>, context: Pick<JobContext, 'progress' | 'abort'>, hashed?: CurrentInputs) {
    this.parts = parts;
    this.context = context;
    this.datasets = hashed?.datasets ?? new Map();
    this.bases = hashed?.bases ?? new Map();
  }

  /** The same inputs for another run of the job, which is cancelled by itself. */
  in(context: Pick<JobContext, 'progress' | 'abort'>): CurrentInputs {
    return new CurrentInputs(this.parts, context, this);
  }

  async dataset({ id, source }: Pick<DatasetRecord, 'id' | 'source'>): Promise<Omit<DatasetInput, 'rows'>> {
    const found = this.datasets.get(id) ?? (await this.hashDataset(source));
    this.datasets.set(id, found);
    return found;
  }

  async base({ id, path }: Pick<ModelRecord, 'id' | 'path'>): Promise<BaseInput> {
    const found = this.bases.get(id) ?? (await this.hashBase(path));
    this.bases.set(id, found);
    return found;
  }

  private async hashDataset(source: DatasetRecord['source']): Promise<Omit<DatasetInput, 'rows'>> {
    const { abort, progress } = this.context;
    const report = byteProgress('Comparing the dataset with the checkpoint', progress);
    let done = 0;
    try {
      return await hashDataset(source, (bytes, total) => {
        abort.throwIfAborted();
        done += bytes;
        report(done, total);
      });
    } catch (thrown) {
      throw thrown instanceof StudioError ? thrown : unreadable(source.path, thrown);
    }
  }

  private async hashBase(path: string): Promise<BaseInput> {
    const { abort, progress } = this.context;
    const report = byteProgress('Comparing the base with the checkpoint', progress);
    const bytes = await storedBytes(path);
    report(0, bytes);
    const { fingerprint } = await this.parts.reader.read('model', { folder: path }, { bytes, signal: abort });
    report(bytes, bytes);
    return hashBase(path, fingerprint);
  }
}

interface Comparison {
  /** A sentence on what has changed; null: nothing, or it cannot be told. */
  readonly change: string | null;
  /** Rows of the dataset as it is now; null: unknown. */
  readonly rows: number | null;
}

interface Resumption {
  readonly run: RunRecord;
  readonly model: ModelRecord;
  readonly dataset: DatasetRecord;
  readonly checkpoint: CheckpointRecord;
}

/**
 * Compares dataset and base of a run with those that its checkpoint was trained on. Without saved hashes of an earlier
 * version, the run's log reports the gap.
 */
export async function compareInputs(
  parts: Parts,
  { run, model, dataset, checkpoint }: Resumption,
  current: CurrentInputs,
): Promise<Comparison> {
  const before = readManifest(parts.home.absolute(checkpoint.folder))?.inputs;
  if (before === undefined) {
    const message = `The checkpoint at step ${checkpoint.step} has no hashes of the dataset and the base (an earlier version saved it), so they could not be compared.`;
    parts.store.history.insertLog(run.id, Date.now(), 'warning', message);
    return { change: null, rows: await knownRows(parts, dataset) };
  }
  const now = await current.dataset(dataset);
  const rows = now.sha256 === before.dataset.sha256 ? before.dataset.rows : await countRows(parts, dataset);
  const ofData = datasetChange(before.dataset, { ...now, rows });
  const ofBase = baseChange(before.base, await current.base(model));
  const since = `has changed since step ${checkpoint.step}`;
  const sentences = [
    ...(ofData === null ? [] : [`The dataset "${dataset.name}" ${since} (${ofData}).`]),
    ...(ofBase === null ? [] : [`The base "${model.name}" ${since} (${ofBase}).`]),
  ];
  return { change: sentences.length === 0 ? null : sentences.join(' '), rows };
}

/** Rows of a dataset as it is now; null where it cannot be read any more. */
async function countRows({ store, reader }: Parts, { source }: DatasetRecord): Promise<number | null> {
  try {
    return rowsOf(await describeDatasetCached(store, source, () => reader.read('describe', { source })));
  } catch (thrown) {
    if (thrown instanceof StudioError) return null;
    throw thrown;
  }
}

/** Rows of a dataset, where it was read since its files changed; null otherwise. */
export async function knownRows({ store }: Pick<Parts, 'store'>, dataset: DatasetRecord): Promise<number | null> {
  const description = dataset.bundled ? dataset.description : await keptDescription(store, dataset.source);
  return description === null ? null : rowsOf(description);
}

function rowsOf({ text, splits }: DatasetDescription): number {
  return text?.rowCount ?? splits.reduce((sum, { exampleCount }) => sum + exampleCount, 0);
}
