import { copyFile, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { BundleJob } from '../../../src-shared/domain/targets/bundle.ts';
import { fileHash } from '../../files/file-hash.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import type { JobContext } from '../jobs/job-context.ts';
import type { Services } from '../services/services.ts';
import { bundleNames } from './bundle-files.ts';

/** A run of a bundle as this home has it. */
export interface PlannedTraining {
  readonly title: string;
  readonly config: RunConfig;
  readonly model: ModelRecord;
  readonly dataset: DatasetRecord;
}

/** Writes what job.py needs to train runs with Transformers and PEFT into a bundle. */
export interface PythonWriter {
  run(folder: string, job: BundleJob, training: PlannedTraining): Promise<void>;
  /** job.py, and what starts it on machines of others, by the bundle's id. */
  finish(folder: string, id: string): Promise<void>;
}

/** Beside job.py: each names the bundle as @id@. */
const starters = ['skypilot.yaml', 'hf-jobs.sh'];
/** Digits of an id: names of buckets are short. */
const shortId = 12;

const dataFile = 'data.safetensors';

/** Writers of a bundle's Python runs, with the engine: their starts and the order of their examples are those of the studio. */
export function pythonRuns({ store, resourcesDirectory }: Services, context: JobContext): PythonWriter {
  const templates = join(resourcesDirectory, 'export');
  const data = new Map<string, string>();
  let count = 0;
  return {
    async run(folder, { runId }, { title, config, model, dataset }) {
      const own = join(folder, bundleNames.python, runId);
      await mkdir(join(folder, bundleNames.python), { recursive: true });
      const phase = `Writing "${title}" for Python`;
      context.progress({ phase, done: count, total: count + 1, unit: 'runs', perSecond: null, etaSeconds: null });
      await context.runEngine({
        kind: 'export-python',
        ...computeFields(store),
        config,
        modelDirectory: model.path,
        dataset: dataset.source,
        templateDirectory: templates,
        outputDirectory: own,
      });
      await writeFile(join(own, 'run.json'), `${JSON.stringify(config)}\n`);
      await shareData(join(own, dataFile), data);
      count++;
    },
    async finish(folder, id) {
      await copyFile(join(templates, bundleNames.pythonWorker), join(folder, bundleNames.pythonWorker));
      for (const name of starters) {
        const text = await readFile(join(templates, name), 'utf8');
        await writeFile(join(folder, name), text.replaceAll('@id@', id.slice(0, shortId)));
      }
    },
  };
}

/** Runs that differ in a setting read the same examples: these are on the disk once. */
async function shareData(file: string, known: Map<string, string>): Promise<void> {
  const hash = await fileHash(file);
  const same = known.get(hash);
  known.set(hash, same ?? file);
  if (same === undefined) return;
  const part = `${file}.part`;
  try {
    await link(same, part);
    await rename(part, file);
  } catch {
    // A disk without links has it twice.
    await rm(part, { force: true });
  }
}
