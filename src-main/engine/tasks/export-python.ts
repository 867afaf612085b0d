import { copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, ExportPythonTask, TaskContext } from '../contract.ts';
import { CotoController } from '../coto/coto-controller.ts';
import { createImagePreprocessor, ImageBatcher } from '../data/image-batch.ts';
import { openPictures } from '../data/open-dataset.ts';
import { evaluationIndices, fewShotIndices } from '../data/subset.ts';
import { writeFileAtomic, writeFolderAtomic } from '../formats/atomic.ts';
import type { HostTensor } from '../formats/host-tensor.ts';
import { writeAdapter } from '../formats/peft-adapter.ts';
import { writeSafetensors } from '../formats/safetensors.ts';
import { AdaptedModel } from '../lora/adapted-model.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { BatchOrder } from '../training/batch-order.ts';
import { warmupStepCount } from '../training/learning-rate/index.ts';
import { countSteps } from '../training/training-run.ts';

/** Files that are the same for every run. */
const templateFiles = ['train.py', 'requirements.txt'];
const dataFile = 'data.safetensors';

/** Writes a folder with which Transformers and PEFT repeat a run step by step; whole or not at all. */
export async function runExportPythonTask(
  task: ExportPythonTask,
  context: TaskContext,
): Promise<EngineResultOf<'export-python'>> {
  await activateCompute(task.compute, task.threads);
  const { config } = task;
  const dataset = await openPictures(task.dataset);
  const base = await loadBaseModel(task.modelDirectory);
  const model = new AdaptedModel(base);
  try {
    const { labels } = dataset.description;
    await model.createAdapter(config.adapter, { random: RandomStream.seeded(config.seed, 'initialisation'), labels });
    const preprocessor = await createImagePreprocessor(task.modelDirectory, base.description, dataset.description);
    const train = new ImageBatcher(dataset.split('train'), preprocessor);
    const test = new ImageBatcher(dataset.split('test'), preprocessor);
    const perClass = config.train_samples_per_class;
    const examples = fewShotIndices(train.split.labels, labels.length, perClass, config.data_seed ?? config.seed);
    const evaluated = evaluationIndices(test.split.count, config.eval_samples);
    const totalSteps = countSteps(config, examples.length);
    const data = new Map<string, HostTensor>([
      ['pixel_values', stacked(preprocessor.tables)],
      ...(await splitTensors('train', train, examples, context)),
      ...(await splitTensors('eval', test, evaluated, context)),
    ]);
    const details = { description: base.description, baseModelName: config.model };
    await writeFolderAtomic(task.outputDirectory, async (temporary) => {
      for (const name of templateFiles) await copyFile(join(task.templateDirectory, name), join(temporary, name));
      await writeAdapter(join(temporary, 'adapter-start'), await model.exportState(), details);
      await writeSafetensors(join(temporary, dataFile), data);
      const settings = settingsOf(task, base.description, labels, totalSteps);
      await writeFileAtomic(join(temporary, 'settings.json'), `${JSON.stringify(settings, null, 2)}\n`);
      const plan = planOf(config, model, examples, totalSteps);
      await writeFileAtomic(join(temporary, 'plan.json'), `${JSON.stringify(plan)}\n`);
    });
    const { size } = await stat(join(task.outputDirectory, dataFile));
    return { kind: 'export-python', outputDirectory: task.outputDirectory, bytes: size };
  } finally {
    model.dispose();
    base.dispose();
    dataset.close();
  }
}

/** The run's settings under the names of Transformers and PEFT, with what was left open filled in. */
function settingsOf(
  { config, modelDirectory }: ExportPythonTask,
  description: ModelDescription,
  labels: readonly string[],
  totalSteps: number,
) {
  if (description.kind !== 'image-classification')
    throw new StudioError('refused', `Runs of a ${description.architecture} cannot be exported to Python yet.`);
  return {
    ...config,
    model: modelDirectory,
    auto_class: 'AutoModelForImageClassification',
    labels,
    max_steps: totalSteps,
    warmup_steps: warmupStepCount(config.warmup_steps, totalSteps),
  };
}

/** Bytes [examples, height, width, channels] and labels of one split. */
async function splitTensors(
  split: 'train' | 'eval',
  batcher: ImageBatcher,
  indices: Int32Array,
  context: TaskContext,
): Promise<[string, HostTensor][]> {
  const { height, width, channels } = batcher.preprocessor;
  const each = height * width * channels;
  const bytes = new Uint8Array(indices.length * each);
  for (const [position, index] of indices.entries()) {
    bytes.set(await batcher.fitted(index), position * each);
    if (position % 256 !== 0) continue;
    if (await context.signal()) throw new StudioError('cancelled', 'The export was cancelled.');
    const progress = { phase: `Reading the ${split} examples`, done: position, total: indices.length };
    context.emit({
      kind: 'progress',
      progress: { ...progress, unit: 'examples', perSecond: null, etaSeconds: null },
    });
  }
  const labels = Int32Array.from(indices, (index) => batcher.split.labels[index] ?? 0);
  return [
    [`${split}.pixel_bytes`, { shape: [indices.length, height, width, channels], data: bytes }],
    [`${split}.labels`, { shape: [indices.length], data: labels }],
  ];
}

/** The micro-batches of every epoch, as places in the training split that is written, and CoTo's masks by step. */
function planOf(config: RunConfig, model: AdaptedModel, examples: Int32Array, totalSteps: number) {
  const places = Int32Array.from(examples, (_, place) => place);
  const { per_device_train_batch_size: size, gradient_accumulation_steps: accumulation, seed } = config;
  const order = new BatchOrder(places, size, accumulation, RandomStream.seeded(seed, 'data'));
  const groups = model.groups(config.coto?.granularity ?? 'layer').map(({ name, modules }) => ({ name, modules }));
  const coto = config.coto && new CotoController(model, config.coto, totalSteps, RandomStream.seeded(seed, 'coto'));
  const epochs: number[][][] = [];
  const active: string[] = [];
  for (let step = 0; step < totalSteps; step++) {
    const batches = order.next().map((batch) => [...batch]);
    const epoch = order.state().epoch;
    epochs[epoch] = [...(epochs[epoch] ?? []), ...batches];
    if (coto) active.push(coto.drawFor(step).mask.join(''));
  }
  coto?.everythingOn();
  return { groups, epochs, active };
}

function stacked(rows: readonly Float32Array[]): HostTensor {
  const width = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * width);
  for (const [index, row] of rows.entries()) data.set(row, index * width);
  return { shape: [rows.length, width], data };
}
