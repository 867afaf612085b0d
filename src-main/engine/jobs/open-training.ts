import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { RunInfo } from '../../../src-shared/domain/runs/run-info.ts';
import { isSampled } from '../../../src-shared/domain/runs/run-samples.ts';
import { plural } from '../../../src-shared/format/numbers.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import { readAdapterOutline } from '../adapters/peft/open-adapter.ts';
import { activeBackend } from '../compute/active-backend.ts';
import { loadPrecision, resolveComputeDtype } from '../compute/compute-dtype.ts';
import { type ActiveCompute, activateCompute } from '../compute/index.ts';
import { deviceMetrics, UsageMeter } from '../compute/usage/index.ts';
import type { TrainTask } from '../contract.ts';
import type { AugmentedRows } from '../data/augment.ts';
import { forgettingOf } from '../evaluation/forgetting/forgetting-meter.ts';
import { classTextProgress } from '../evaluation/phase-progress.ts';
import { rankingSteps } from '../evaluation/ranking-steps.ts';
import { withBaseProbe } from '../evaluation/refit-head.ts';
import { RunSampler } from '../evaluation/run-sampler.ts';
import type { RunOutcome, TaskContext } from '../events.ts';
import { BaseDivergence } from '../losses/base-divergence.ts';
import { withLabelForm } from '../losses/batch-loss.ts';
import { labelFormOf } from '../losses/label-form-of.ts';
import type { BaseModel } from '../models/base-model.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { predictionsOf, scorePredictions } from '../outcomes/index.ts';
import { checkAugmentation, checkGrouping, chosenExamples } from '../tasks/chosen-examples.ts';
import { openTask, type TaskOnData } from '../tasks/open-task.ts';
import { criterionOf } from '../training/best-evaluation.ts';
import { readManifest } from '../training/checkpoint-manifest.ts';
import { countSteps } from '../training/count-steps.ts';
import { frozenHeadNames } from '../training/frozen-head.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import { stateKeeping } from '../training/state-keeping.ts';
import type { GradientSource } from '../training/step-gradients.ts';
import { type BaseInput, type DatasetInput, hashBase, hashDataset } from '../training/training-inputs.ts';
import { type TrainingOutcome, TrainingRun, type TrainingRunParts } from '../training/training-run.ts';
import { loadingProgress, slowBytes } from './loading-progress.ts';
import { startOptions } from './start-options.ts';

/** One run of a training task. */
export type TrainedRun = Pick<
  TrainTask,
  'config' | 'runDirectory' | 'initAdapterDirectory' | 'resumeFrom' | 'acceptedChange' | 'datasetRows' | 'earlierDtype'
>;

interface Material {
  readonly task: TrainingTask;
  readonly inputs: HashedInputs;
  readonly base: BaseModel;
  readonly opened: TaskOnData;
  readonly compute: ActiveCompute & { readonly computeDtype: RunInfo['computeDtype'] };
}

/** Shared state of runs trained together: the source of a run's gradients, and the number of runs. */
export interface Together {
  readonly runs: number;
  /** Null: from passes of its own. */
  sourceFor(model: AdaptedModel): GradientSource | null;
}

/** Base and data of a training, open for its runs. */
export interface Training {
  readonly base: BaseModel;
  /** @throws StudioError the errors of the run; a cancelled one returns. */
  run(run: TrainedRun, context: TaskContext, together?: Together): Promise<RunOutcome>;
  close(): void;
}

type TrainingTask = Pick<TrainTask, 'compute' | 'threads' | 'modelDirectory' | 'dataset' | 'forgetting'>;

/** Hashes of the files that a training reads; each run knows the rows of its dataset. */
interface HashedInputs {
  readonly dataset: Omit<DatasetInput, 'rows'>;
  readonly base: BaseInput;
}

/** Opens base and data as one of the runs needs them. */
export async function openTraining(
  task: TrainingTask,
  { config, earlierDtype }: TrainedRun,
  context: TaskContext,
): Promise<Training> {
  const choice = config.compute_backend === 'auto' ? task.compute : config.compute_backend;
  const compute = await activateCompute(choice, task.threads);
  const computeDtype = resolveComputeDtype(config.compute_dtype, compute.id, earlierDtype);
  // Refused before the base is loaded.
  stateKeeping(config);
  context.emit({ kind: 'log', level: 'info', text: `Computing on ${compute.id}: ${compute.device}` });
  const base = await loadOnto(computeDtype, task.modelDirectory, context);
  const request = { modelDirectory: task.modelDirectory, model: base.description, base, source: task.dataset };
  const open = async () => {
    // A file that changes while it is opened differs from this hash when the run is resumed.
    const inputs = await hashInputs(task, base, context);
    return { inputs, opened: await openTask({ ...request, settings: config, split: config, training: true }, context) };
  };
  const { inputs, opened } = await open().catch((thrown: unknown) => {
    base.dispose();
    throw thrown;
  });
  const material = { task, inputs, base, opened, compute: { ...compute, computeDtype } };
  return {
    base,
    run: (run, of, together) => trainOn(material, run, of, together),
    close() {
      base.dispose();
      opened.close();
    },
  };
}

/** Hashes the dataset and the small files of the base, which has hashed its weights as it was loaded. */
async function hashInputs(
  { dataset, modelDirectory }: TrainingTask,
  base: BaseModel,
  context: TaskContext,
): Promise<HashedInputs> {
  let meter: ProgressMeter | null = null;
  let done = 0;
  const onBytes = (bytes: number, total: number): void => {
    if (total < slowBytes) return;
    done += bytes;
    meter ??= new ProgressMeter(context, 'Hashing the dataset', Math.ceil(total / 2 ** 20), 'MiB');
    meter.at(Math.floor(done / 2 ** 20));
  };
  return {
    dataset: await hashDataset(dataset, onBytes),
    base: await hashBase(modelDirectory, base.description.fingerprint),
  };
}

/** The base, with its frozen matrices in `computeDtype` where the backend has them so. */
async function loadOnto(
  computeDtype: RunInfo['computeDtype'],
  directory: string,
  context: TaskContext,
): Promise<BaseModel> {
  const tooLarge: string[] = [];
  const base = await loadBaseModel(directory, {
    ...loadPrecision(computeDtype),
    ...(computeDtype === 'float16' ? { halves: computeDtype } : {}),
    onTooLarge: (name) => tooLarge.push(name),
    ...loadingProgress(context),
  });
  if (tooLarge.length > 0) {
    const others = tooLarge.length === 1 ? '' : ` and ${plural(tooLarge.length - 1, 'other')}`;
    const text = `Values of ${tooLarge[0]}${others} are too large for ${computeDtype}: they stay in float32.`;
    context.emit({ kind: 'log', level: 'warning', text });
  }
  const products = computeDtype === 'float16' ? (activeBackend()?.float16Products?.() ?? null) : null;
  if (products !== null) context.emit({ kind: 'log', level: 'info', text: `Products with the base: ${products}` });
  return base;
}

async function trainOn(
  material: Material,
  run: TrainedRun,
  context: TaskContext,
  together?: Together,
): Promise<RunOutcome> {
  const { base, opened } = material;
  const { config, resumeFrom } = run;
  const model = new AdaptedModel(base);
  try {
    await model.createAdapter(config.adapter, {
      random: RandomStream.seeded(config.seed, 'initialization'),
      labels: opened.labels,
      ...(await startOptions({ ...run, modelDirectory: material.task.modelDirectory }, context, base, opened, 'run')),
      ...(resumeFrom ? { resumed: (await readAdapterOutline(resumeFrom, base.description)).modules } : {}),
    });
    if (config.head !== 'trained' && resumeFrom === null) await putBaseProbe(model, opened, config, context);
    const training = new TrainingRun(assemble(run, model, material, context, together));
    if (resumeFrom) await training.resumeFrom(resumeFrom);
    const ended = await training.run();
    return { ...ended, result: await withForgetting(material, ended, context) };
  } catch (thrown) {
    // An evaluation ends between its batches.
    if (!(thrown instanceof StudioError) || thrown.code !== 'cancelled') throw thrown;
    return { outcome: 'cancelled', result: null, adapterDirectory: null, adapterStep: null };
  } finally {
    model.dispose();
  }
}

/** Fits the head to the plain base on the examples of the run. */
async function putBaseProbe(
  model: AdaptedModel,
  opened: TaskOnData,
  config: TrainedRun['config'],
  context: TaskContext,
): Promise<void> {
  const examples = { task: opened, chosen: chosenExamples(config, opened).train, seed: config.seed };
  const state = await withBaseProbe(model.base, await model.exportState(), examples, context);
  await model.loadOnResidual(state, model.subtracted);
  context.emit({ kind: 'log', level: 'info', text: 'The head was fitted to the plain base and is frozen.' });
}

/** The result with what the adapter of the run, its last or best, costs the base. */
async function withForgetting(
  { task, base, compute: { computeDtype } }: Material,
  { result, adapterDirectory }: TrainingOutcome,
  context: TaskContext,
): Promise<TrainingOutcome['result']> {
  if (result === null || adapterDirectory === null || task.forgetting === undefined) return result;
  const state = await readAdapter(adapterDirectory, base.description);
  return { ...result, forgetting: await forgettingOf(state, base, { ...task, computeDtype }, context) };
}

function assemble(
  { config, runDirectory, resumeFrom, acceptedChange, datasetRows }: TrainedRun,
  model: AdaptedModel,
  { inputs: { dataset, base }, opened, compute }: Material,
  context: TaskContext,
  together: Together | undefined,
): TrainingRunParts {
  checkGrouping(config, opened.type);
  checkAugmentation(config, opened.type);
  const form = labelFormOf(config);
  const divergence = new BaseDivergence(model, config.kl_coefficient);
  const earlier = resumeFrom === null ? null : readManifest(resumeFrom);
  const accepted =
    earlier === null || acceptedChange === undefined ? [] : [{ step: earlier.step, text: acceptedChange }];
  const gradients = together?.sourceFor(model) ?? undefined;
  const { train: examples, test: evaluated } = chosenExamples(config, opened);
  const usage = compute.kind === 'gpu' ? new UsageMeter(compute.device) : null;
  const ranking = rankingSteps(context, (signal) => signal === 'cancel');
  const sampler = isSampled(config) ? new RunSampler(config, opened, evaluated, runDirectory) : null;
  return {
    config,
    model,
    examples,
    lengthOf: opened.train.lengthOf,
    totalSteps: countSteps(config, examples.length),
    criterion: criterionOf(config, opened.type, opened.metrics),
    loadBatch: async (indices, place) =>
      divergence.added(withLabelForm(await opened.train.load(indices, augmentedRows(config, place)), form)),
    isZeroShot: opened.isZeroShot,
    evaluate: async (step) => {
      const outputs = await opened.outputs(model, evaluated, {
        batchSize: config.per_device_eval_batch_size,
        onTexts: classTextProgress(context),
        cancelled: async () => (await context.signal()) === 'cancel',
        onProgress: (done, total) =>
          context.emit({
            kind: 'progress',
            progress: {
              phase: `Evaluating at step ${step}`,
              done,
              total,
              unit: 'examples',
              perSecond: null,
              etaSeconds: null,
            },
          }),
      });
      const predictions = await predictionsOf(outputs, ranking);
      await sampler?.take(step, model, predictions, context);
      return scorePredictions(predictions);
    },
    runDirectory,
    baseModelName: config.model,
    inputs: { dataset: { ...dataset, rows: datasetRows ?? null }, base },
    inputChanges: [...(earlier?.inputChanges ?? []), ...accepted],
    context,
    gradients,
    deviceMetrics: () => deviceMetrics(usage?.current() ?? null),
    facts: {
      trainableParameters: countParameters(config, model),
      totalParameters: model.base.description.parameterCount,
      evalExamples: evaluated.length,
      backend: compute.id,
      threads: compute.threads,
      computeDtype: compute.computeDtype,
      runsTogether: gradients === undefined ? 1 : (together?.runs ?? 1),
    },
  };
}

/**
 * Augmentation of a micro-batch: each row has a random stream of its own, by the seed and the row's place in the whole
 * training. A resumed run and a split batch thus augment alike.
 */
function augmentedRows(
  { augmentation, seed, per_device_train_batch_size: size }: RunConfig,
  place: number,
): AugmentedRows | null {
  if (augmentation === null) return null;
  const random = (position: number) => RandomStream.numbered(seed, 'augmentation', place * size + position);
  return { augmentation, random };
}

function countParameters(config: TrainedRun['config'], model: AdaptedModel): number {
  const frozen = frozenHeadNames(config, model);
  let count = 0;
  for (const [name, variable] of model.trainable()) if (!frozen.has(name)) count += variable.size;
  return count;
}
