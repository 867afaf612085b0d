import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { TextExample } from '../../../src-shared/domain/data/dataset.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import type { ImageSplit, OpenDataset, OpenImages, OpenTexts } from './dataset.ts';
import { indicesByLabel } from './subset.ts';
import { LabelTally } from './text/label-tally.ts';

/** The settings of a run that say which training examples it never trains on, and which examples it is evaluated on. */
export type EvaluationSplit = Pick<RunConfig, 'eval_split' | 'validation_samples'>;

/** The draw is the dataset's, not a run's: whatever a run holds out, no other run with as many has trained on. */
const drawSeed = 0;

/** @throws StudioError invalid_input where the validation split would be empty */
export function checkEvaluationSplit({ eval_split, validation_samples }: EvaluationSplit): void {
  if (eval_split === 'validation' && validation_samples === 0)
    throw new StudioError(
      'invalid_input',
      'eval_split is validation, but validation_samples is 0.',
      'Set validation_samples to the number of training examples to hold out, or eval_split to test.',
    ).at('eval_split');
}

/**
 * The number of examples to hold out of each class of `counts` examples, `samples` in all: in proportion, by largest
 * remainder (the first of equals), leaving at least one of each class for training. Without classes, `counts` has one
 * entry.
 * @throws StudioError invalid_input where that many cannot be held out
 */
export function heldPerClass(counts: readonly number[], samples: number): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const most = counts.reduce((sum, count) => sum + Math.max(0, count - 1), 0);
  if (samples > most)
    throw new StudioError(
      'invalid_input',
      `validation_samples is ${samples}, but the training split has ${total} examples${counts.length > 1 ? ` of ${counts.length} classes, each of which must keep one` : ''}.`,
      `Choose at most ${most}.`,
    ).at('validation_samples');
  const quotas = counts.map((count) => (total === 0 ? 0 : (samples * count) / total));
  const held = quotas.map((quota, label) => Math.min(Math.floor(quota), Math.max(0, (counts[label] ?? 0) - 1)));
  for (let left = samples - held.reduce((sum, count) => sum + count, 0); left > 0; left--) {
    const remainders = quotas.map((quota, label) =>
      (held[label] ?? 0) < (counts[label] ?? 0) - 1 ? quota - (held[label] ?? 0) : Number.NEGATIVE_INFINITY,
    );
    const next = remainders.indexOf(Math.max(...remainders));
    held[next] = (held[next] ?? 0) + 1;
  }
  return held;
}

/** Indices of the held-out training examples, in an order of which every prefix is a fair sample. */
export function heldOutIndices(byClass: readonly (readonly number[])[], samples: number): Int32Array {
  const perClass = heldPerClass(
    byClass.map(({ length }) => length),
    samples,
  );
  const held = byClass.flatMap((indices, label) =>
    RandomStream.named(drawSeed, 'subset', `validation/${label}`)
      .shuffle([...indices])
      .slice(0, perClass[label]),
  );
  return Int32Array.from(RandomStream.named(drawSeed, 'subset', 'validation').shuffle(held));
}

/**
 * A view of a dataset without the examples that are held out of its training split. `eval_split` validation: its test split
 * is these examples. Labels are those of all examples, as without the view.
 * @throws StudioError invalid_input where that many cannot be held out
 */
export async function withoutHeldOut(dataset: OpenDataset, split: EvaluationSplit): Promise<OpenDataset> {
  checkEvaluationSplit(split);
  if (split.validation_samples === 0) return dataset;
  return dataset.kind === 'images' ? imagesWithout(dataset, split) : textsWithout(dataset, split);
}

function imagesWithout(dataset: OpenImages, { eval_split, validation_samples }: EvaluationSplit): OpenImages {
  const train = dataset.split('train');
  const held = heldOutIndices(indicesByLabel(train.labels, dataset.description.labels.length), validation_samples);
  const heldOut = new Set(held);
  const kept = Int32Array.from(train.labels.keys()).filter((index) => !heldOut.has(index));
  return {
    ...dataset,
    split(name) {
      if (name === 'train') return someOf(train, kept);
      return eval_split === 'validation' ? someOf(train, held) : dataset.split('test');
    },
  };
}

function someOf(split: ImageSplit, indices: Int32Array): ImageSplit {
  const at = (index: number) => indices[index] ?? -1;
  const { image } = split;
  return {
    count: indices.length,
    labels: indices.map((index) => split.labels[index] ?? 0),
    pixels: (index) => split.pixels(at(index)),
    ...(image === undefined ? {} : { image: (index: number) => image.call(split, at(index)) }),
  };
}

async function textsWithout(dataset: OpenTexts, split: EvaluationSplit): Promise<OpenTexts> {
  const { eval_split, validation_samples } = split;
  const held = new Set(heldOutIndices(await textsByClass(dataset), validation_samples));
  async function* ofTrain(isHeld: boolean, as: TextExample['split']): AsyncGenerator<TextExample> {
    let index = 0;
    for await (const example of dataset.examples('train'))
      if (held.has(index++) === isHeld) yield { ...example, split: as };
  }
  return {
    ...dataset,
    examples(name) {
      if (name === 'train') return ofTrain(false, 'train');
      return eval_split === 'validation' ? ofTrain(true, 'test') : dataset.examples('test');
    },
    unread: () => (eval_split === 'validation' ? dataset.examples('test') : ofTrain(true, 'train')),
  };
}

/** Indices of the training texts by class; all in one where they have no classes. */
async function textsByClass(dataset: OpenTexts): Promise<number[][]> {
  const tally = new LabelTally();
  const labels: string[] = [];
  for await (const example of dataset.examples('train')) {
    const { label } = example;
    tally.addExample(example);
    labels.push(typeof label === 'string' ? label : '');
  }
  const names = tally.kind === 'classes' ? tally.names() : [];
  if (names.length === 0) return [[...labels.keys()]];
  const ids = new Map(names.map((name, id) => [name, id]));
  return indicesByLabel(
    labels.map((label) => ids.get(label) ?? 0),
    names.length,
  );
}
