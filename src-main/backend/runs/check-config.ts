import { inField, StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import {
  comparesWithTexts,
  type LinearModule,
  type ModelDescription,
  type ModelRecord,
  withTaskHead,
} from '../../../src-shared/domain/models/model.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { classTemplatesOf } from '../../../src-shared/tasks/class-templates.ts';
import {
  adapterVariant,
  checkSeed,
  checkStarts,
  checkTraining,
  plannedTokens,
  readAdapterOutline,
  requireEmbedding,
  resolveTargetModules,
  type TokenTarget,
  tokenIds,
  tokenRowsKey,
} from '../../engine/api/adapters.ts';
import { checkEvaluationSplit, heldPerClass } from '../../engine/api/data.ts';
import { familyOf, readConfig } from '../../engine/api/models.ts';
import {
  checkAugmentation,
  checkGrouping,
  checkSampleCounts,
  exampleCounts,
  refuseEmptyTemplate,
  requireClassHead,
  requireTask,
} from '../../engine/api/tasks.ts';
import {
  checkLossSettings,
  checkOplora,
  checkSchedule,
  countSteps,
  criterionOf,
  perturbationOf,
  trainingPlan,
} from '../../engine/api/training.ts';
import { modelTokenizer } from '../library/models/model-tokenizer.ts';
import { groupNames, ranksOf, savedModules, targetConfig } from './target-modules.ts';

/** A run as it is planned: its config, what it names, and the folder of the adapter that it starts from. */
export interface PlannedRun {
  readonly config: RunConfig;
  readonly model: Pick<ModelRecord, 'path' | 'description'>;
  readonly dataset: DatasetDescription;
  readonly seedFolder: string | null;
}

/** Throws what the engine would refuse: a `config` that does not fit the model or the data. */
export async function checkConfig({ config, model, dataset, seedFolder }: PlannedRun): Promise<void> {
  const task = requireTask(config.task, model.description, dataset);
  const description = withTaskHead(model.description, task.declaration.taskType ?? null);
  checkGrouping(config, task);
  checkAugmentation(config, task);
  checkLossSettings(config, task.declaration, dataset);
  if (config.head !== 'trained') requireClassHead(task, description, dataset);
  criterionOf(config, task, task.metrics(dataset, config));
  refuseEmptyTemplate(config);
  const targets = resolveTargetModules(targetConfig(config, description), description);
  requireAdaptable(config, targets);
  checkOplora(config, adapterVariant(config.adapter.variant), targets);
  requireTrainable(config, countSteps(config, countTrainExamples(config, model.description, dataset)));
  const isHeldOut = config.eval_split === 'validation';
  if (!isHeldOut && !dataset.splits.some((split) => split.name === 'test' && split.exampleCount > 0))
    throw new StudioError(
      'invalid_input',
      'The dataset has no test examples to score the run on.',
      'Add a test split, or hold out training examples: eval_split validation with validation_samples.',
    ).at('dataset');
  // A base of a family that is no longer supported is refused as that, not for what its folder lacks.
  await inField('model', async () => familyOf(await readConfig(model.path)));
  await inField('model', () => task.checkBase?.(model.path, config));
  if (task.declaration.reads === 'texts') {
    // Without one there is nothing that a task on text could read, whatever else it asks of it.
    const tokenizer = await inField('model', () => modelTokenizer(model.path));
    task.checkTokenizer?.(tokenizer, config, dataset);
  } else if (comparesWithTexts(description)) {
    classTemplatesOf(config.class_templates);
    await inField('model', () => modelTokenizer(model.path));
  }
  const tokens = await tokensOf(config, model.path, description, targets);
  if (seedFolder !== null)
    await inField('adapter.init_adapter', () => checkSeedFolder(seedFolder, config, description, tokens));
}

/** The modules whose tokens are trained. @throws StudioError for tokens that the base or the tokenizer does not have */
async function tokensOf(
  config: RunConfig,
  modelPath: string,
  description: ModelDescription,
  adapted: readonly LinearModule[],
): Promise<TokenTarget[]> {
  const { trainable_token_indices: given, variant } = config.adapter;
  if (given === undefined || given === null) return [];
  const tokenizer = await inField('model', () => modelTokenizer(modelPath));
  const ids = tokenIds(given, (text) => tokenizer.idOf(text));
  const whole = savedModules(config, description);
  return plannedTokens(adapterVariant(variant), { trainable_token_indices: ids }, description, { adapted, whole });
}

/** @throws StudioError where the variant or its start cannot adapt a target, or the schedule does not fit. */
function requireAdaptable({ adapter, coto }: RunConfig, targets: readonly LinearModule[]): void {
  const variant = adapterVariant(adapter.variant);
  for (const module of targets) if (module.kind === 'embedding') requireEmbedding(variant, module);
  const { parameters } = adapter;
  const initialization = variant.residual?.initialization(parameters);
  if (initialization) checkStarts({ variant, parameters, initialization }, targets);
  const ranks = ranksOf(adapter, targets);
  checkSchedule(coto, variant, parameters, { groups: groupNames(coto, targets), ranks });
  // A pattern that decides shapes, as IA³'s feedforward_modules, is read with the first of them.
  const first = targets.findIndex(({ expert }) => expert === undefined);
  for (const module of targets.slice(first, first + 1))
    variant.parts(module, { rank: ranks[first] ?? null, parameters });
}

/** @throws StudioError where the variant cannot be trained so. */
function requireTrainable(config: RunConfig, totalSteps: number): void {
  const { variant, parameters } = config.adapter;
  checkTraining(adapterVariant(variant), trainingPlan(config, totalSteps), parameters);
  perturbationOf(config);
}

/** @throws StudioError invalid_input if the splits do not have what the config asks for */
export function countTrainExamples(
  config: RunConfig,
  model: Pick<ModelDescription, 'kind' | 'image'>,
  { splits, labels, text }: DatasetDescription,
): number {
  const train = splits.find((split) => split.name === 'train');
  if (train === undefined || train.exampleCount === 0)
    throw new StudioError('invalid_input', 'The dataset has no training examples.', 'Add a training split.').at(
      'dataset',
    );
  const { train_samples_per_class: perClass, max_train_samples: most, validation_samples: validation } = config;
  checkSampleCounts(config);
  checkEvaluationSplit(config);
  const hasClasses = labels.length > 0 && text?.labelKind !== 'sets' && text?.labelKind !== 'tags';
  const ofClass = hasClasses ? train.perLabel : [train.exampleCount];
  const held = validation === 0 ? [] : heldPerClass(ofClass, validation);
  if (perClass === 0) {
    const left = (train.exampleCount - validation) * exampleCounts(config, model, text?.columns).examplesOfRow;
    return most === 0 ? left : Math.min(most, left);
  }
  if (!hasClasses)
    throw new StudioError(
      'invalid_input',
      `train_samples_per_class is ${perClass}, but the examples have no classes.`,
      'Set it to 0 for all examples, or set max_train_samples instead.',
    ).at('train_samples_per_class');
  const lefts = ofClass.map((count, label) => count - (held[label] ?? 0));
  const short = lefts.findIndex((count) => count < perClass);
  if (short >= 0)
    throw new StudioError(
      'invalid_input',
      `train_samples_per_class is ${perClass}, but the class ${labels[short] ?? short} has ${lefts[short]} training examples${validation === 0 ? '' : ' beside those held out'}.`,
      `Choose at most ${Math.min(...lefts)}, or 0 for all examples.`,
    ).at('train_samples_per_class');
  return perClass * labels.length;
}

/** Compares the adapter in a folder with what a run that starts from it trains. @throws StudioError where they differ */
async function checkSeedFolder(
  folder: string,
  config: RunConfig,
  description: ModelDescription,
  tokens: readonly TokenTarget[],
): Promise<void> {
  const seed = await readAdapterOutline(folder, description);
  const { variant: id, parameters } = config.adapter;
  const variant = adapterVariant(id);
  const modules = resolveTargetModules(targetConfig(config, description), description).map((module) => {
    const strength = variant.strength(parameters, [module.name, ...module.aliases]);
    const tensors = new Map(variant.parts(module, { ...strength, parameters }).map((part) => [part.name, part]));
    return [module.name, { ...strength, tensors }] as const;
  });
  const saved = savedModules(config, description).flatMap(({ name }) => [`${name}.weight`, `${name}.bias`]);
  checkSeed(seed, {
    variant,
    modules: new Map(modules),
    saved: new Map([...saved, ...tokens.map(({ module }) => tokenRowsKey(module))].map((name) => [name, null])),
    biases: new Map(),
  });
}
