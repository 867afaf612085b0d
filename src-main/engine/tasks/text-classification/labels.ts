import type { BatchLoss } from '../../losses/batch-loss.ts';
import { classes } from '../../outcomes/classes.ts';
import type { TaskOutputs } from '../../outcomes/index.ts';
import { labelSets } from '../../outcomes/label-sets.ts';
import { numbers } from '../../outcomes/numbers.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { classIds, type ReadTexts } from '../shared/read-split.ts';

/** Labels of some examples in the forms that training, evaluation and export need. */
export interface Labels {
  readonly loss: BatchLoss;
  /** Outputs of a head for these examples. @param values [examples, width] */
  outputs(values: Float32Array): TaskOutputs<'classes' | 'label-sets' | 'numbers'>;
  /** Class ids [examples], or values [examples, width]. */
  readonly tensor: HostTensor;
}

/** Format of the labels of a dataset. */
interface LabelFormat {
  /** Kind of outcome, which metrics are defined for. */
  readonly outcome: 'classes' | 'label-sets' | 'numbers';
  /** Transformers' name of the problem type. */
  readonly problemType: 'single_label_classification' | 'multi_label_classification' | 'regression';
  /** Names of the outputs of a head. */
  head(names: readonly string[]): readonly string[];
  /** Returns the labels of examples by their places in a split. */
  labels(read: ReadTexts, split: 'train' | 'test'): (places: Int32Array) => Labels;
}

const ofClasses: LabelFormat = {
  outcome: 'classes',
  problemType: 'single_label_classification',
  head: (names) => names,
  labels(read, split) {
    const ids = classIds(read.labels[split], read.names);
    return (places) => {
      const labels = places.map((place) => ids[place] ?? 0);
      return {
        loss: classes.loss(labels),
        outputs: (logits) => ({ kind: 'classes', logits, labels, classCount: read.names.length }),
        tensor: { shape: [labels.length], data: labels },
      };
    };
  },
};

const ofSets: LabelFormat = {
  outcome: 'label-sets',
  problemType: 'multi_label_classification',
  head: (names) => names,
  labels: ({ labels, names }, split) => {
    const width = names.length;
    return (places) => {
      const targets = new Float32Array(places.length * width);
      for (const [row, place] of places.entries())
        for (const name of [labels[split][place] ?? []].flat()) targets[row * width + names.indexOf(name)] = 1;
      return {
        loss: labelSets.loss(targets, width),
        outputs: (logits) => ({ kind: 'label-sets', logits, targets, width }),
        tensor: valueTensor(targets, width),
      };
    };
  },
};

const ofNumbers: LabelFormat = {
  outcome: 'numbers',
  problemType: 'regression',
  // Transformers' label name of a regression head.
  head: () => ['LABEL_0'],
  labels: ({ labels }, split) => {
    return (places) => {
      const targets = Float32Array.from(places, (place) => Number(labels[split][place] ?? []));
      return {
        loss: numbers.loss(targets),
        outputs: (predictions) => ({ kind: 'numbers', predictions, targets }),
        tensor: valueTensor(targets, 1),
      };
    };
  },
};

/** Formats by the kind of labels that a reader found. */
export const labelFormats = { classes: ofClasses, sets: ofSets, numbers: ofNumbers } as const;

function valueTensor(values: Float32Array, width: number): HostTensor {
  // Transformers ignores labels of −100: the nearest other float replaces the value.
  const data = values.map((value) => (value === -100 ? -99.99999 : value));
  return { shape: [data.length / width, width], data };
}
