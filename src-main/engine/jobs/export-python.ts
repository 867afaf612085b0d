import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { unitsOfGroups } from '../../../src-shared/coto/expectation.ts';
import { type Schedule, schedules } from '../../../src-shared/coto/schedules/index.ts';
import { drawsUniformly } from '../../../src-shared/coto/schedules/schedule.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { accuracy } from '../../../src-shared/metrics/accuracy.ts';
import { pearson } from '../../../src-shared/metrics/correlation.ts';
import { loss } from '../../../src-shared/metrics/loss.ts';
import { perplexity } from '../../../src-shared/metrics/perplexity.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { writeFileAtomic, writeFolderAtomic } from '../../files/atomic.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { writeAdapter } from '../adapters/peft/adapter-folder.ts';
import { bareName, nameWithoutHead } from '../adapters/peft/name-without-head.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, ExportPythonTask } from '../contract.ts';
import { CotoController } from '../coto/coto-controller.ts';
import type { TaskContext } from '../events.ts';
import { warmupStepCount } from '../learning-rate/index.ts';
import { writeChatTemplate } from '../models/huggingface/chat-template-file.ts';
import { copyTokenizer } from '../models/huggingface/write-model.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { chosenExamples } from '../tasks/chosen-examples.ts';
import { openTask, type TaskOnData } from '../tasks/open-task.ts';
import type { ExportedExamples, ReadingProgress, TrainingExamples } from '../tasks/task-type.ts';
import { writeSafetensors } from '../tensors/safetensors.ts';
import { templateInPlace } from '../tokenization/chosen-template.ts';
import { batchOrderOf } from '../training/batch-order.ts';
import { type Criterion, criterionOf } from '../training/best-evaluation.ts';
import { countSteps } from '../training/count-steps.ts';
import { trainingPlan } from '../training/training-plan.ts';
import { defineEngineJob } from './define-job.ts';
import { startOptions } from './start-options.ts';

/** Starts a run on a cluster from outside, and is no part of a run's own folder. */
const jobScript = 'job.py';

/** Names of the files that are the same for every run: the script with its modules, and the packages that it needs. */
async function templateFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names.filter((name) => (name.endsWith('.py') && name !== jobScript) || name === 'requirements.txt');
}

const dataFile = 'data.safetensors';

/** Atomically writes a folder with which Transformers and PEFT repeat a run step by step. */
export async function runExportPythonTask(
  task: ExportPythonTask,
  context: TaskContext,
): Promise<EngineResultOf<'export-python'>> {
  await activateCompute(task.compute, task.threads);
  const base = await loadBaseModel(task.modelDirectory);
  const model = new AdaptedModel(base);
  try {
    const { modelDirectory, config: settings, dataset: source } = task;
    const { description } = base;
    const split = settings;
    const request = { modelDirectory, model: description, base, source, settings, split, training: true };
    const opened = await openTask(request, context);
    try {
      await writeExport(task, context, model, opened);
    } finally {
      opened.close();
    }
    const { size } = await stat(join(task.outputDirectory, dataFile));
    return { kind: 'export-python', outputDirectory: task.outputDirectory, bytes: size };
  } finally {
    model.dispose();
    base.dispose();
  }
}

export const exportPythonJob = defineEngineJob('export-python', runExportPythonTask);

async function writeExport(
  task: ExportPythonTask,
  context: TaskContext,
  model: AdaptedModel,
  opened: TaskOnData,
): Promise<void> {
  const { config } = task;
  const random = RandomStream.seeded(config.seed, 'initialization');
  await model.createAdapter(config.adapter, {
    random,
    labels: opened.labels,
    ...(await startOptions(task, context, model.base, opened, 'export')),
  });
  const chosen = chosenExamples(config, opened);
  const criterion = criterionInPython(config, opened);
  const totalSteps = countSteps(config, chosen.train.length);
  const start = await startOf(config, model, totalSteps);
  const examples = await opened.exported(chosen, progressOn(context));
  const details = { description: model.base.description, baseModelName: config.model };
  await writeFolderAtomic(task.outputDirectory, async (temporary) => {
    for (const name of await templateFiles(task.templateDirectory))
      await copyFile(join(task.templateDirectory, name), join(temporary, name));
    await writeAdapter(join(temporary, 'adapter-start'), start, details);
    await nameWithoutHead(join(temporary, 'adapter-start'), details.description);
    if (model.base.description.text !== null) await writeTokenizer(join(temporary, 'tokenizer'), task);
    await writeSafetensors(join(temporary, dataFile), examples.tensors);
    const settings = settingsOf(task, start.parameters, opened, examples, { totalSteps, criterion });
    await writeFileAtomic(join(temporary, 'settings.json'), `${JSON.stringify(settings, null, 2)}\n`);
    const plan = planOf(config, model, chosen.train, opened.train.lengthOf, totalSteps);
    await writeFileAtomic(join(temporary, 'plan.json'), `${JSON.stringify(plan)}\n`);
  });
}

/** Writes the files that the script adds to the trained adapter, so that it is prompted like in training. */
async function writeTokenizer(folder: string, { modelDirectory, config }: ExportPythonTask): Promise<void> {
  await mkdir(folder);
  await copyTokenizer(modelDirectory, folder);
  const template = templateInPlace(config.chat_template);
  if (template !== null) await writeChatTemplate(folder, template.text);
}

/**
 * The fresh adapter as its folder holds it.
 * @throws StudioError refused where Transformers and PEFT have no way to train it.
 */
async function startOf(config: RunConfig, model: AdaptedModel, totalSteps: number): Promise<AdapterState> {
  const { variant } = model.described;
  const { label } = variant.declaration;
  if (config.packing && config.neat_packing)
    throw new StudioError(
      'refused',
      'A run with neat_packing cannot be exported to Python: the script has no attention that keeps packed texts apart.',
      'Export its trained adapter instead, or train without neat_packing.',
    );
  if (config.augmentation !== null)
    throw new StudioError(
      'refused',
      'A run with augmentation cannot be exported to Python: the script reads every image as it is.',
      'Export its trained adapter instead, or train without augmentation.',
    );
  if (config.head !== 'trained')
    throw new StudioError(
      'refused',
      'A run with a frozen head cannot be exported to Python: the script trains the head.',
      'Export its trained adapter instead, or train the head.',
    );
  if (config.weight_perturbation !== 'none')
    throw new StudioError(
      'refused',
      'A run with weight_perturbation cannot be exported to Python: the script computes gradients at the weights themselves.',
      'Export its trained adapter instead, or train with weight_perturbation: none.',
    );
  if (config.label_smoothing_factor !== 0 || config.token_loss !== 'nll')
    throw new StudioError(
      'refused',
      'A run with label_smoothing_factor or token_loss: dft cannot be exported to Python: the script has the plain loss.',
      'Export its trained adapter instead, or train with label_smoothing_factor: 0 and token_loss: nll.',
    );
  if (config.kl_coefficient > 0)
    throw new StudioError(
      'refused',
      'A run with kl_coefficient cannot be exported to Python: the script does not compare with the base.',
      'Export its trained adapter instead, or train with kl_coefficient: 0.',
    );
  if (config.oplora_rank > 0)
    throw new StudioError(
      'refused',
      'A run with oplora_rank cannot be exported to Python: the script does not project the update.',
      'Export its trained adapter instead, or train with oplora_rank: 0.',
    );
  const missing = variant.files.isForeign ? `PEFT has no ${label}` : variant.training?.notInPython;
  if (missing !== undefined)
    throw new StudioError(
      'refused',
      `A run of ${label} cannot be exported to Python: ${missing}.`,
      'Export its trained adapter instead, or train another variant.',
    );
  const hooks = model.trainingHooks(trainingPlan(config, totalSteps));
  const state = await model.exportState();
  const start = hooks.exported?.(state) ?? state;
  hooks.dispose?.();
  // PEFT would change the base again if the config named the initialization.
  return model.subtracted === null
    ? start
    : { ...start, parameters: { ...start.parameters, init_lora_weights: 'kaiming' } };
}

/** The run's settings under the names of Transformers and PEFT, with all defaults resolved. */
function settingsOf(
  { config, modelDirectory }: ExportPythonTask,
  parameters: ParameterValues,
  { type, labels }: TaskOnData,
  examples: ExportedExamples,
  { totalSteps, criterion }: { readonly totalSteps: number; readonly criterion: Criterion },
) {
  return {
    ...config,
    adapter: { ...config.adapter, parameters },
    model: modelDirectory,
    task: type.declaration.id,
    auto_class: type.declaration.autoClass,
    ...examples.settings,
    labels,
    metric_for_best_model: criterion.metric,
    greater_is_better: criterion.greaterIsBetter,
    max_steps: totalSteps,
    warmup_steps: warmupStepCount(config.warmup_steps, totalSteps),
  };
}

/** Metrics that the script computes of every task. */
const scriptMetrics: readonly string[] = [loss.id, accuracy.id, perplexity.id, pearson.id];

/** @throws StudioError refused where the run chooses by a metric that the script does not compute. */
function criterionInPython(config: RunConfig, { type, metrics }: TaskOnData): Criterion {
  const criterion = criterionOf(config, type, metrics);
  const chooses = config.load_best_model_at_end || config.early_stopping_patience > 0;
  const computed = type.scoresAllInPython ? metrics : scriptMetrics;
  if (chooses && !computed.includes(criterion.metric))
    throw new StudioError(
      'refused',
      `The Python script cannot choose by ${criterion.metric}: it computes ${computed.join(', ')}.`,
      'Export a run with another metric_for_best_model, or one that neither stops early nor loads its best checkpoint.',
    );
  return criterion;
}

function progressOn(context: TaskContext): ReadingProgress {
  return async (split, done, total) => {
    if (await context.signal()) throw new StudioError('cancelled', 'The export was cancelled.');
    const counts = { done, total, unit: 'examples', perSecond: null, etaSeconds: null };
    context.emit({ kind: 'progress', progress: { phase: `Reading the ${split} examples`, ...counts } });
  };
}

/** The micro-batches of every epoch, as indices into the exported training split, and what the schedule draws by step. */
function planOf(
  config: RunConfig,
  model: AdaptedModel,
  examples: Int32Array,
  lengthOf: TrainingExamples['lengthOf'],
  totalSteps: number,
) {
  const places = Int32Array.from(examples.keys());
  const lengthAt = lengthOf && ((place: number) => lengthOf(examples[place] ?? 0));
  const order = batchOrderOf(config, places, lengthAt);
  const { seed } = config;
  const { description } = model.base;
  const nameOf = (module: string) => (model.headTask === 'FEATURE_EXTRACTION' ? bareName(module, description) : module);
  const groups = model
    .groups(config.coto?.granularity ?? 'layer')
    .map(({ name, modules }) => ({ name, modules: modules.map(nameOf) }));
  const random = RandomStream.seeded(seed, 'coto');
  const coto = config.coto && new CotoController(model, config.coto, totalSteps, { seed, random });
  const epochs: number[][][] = [];
  const active: string[] = [];
  const probabilities: number[] = [];
  for (let step = 0; step < totalSteps; step++) {
    const batches = order.next().map((batch) => [...batch]);
    const { epoch } = order.state();
    epochs[epoch] ??= [];
    epochs[epoch].push(...batches);
    if (!coto) continue;
    const { mask, probability } = coto.draw(step);
    active.push(mask.join(''));
    probabilities.push(probability);
  }
  const residual = model.subtracted !== null;
  return { groups, epochs, active, probabilities, residual, ...scheduleOf(config, model) };
}

/** The unit of the schedule, and whether the script can draw other masks: independent ones of equal probability. */
function scheduleOf({ coto, adapter }: RunConfig, model: AdaptedModel) {
  if (coto === null) return { unit: 'group', resamples: false };
  const schedule: Schedule = schedules[coto.schedule];
  const { unit, declaration } = schedule;
  if (schedule.isNoise || coto.rescale !== 'none')
    throw new StudioError(
      'refused',
      'The Python script switches adapters on and off, but cannot rescale their updates.',
      'Export a run with coto.rescale: none and another schedule than gate noise.',
    );
  if ((unit === 'rank' || unit === 'input') && model.described.variant.files.type !== 'LORA')
    throw new StudioError(
      'refused',
      `The Python script cannot repeat the schedule "${declaration.label}" with the variant ${adapter.variant}: it switches parts of PEFT's LoRA only.`,
      'Export a run with a schedule over layers, such as coto, or with a variant of LoRA.',
    );
  return {
    unit,
    resamples:
      coto.all_off === 'redraw' &&
      drawsUniformly(schedule, unitsOfGroups(model.groups(coto.granularity).map(({ name }) => name)), coto),
  };
}
