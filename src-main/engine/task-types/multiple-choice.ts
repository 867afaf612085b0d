import { StudioError } from '../../../src-shared/contract/errors.ts';
import { loadTokenizer } from '../text/tokenizer.ts';
import { addCut, lengthNotes } from './causal-lm.ts';
import type { OpenTask, TaskMaterial, TaskType } from './task-type.ts';
import { choiceScores } from './texts/choice-scores.ts';
import { languageBatch } from './texts/pad-rows.ts';
import { type EncodedChoices, PromptWriter } from './texts/prompt-writer.ts';
import { readTexts } from './texts/read-split.ts';
import { languageSettings, markedRowTensors, rowTensors } from './texts/row-tensors.ts';
import { testOrder } from './texts/test-order.ts';
import { TokenRows } from './texts/token-rows.ts';

/** Every class is an answer that is scored by itself. */
const mostChoices = 200;

export const multipleChoice: TaskType = {
  declaration: {
    id: 'multiple-choice',
    label: 'Multiple choice',
    summary:
      'A language model learns to write the label of a text; the label that it finds likeliest, by the log-likelihood of its tokens, is its answer.',
    parameters: [],
  },
  bestBy: 'accuracy',
  misfit(model, { text, labels }) {
    if (text === null)
      return {
        message: `This model reads text (${model.kind}), but the data set holds pictures.`,
        hint: 'Choose an image model, e.g. quickdraw-vit.',
      };
    if (model.kind !== 'causal-lm')
      return { message: `A ${model.kind} model writes no answers.`, hint: 'Choose a language model.' };
    if (text.labelKind !== 'classes' || labels.length < 2 || labels.length > mostChoices)
      return {
        message: `Multiple choice needs between 2 and ${mostChoices} classes, and the data set has ${labels.length}${text.labelKind === 'classes' ? '' : ` (labels: ${text.labelKind})`}.`,
        hint: 'Choose a label column with classes, or the task causal-lm.',
      };
    return null;
  },
  open: openMultipleChoice,
};

async function openMultipleChoice(material: TaskMaterial): Promise<OpenTask> {
  const { dataset, model, settings, modelDirectory, training } = material;
  if (dataset.kind !== 'texts') throw new TypeError('the data set holds pictures');
  const tokenizer = await loadTokenizer(modelDirectory);
  const writer = new PromptWriter(tokenizer, settings);
  const maxLength = Math.min(settings.max_length, model.text?.maxPositions ?? settings.max_length);
  const rows = new TokenRows();
  const tests: { text: string | null; textPair: string | null }[] = [];
  let cut = 0;
  const read = await readTexts(
    dataset,
    training ? ['train', 'test'] : ['test'],
    (example) => {
      if (typeof example.label !== 'string' || example.text === null) return false;
      if (example.split === 'test') {
        tests.push({ text: example.text, textPair: example.textPair });
        return true;
      }
      const encoded = writer.learned(example, example.label);
      if (encoded.ids.length > maxLength) cut++;
      return addCut(rows, encoded, maxLength);
    },
    material.onRead,
  );
  if (read.kind !== 'classes')
    throw new StudioError('invalid_input', 'Multiple choice needs a class in each row.', 'Set task to causal-lm.');
  const ids = new Map(read.names.map((name, id) => [name, id]));
  const classesOf = (split: 'train' | 'test') =>
    Int32Array.from(read.labels[split], (label) => (typeof label === 'string' ? (ids.get(label) ?? 0) : 0));
  const [trainClasses, testClasses] = [classesOf('train'), classesOf('test')];
  const padding = (tokenizer.special('pad') ?? tokenizer.special('eos'))?.id ?? 0;
  const order = testOrder(tests.length);
  const encodedTest = (place: number): EncodedChoices => {
    const { text = null, textPair = null } = tests[place] ?? {};
    const nothing = { label: null, prompt: null, completion: null, messages: null };
    return shortened(writer.choices({ text, textPair, ...nothing }, read.names), maxLength);
  };
  return {
    labels: null,
    classNames: read.names,
    train: {
      count: rows.count,
      classes: { ids: trainClasses, names: read.names },
      load: async (indices) =>
        languageBatch(
          [...indices].map((index) => rows.row(index)),
          padding,
        ),
    },
    testCount: tests.length,
    notes: lengthNotes({ cut, leftOut: read.leftOut, maxLength }),
    outputs: async (adapted, indices, options) => {
      const places = [...indices].map((index) => order[index] ?? 0);
      const examples = places.map(encodedTest);
      const classCount = read.names.length;
      const logits = await choiceScores(adapted, examples, { ...options, padding, mean: settings.length_normalised });
      const labels = Int32Array.from(places, (place) => testClasses[place] ?? 0);
      return { kind: 'classes', logits, labels, classCount };
    },
    exported: async (chosen, progress) => {
      const train = [...chosen.train].map((index) => rows.row(index));
      const places = [...chosen.test].map((index) => order[index] ?? 0);
      const examples: EncodedChoices[] = [];
      for (const [done, place] of places.entries()) {
        if (done % 256 === 0) await progress('test', done, places.length);
        examples.push(encodedTest(place));
      }
      const labels = Int32Array.from(places, (place) => testClasses[place] ?? 0);
      const tensors = new Map([
        ...markedRowTensors('train', train, 'learned'),
        ...rowTensors(
          'test.prompts',
          examples.map(({ prompt }) => prompt),
        ),
        ...rowTensors(
          'test.choices',
          examples.flatMap(({ choices }) => choices),
        ),
        ['test.labels', { shape: [labels.length], data: labels }],
      ]);
      return { settings: { ...languageSettings(padding), choices: read.names }, tensors };
    },
  };
}

/** The beginning of a prompt gives way: its end is what the answers follow. */
function shortened({ prompt, choices }: EncodedChoices, maxLength: number): EncodedChoices {
  const longest = choices.reduce((most, choice) => Math.max(most, choice.length), 0);
  const room = Math.max(1, maxLength - longest);
  return { prompt: prompt.slice(-room), choices };
}
