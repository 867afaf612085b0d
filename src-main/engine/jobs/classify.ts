import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ClassificationResult } from '../../../src-shared/domain/evaluation/classification.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, EngineTaskOf } from '../contract.ts';
import { type Image, imageAt } from '../data/dataset.ts';
import { decodeImage } from '../data/image-file.ts';
import { createImagePreprocessor } from '../data/image-preprocessor.ts';
import { openImages } from '../data/open-dataset.ts';
import { headInUse } from '../evaluation/head-labels.ts';
import type { TaskContext } from '../events.ts';
import type { WarmBase } from '../generation/warm-base.ts';
import { deviceInputs } from '../losses/batch-inputs.ts';
import type { BaseModel } from '../models/base-model.ts';
import { classInputs, prepareTexts } from '../tasks/image-classification/class-inputs.ts';
import { defineEngineJob } from './define-job.ts';

type Column = ClassificationResult['columns'][number];

/** The likeliest classes of one image by the base, and by each adapter on it. The base stays in `warm`. */
export async function runClassifyTask(
  task: EngineTaskOf<'classify'>,
  context: TaskContext,
  warm: WarmBase,
): Promise<EngineResultOf<'classify'>> {
  warm.releaseUnlessOn(task.compute);
  const image = await readImage(task);
  await activateCompute(task.compute, task.threads);
  return warm.use({ directory: task.modelDirectory, compute: task.compute, bfloat16: false }, async (base) => {
    const started = performance.now();
    const { modelDirectory, zeroShot } = task;
    const pixels = await pixelsOf(modelDirectory, base.description, image);
    const texts =
      zeroShot === null
        ? {}
        : await classInputs(
            modelDirectory,
            base.description,
            zeroShot.classes,
            taskSettingsSchema.parse({ class_templates: zeroShot.class_templates }),
          );
    const cancelled = async () => (await context.signal()) !== null;
    const columns: Column[] = [];
    for (const directory of task.adapterDirectories) {
      if (await cancelled()) throw new StudioError('cancelled', 'The classification was cancelled.');
      columns.push(await classify(base, directory, { pixels, texts, cancelled }, task));
    }
    return { kind: 'classify', result: { columns, seconds: (performance.now() - started) / 1000 } };
  });
}

export const classifyJob = defineEngineJob(
  'classify',
  (task, context, { warm }) => runClassifyTask(task, context, warm),
  { keepsWarmBase: true },
);

async function readImage({ image }: EngineTaskOf<'classify'>): Promise<Image> {
  if (image.kind === 'file') return decodeImage(image.path);
  const dataset = await openImages(image.source);
  try {
    const split = dataset.split(image.split);
    if (image.index >= split.count)
      throw new StudioError(
        'not_found',
        `The ${image.split} split has ${split.count} images, no image ${image.index}.`,
      );
    return await imageAt(split, dataset.description, image.index);
  } finally {
    dataset.close();
  }
}

type Inputs = Parameters<typeof deviceInputs>[0];

interface ClassifyInputs {
  readonly pixels: Inputs;
  /** Texts of the classes, if they are compared with the image. */
  readonly texts: Inputs;
  cancelled(): Promise<boolean>;
}

async function pixelsOf(directory: string, description: ModelDescription, image: Image): Promise<Inputs> {
  const preprocessor = await createImagePreprocessor(directory, description, { image });
  const { channels, height, width } = preprocessor;
  const data = new Float32Array(channels * height * width);
  preprocessor.write(preprocessor.fit(image), data, 0);
  return { pixel_values: { shape: [1, channels, height, width], data } };
}

/** An error in a single column is reported in its place: the others remain useful. */
async function classify(
  base: BaseModel,
  directory: string | null,
  { pixels, texts, cancelled }: ClassifyInputs,
  { top, zeroShot }: Pick<EngineTaskOf<'classify'>, 'top' | 'zeroShot'>,
): Promise<Column> {
  const model = new AdaptedModel(base);
  try {
    const state = directory === null ? null : await readAdapter(directory, base.description);
    const { labels, rows } =
      zeroShot === null
        ? headInUse(base.description, state)
        : { labels: zeroShot.classes, rows: zeroShot.classes.length };
    const isHeadless = base.description.linears.some(
      ({ isHead, isMissing, name }) => isHead && isMissing && !state?.saved.has(`${name}.weight`),
    );
    if (rows === 0 || isHeadless)
      return { classes: [], classCount: 0, problem: 'It has no classes of its own: its head is missing.' };
    if (state !== null) model.loadState(state);
    if (zeroShot !== null) await prepareTexts(model, texts, { cancelled });
    const inputs = deviceInputs({ ...pixels, ...texts });
    const outputs = model.forward(inputs);
    try {
      return likeliest(await outputs.data<'float32'>(), labels, top);
    } finally {
      outputs.dispose();
      for (const input of Object.values(inputs)) input.dispose();
    }
  } finally {
    model.dispose();
  }
}

function likeliest(logits: Float32Array, labels: readonly string[] | null, top: number): Column {
  if (!logits.every(Number.isFinite))
    throw new StudioError(
      'not_finite',
      'The model gives outputs that are not finite.',
      'Its weights or the adapter hold values that are not finite, or the training of the adapter diverged.',
    );
  const highest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const weights = Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const classes = weights
    .map((weight, index) => ({ label: labels?.[index] ?? `class ${index}`, probability: weight / total }))
    .sort((one, other) => other.probability - one.probability)
    .slice(0, top);
  return { classes, classCount: logits.length, problem: null };
}
