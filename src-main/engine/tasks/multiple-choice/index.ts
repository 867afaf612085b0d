import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { areConversations } from '../../../../src-shared/domain/data/dataset.ts';
import { metricsFor } from '../../../../src-shared/metrics/index.ts';
import { multipleChoice } from '../../../../src-shared/tasks/multiple-choice.ts';
import { addCut, lengthNotes } from '../shared/cut-rows.ts';
import { languageBatch } from '../shared/pad-rows.ts';
import { type Content, type EncodedChoices, PromptWriter } from '../shared/prompt-writer.ts';
import { classIds, readTexts } from '../shared/read-split.ts';
import { languageSettings, markedRowTensors, rowTensors } from '../shared/row-tensors.ts';
import { testOrder } from '../shared/test-order.ts';
import { textReading } from '../shared/text-reading.ts';
import { TokenRows } from '../shared/token-rows.ts';
import type { OpenTask, TaskMaterial, TaskType } from '../task-type.ts';
import { choiceScores } from './choice-scores.ts';

/** Maximum number of classes, since each is scored as an answer. */
const maxChoices = 200;

export const multipleChoiceTask: TaskType = {
  declaration: multipleChoice,
  misfit(model, { text, labels }) {
    if (model.kind !== 'causal-lm')
      return {
        field: 'model',
        message: `A ${model.kind} model does not score answers as the continuation of a text.`,
        hint: 'Choose a language model without an encoder.',
      };
    const isOfClasses = text?.labelKind === 'classes' && labels.length >= 2 && labels.length <= maxChoices;
    if (!text?.columns.choices && !isOfClasses)
      return {
        field: 'dataset',
        message: `Multiple choice needs a list of answers in each row, or between 2 and ${maxChoices} classes; the dataset has ${labels.length} (labels: ${text?.labelKind ?? 'none'}).`,
        hint: 'Choose a choices column, a label column with classes, or the task causal-lm.',
      };
    return null;
  },
  checkTokenizer(tokenizer, settings, { text }) {
    new PromptWriter(tokenizer, settings).check(text !== null && areConversations(text));
  },
  metrics: ({ labels }) => metricsFor('classes', labels.length),
  open: openMultipleChoice,
};

/** A test example as stored until it is scored. */
interface Question extends Content {
  readonly answer: string;
  /** Null: the classes of the dataset. */
  readonly choices: readonly string[] | null;
}

async function openMultipleChoice(material: TaskMaterial): Promise<OpenTask> {
  const { settings } = material;
  const { dataset, tokenizer, maxLength, wanted } = await textReading(material);
  const writer = new PromptWriter(tokenizer, settings);
  const rows = new TokenRows();
  const questions: Question[] = [];
  let cut = 0;
  const read = await readTexts(
    dataset,
    wanted,
    (example) => {
      const { label: answer, text, textPair, choices } = example;
      if (typeof answer !== 'string' || text === null) return false;
      if (example.split === 'test') {
        questions.push({ text, textPair, answer, choices, prompt: null, completion: null, messages: null });
        return true;
      }
      const encoded = writer.learned(example, answer);
      if (encoded.ids.length > maxLength) cut++;
      return addCut(rows, encoded, maxLength);
    },
    material.onRead,
  );
  const hasChoices = dataset.columns.choices !== null;
  if (!hasChoices && read.kind !== 'classes')
    throw new StudioError('invalid_input', 'Multiple choice needs a class in each row.', 'Set task to causal-lm.').at(
      'task',
    );
  const answersOf = ({ choices }: Question) => choices ?? read.names;
  const padding = tokenizer.paddingId;
  const order = testOrder(questions.length);
  // Many adapters are scored on the same questions.
  const encoded = new Map<number, EncodedChoices>();
  const encode = (place: number): EncodedChoices => {
    const known = encoded.get(place);
    if (known !== undefined) return known;
    const question = questions[place];
    if (question === undefined) throw new RangeError(`there is no test example ${place}`);
    const made = shortened(writer.choices(question, answersOf(question)), maxLength);
    encoded.set(place, made);
    return made;
  };
  const answerId = (place: number): number => {
    const question = questions[place];
    return question === undefined ? 0 : answersOf(question).indexOf(question.answer);
  };
  const classCount = questions.reduce((most, question) => Math.max(most, answersOf(question).length), 0);
  return {
    labels: null,
    classNames: hasChoices ? Array.from({ length: classCount }, (_, index) => `choice ${index + 1}`) : read.names,
    metrics: metricsFor('classes', hasChoices ? 0 : classCount),
    train: {
      count: rows.count,
      classes: hasChoices ? null : { ids: classIds(read.labels.train, read.names), names: read.names },
      load: async (indices) =>
        languageBatch(
          [...indices].map((index) => rows.row(index)),
          padding,
        ),
      lengthOf: (index) => rows.length(index),
    },
    testCount: questions.length,
    notes: lengthNotes({ cut, leftOut: read.leftOut, maxLength }),
    outputs: async (adapted, indices, options) => {
      const places = [...indices].map((index) => order[index] ?? 0);
      const scoring = { ...options, padding, normalized: settings.length_normalized };
      const scores = await choiceScores(adapted, places.map(encode), scoring);
      const logits = new Float32Array(places.length * classCount).fill(Number.NEGATIVE_INFINITY);
      for (const [row, own] of scores.entries()) logits.set(own, row * classCount);
      return {
        kind: 'classes',
        scale: 'log-likelihoods',
        logits,
        labels: Int32Array.from(places, answerId),
        classCount,
      };
    },
    describe: (index) => {
      const place = order[index] ?? 0;
      const question = questions[place];
      const choices = question === undefined ? [] : answersOf(question);
      return { ...(read.tests[place] ?? { index, id: null }), choices };
    },
    show: async (index) => {
      const { text = null, textPair = null, answer = '' } = questions[order[index] ?? 0] ?? {};
      return { kind: 'text', text: [text, textPair].filter((part) => part !== null).join('\n'), truth: answer };
    },
    exported: async (chosen, progress) => {
      const train = [...chosen.train].map((index) => rows.row(index));
      const places = [...chosen.test].map((index) => order[index] ?? 0);
      const prompts: (readonly number[])[] = [];
      const choices: (readonly number[])[] = [];
      const characters: number[] = [];
      const counts = new Int32Array(places.length);
      for (const [done, place] of places.entries()) {
        if (done % 256 === 0) await progress('test', done, places.length);
        const question = encode(place);
        prompts.push(question.prompt);
        choices.push(...question.choices);
        characters.push(...question.characters);
        counts[done] = question.choices.length;
      }
      const tensors = new Map([
        ...markedRowTensors('train', train, 'learned'),
        ...rowTensors('test.prompts', prompts),
        ...rowTensors('test.choices', choices),
        ['test.choice_characters', { shape: [characters.length], data: Int32Array.from(characters) }],
        ['test.choice_counts', { shape: [places.length], data: counts }],
        ['test.labels', { shape: [places.length], data: Int32Array.from(places, answerId) }],
      ]);
      return { settings: languageSettings(padding), tensors };
    },
  };
}

/** Truncates the start of a prompt, since the answers follow its end. */
function shortened({ prompt, choices, characters }: EncodedChoices, maxLength: number): EncodedChoices {
  const longest = choices.reduce((most, choice) => Math.max(most, choice.length), 0);
  const room = Math.max(1, maxLength - longest);
  return { prompt: prompt.slice(-room), choices, characters };
}
