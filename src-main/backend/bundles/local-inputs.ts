import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { BundleInput, BundleJob } from '../../../src-shared/domain/targets/bundle.ts';
import { type StudyConfig, studyConfigSchema } from '../../../src-shared/studies/index.ts';
import { datasetFiles } from '../../engine/api/data.ts';
import { trainingKeyOn } from '../library/content-keys.ts';
import { datasetContent } from '../library/datasets/dataset-content.ts';
import type { Services } from '../services/services.ts';
import type { Bundle } from './bundle-files.ts';
import { describeDatasetInput } from './describe-inputs.ts';
import { unnamedInput } from './run-key.ts';

type Parts = Pick<Services, 'store'>;

/** A run of a bundle as this home has its settings, base and dataset. */
export interface LocalRun {
  readonly job: BundleJob;
  readonly config: RunConfig;
  readonly model: ModelRecord;
  readonly dataset: DatasetRecord;
  /** By which studies find the run. */
  readonly contentKey: string;
}

/** The bases and datasets of a bundle as this home has them. */
export class LocalInputs {
  private readonly models = new Map<string, ModelRecord>();
  private readonly datasets = new Map<string, DatasetRecord>();

  private readonly contents = new Map<string, string>();

  private constructor() {}

  /** @throws StudioError naming a base or dataset that is not here, or is another one now */
  static async find({ store }: Parts, { inputs }: Bundle): Promise<LocalInputs> {
    const found = new LocalInputs();
    for (const input of inputs) {
      if (input.role === 'model') found.models.set(input.id, findModel({ store }, input));
      else {
        const dataset = await findDataset({ store }, input);
        found.datasets.set(input.id, dataset);
        found.contents.set(dataset.id, await datasetContent(dataset));
      }
    }
    return found;
  }

  private model(id: string): ModelRecord {
    return required(this.models.get(id), 'model', id);
  }

  private dataset(id: string): DatasetRecord {
    return required(this.datasets.get(id), 'dataset', id);
  }

  /** A run of the bundle, by the names that this home has for its base and dataset. */
  run(job: BundleJob, given: RunConfig): LocalRun {
    const model = this.model(given.model);
    const dataset = this.dataset(given.dataset);
    const config = { ...given, model: model.id, dataset: dataset.id };
    const contentKey = trainingKeyOn(config, model, this.contents.get(dataset.id) ?? '');
    return { job, config, model, dataset, contentKey };
  }

  /** The study of the bundle, by the names that this home has for its inputs. */
  studyConfig({ study, inputs }: Bundle): StudyConfig {
    const rename = (value: unknown, key: string): unknown => {
      if (typeof value === 'string') {
        if (key === 'model') return this.models.get(value)?.id ?? value;
        if (key === 'dataset' || key === 'datasets') return this.datasets.get(value)?.id ?? value;
        return value;
      }
      if (Array.isArray(value)) return value.map((item) => rename(item, key));
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, rename(item, name)]));
    };
    const isSame = inputs.every(({ role, id }) => (role === 'model' ? this.model(id) : this.dataset(id)).id === id);
    return isSame ? study.config : studyConfigSchema.parse(rename(study.config, ''));
  }
}

function required<Found>(found: Found | undefined, role: BundleInput['role'], id: string): Found {
  if (found !== undefined) return found;
  throw unnamedInput(role, id);
}

function findModel({ store }: Parts, { id, name, fingerprint }: BundleInput): ModelRecord {
  const own = store.models.find(id);
  if (own?.description.fingerprint === fingerprint) return own;
  const other = store.models.list().find(({ description }) => description.fingerprint === fingerprint);
  if (other !== undefined) return other;
  throw notHere(`base "${name}"`, own !== null, 'coto models add');
}

async function findDataset({ store }: Parts, input: BundleInput): Promise<DatasetRecord> {
  const own = store.datasets.find(input.id);
  const others = store.datasets.list().filter(({ id }) => id !== input.id);
  for (const candidate of own === null ? others : [own, ...others]) {
    if (candidate.source.reader !== input.source?.reader) continue;
    // Only what may be the one is read to its end.
    const files = await datasetFiles(candidate.source).catch(() => []);
    const total = files.reduce((sum, file) => sum + file.bytes, 0);
    if (total !== input.bytes) continue;
    const described = await describeDatasetInput(candidate, false, {});
    if (described.input.sha256 === input.sha256) return candidate;
  }
  throw notHere(`dataset "${input.name}"`, own !== null, 'coto datasets add');
}

/** An input that is missing, or another one under its id (`isOther`). */
function notHere(input: string, isOther: boolean, command: string): StudioError {
  return new StudioError(
    isOther ? 'invalid_file' : 'not_found',
    isOther
      ? `The ${input} is not the one that the bundle was written with (SHA-256).`
      : `The ${input} of the bundle is not in this studio.`,
    `Add it as it was, then collect again: ${command}.`,
  );
}
