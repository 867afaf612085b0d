import { isObject } from '../text/raw-row.ts';
import { spansIn, taggedWords } from '../text/spans.ts';
import {
  bookkeeping,
  onlyText,
  type Spanned,
  studioChoice,
  studioColumn,
  studioSpans,
  studioText,
  theSame,
} from './label-studio.ts';
import { CellFault, type Layout, type MadeRole } from './layout.ts';

const [tagged, classified] = ['words with tags', 'a text with its class or classes'];
const prodigy = {
  inputhash: 'number of the text',
  taskhash: 'number of the task',
  sessionid: 'who annotated it',
  viewid: 'interface',
  annotatorid: 'who annotated it',
  timestamp: 'time of the annotation',
  answer: 'whether it was accepted',
  meta: 'notes of the task',
  options: 'all classes',
  config: 'settings of the interface',
};
const argilla = {
  status: 'whether it was annotated',
  serverid: 'number of the record',
  suggestions: 'suggestions of a model',
  vectors: 'vectors of the record',
  prediction: 'prediction of a model',
  predictions: 'predictions of a model',
  predictionagent: 'model that predicted',
  annotationagent: 'who annotated it',
  externalid: 'number of the record',
  eventtimestamp: 'time of the annotation',
  metrics: 'measures of the record',
  explanation: 'explanation of a prediction',
  multilabel: 'whether it has several labels',
  metadata: 'notes of the record',
};

const questions = ['label', 'sentiment', 'class', 'category', 'topic', 'intent', 'entities', 'spans', 'ner'];
/** Columns of the responses to a question, as to_datasets of Argilla 2 names them. */
const responses = questions.map((question) => `${question}.responses`);
const aboutResponses: Readonly<Record<string, string>> = {
  ...argilla,
  ...Object.fromEntries(
    questions.flatMap((question) => [
      [`${question}.responses.users`, 'who annotated it'],
      [`${question}.responses.status`, 'whether it was submitted'],
      [`${question}.suggestion`, 'suggestion of a model'],
      [`${question}.suggestion.score`, 'score of a suggestion'],
      [`${question}.suggestion.agent`, 'model that suggested'],
    ]),
  ),
};

/** Layouts of the exports of annotation tools. */
export const annotationLayouts: readonly Layout[] = [
  {
    id: 'label-studio-entities',
    label: 'Tasks with annotated spans',
    sources: 'Label Studio (JSON)',
    becomes: tagged,
    columns: {},
    made: taggedRoles(['data', 'annotations', 'completions'], 2, studioSpans),
    unread: { ...bookkeeping, predictions: 'predictions of a model' },
    fits: (of) => of('tags').some(hasEntity),
  },
  {
    id: 'label-studio-classes',
    label: 'Tasks with annotated choices',
    sources: 'Label Studio (JSON)',
    becomes: classified,
    columns: {},
    made: {
      text: { from: ['data', 'annotations'], value: ([data]) => studioText(data) },
      label: { from: ['data', 'annotations'], value: ([, annotations]) => studioChoice(annotations) },
    },
    unread: { ...bookkeeping, predictions: 'predictions of a model' },
    fits: (of) => of('label').some((cell) => typeof cell === 'string' || Array.isArray(cell)),
  },
  {
    id: 'prodigy-choice',
    label: 'Texts with accepted options',
    sources: 'Prodigy (textcat.manual)',
    becomes: classified,
    columns: { text: ['text'] },
    made: {
      label: {
        from: ['accept', 'answer', 'config'],
        atLeast: 2,
        value: ([accept, answer, config]) => acceptedChoice(accept, answer, config),
      },
    },
    unread: prodigy,
    fits: (of) => of('label').some((cell) => typeof cell === 'string' || Array.isArray(cell)),
  },
  {
    id: 'prodigy-entities',
    label: 'Texts with spans and an answer',
    sources: 'Prodigy (ner.manual, ner.correct, spans.manual)',
    becomes: tagged,
    columns: {},
    made: taggedRoles(['text', 'spans', 'answer'], 3, ([text, spans, answer]) => {
      const fault = unaccepted(answer);
      return fault ?? [text, spansIn(spans)];
    }),
    unread: { ...prodigy, tokens: 'words of the text' },
    fits: (of) => of('tags').some(hasEntity),
  },
  {
    id: 'prodigy-class',
    label: 'Texts with a class and an answer',
    sources: 'Prodigy (textcat.teach)',
    becomes: classified,
    columns: { text: ['text'] },
    made: {
      label: {
        from: ['label', 'answer'],
        value: ([label, answer]) =>
          answer === 'reject' && typeof label === 'string' ? `not ${label}` : (unaccepted(answer) ?? label),
      },
    },
    unread: { ...prodigy, score: 'score of a model', priority: 'order of the tasks' },
    fits: (of, rows) =>
      rows.every(({ cells }) => ['accept', 'reject', 'ignore'].includes(String(cells['answer']))) &&
      new Set(of('label').flatMap((cell) => (typeof cell === 'string' ? cell.replace(/^not /, '') : []))).size === 1,
  },
  {
    id: 'spans',
    label: 'Texts with spans',
    sources: 'doccano, Label Studio (JSON-MIN), Argilla 1, spaCy’s training data',
    becomes: tagged,
    columns: {},
    made: taggedRoles(
      ['text', ['spans', 'entities', 'label', 'labels', 'ner', 'annotation', 'annotations', 'nertags']],
      2,
      ([text, spans]) => [text, spansIn(spans)],
    ),
    unread: { ...bookkeeping, ...argilla, tokens: 'words of the text' },
    fits: (of) => of('tags').some(hasEntity),
  },
  {
    id: 'doccano-class',
    label: 'Texts with a list of one class',
    sources: 'doccano (text classification)',
    becomes: classified,
    columns: { text: ['text', 'data'] },
    made: {
      label: {
        from: ['label', 'comments'],
        value: ([label]) => (Array.isArray(label) && label.length === 1 ? label[0] : noSingleLabel(label)),
      },
    },
    unread: bookkeeping,
    fits: (of) => of('label').every((cell) => typeof cell === 'string' && cell !== ''),
  },
  {
    id: 'label-studio-min-spans',
    label: 'Texts with spans in a column of any name',
    sources: 'Label Studio (JSON-MIN)',
    becomes: tagged,
    columns: {},
    made: taggedRoles([studioColumn('text'), studioColumn('spans'), 'annotationid'], 3, ([text, spans]) => [
      text,
      spansIn(spans),
    ]),
    unread: bookkeeping,
    fits: (of) => of('tags').some(hasEntity),
  },
  {
    id: 'label-studio-min-classes',
    label: 'Texts with choices',
    sources: 'Label Studio (JSON-MIN)',
    becomes: classified,
    columns: { text: studioColumn('text') },
    made: {
      label: {
        from: [studioColumn('choices'), 'annotationid'],
        value: ([choice]) => (isObject(choice) && Array.isArray(choice['choices']) ? choice['choices'] : choice),
      },
    },
    unread: bookkeeping,
  },
  {
    id: 'label-studio-min-texts',
    label: 'Texts with written answers',
    sources: 'Label Studio (JSON-MIN)',
    becomes: 'a prompt and its completion',
    columns: { prompt: studioColumn('text') },
    made: {
      completion: {
        from: [studioColumn('written'), 'annotationid'],
        value: ([written]) => {
          const texts = isObject(written) ? written['text'] : written;
          if (!Array.isArray(texts)) return texts;
          return texts.length === 1
            ? texts[0]
            : new CellFault(`its answer has ${texts.length} texts: keep one of them`);
        },
      },
    },
    unread: bookkeeping,
  },
  {
    id: 'argilla-fields',
    label: 'Records with fields and responses',
    sources: 'Argilla 2 (to_json, to_dict)',
    becomes: classified,
    columns: {},
    made: {
      text: { from: ['fields', 'responses'], value: ([fields]) => onlyText(fields) },
      label: { from: ['fields', 'responses'], value: ([, responses]) => fieldResponse(responses) },
    },
    unread: argilla,
    fits: (of) => of('label').some((cell) => typeof cell === 'string' || isTexts(cell)),
  },
  {
    id: 'argilla-field-spans',
    label: 'Records with fields and responses of spans',
    sources: 'Argilla 2 (to_json, to_dict)',
    becomes: tagged,
    columns: {},
    made: taggedRoles(['fields', 'responses'], 2, ([fields, responses]) => {
      const response = fieldResponse(responses);
      return response instanceof CellFault ? response : [onlyText(fields), spansIn(response)];
    }),
    unread: argilla,
    fits: (of) => of('tags').some(hasEntity),
  },
  {
    id: 'argilla-response-spans',
    label: 'Texts with responses of spans',
    sources: 'Argilla 2 (to_datasets)',
    becomes: tagged,
    columns: {},
    made: taggedRoles(['text', responses], 2, ([text, given]) => {
      const response = agreed(given);
      return response instanceof CellFault ? response : [text, spansIn(response)];
    }),
    unread: aboutResponses,
    fits: (of) => of('tags').some(hasEntity),
  },
  {
    id: 'argilla-responses',
    label: 'Texts with responses',
    sources: 'Argilla 2 (to_datasets)',
    becomes: classified,
    columns: { text: ['text'] },
    made: { label: { from: [responses], value: ([given]) => agreed(given) } },
    unread: aboutResponses,
    fits: (of) => of('label').some((cell) => typeof cell === 'string' || isTexts(cell)),
  },
  {
    id: 'argilla-1-inputs',
    label: 'Records with inputs and an annotation',
    sources: 'Argilla 1 (text classification)',
    becomes: classified,
    columns: { label: ['annotation'] },
    made: { text: { from: ['inputs', 'annotation'], value: ([inputs]) => onlyText(inputs) } },
    unread: argilla,
  },
];

/** Words and tags of a text with its spans, which `read` finds in the cells. */
function taggedRoles(
  from: MadeRole['from'],
  atLeast: number,
  read: (cells: readonly unknown[]) => Spanned | CellFault,
): { words: MadeRole; tags: MadeRole } {
  const part = (name: 'words' | 'tags'): MadeRole => ({
    from,
    atLeast,
    value: (cells) => {
      const found = read(cells);
      if (found instanceof CellFault) return found;
      const [text, spans] = found;
      if (typeof text !== 'string' || text.trim() === '')
        return new CellFault('text is missing: fill it in, or leave the row out');
      if (spans === null) return new CellFault('its spans are no list of starts, ends and labels');
      const words = taggedWords(text, spans);
      return typeof words === 'string' ? new CellFault(words) : words[name];
    },
  });
  return { words: part('words'), tags: part('tags') };
}

function hasEntity(tags: unknown): boolean {
  return Array.isArray(tags) && tags.some((tag) => tag !== 'O');
}

function isTexts(cell: unknown): boolean {
  return Array.isArray(cell) && cell.length > 0 && cell.every((one) => typeof one === 'string');
}

function noSingleLabel(label: unknown): unknown {
  return Array.isArray(label) && label.length > 1
    ? new CellFault(`label has ${label.length} classes where the first rows have one: keep one of them`)
    : new CellFault('label is missing: fill it in, or leave the row out');
}

/** The fault of a row that an annotator of Prodigy did not accept; null for an accepted one. */
function unaccepted(answer: unknown): CellFault | null {
  return answer === 'accept' || answer === undefined || answer === null
    ? null
    : new CellFault(`its answer is "${String(answer)}", so its annotation does not hold: leave the row out`);
}

function acceptedChoice(accept: unknown, answer: unknown, config: unknown): unknown {
  const fault = unaccepted(answer);
  if (fault !== null) return fault;
  if (!Array.isArray(accept)) return new CellFault('accept is no list of options');
  const isSingle = isObject(config) && config['choice_style'] === 'single';
  const labels = accept.map(String);
  if (!isSingle) return labels;
  return labels.length === 1 ? labels[0] : new CellFault(`accept has ${labels.length} options where one is expected`);
}

function agreed(given: unknown): unknown {
  const answers = Array.isArray(given) ? given.filter((response) => response !== null) : [];
  return theSame(answers, 'the column of responses');
}

/** The response to the only question of a record. */
function fieldResponse(responses: unknown): unknown {
  const questions = isObject(responses) ? Object.entries(responses) : [];
  const [first] = questions;
  if (first === undefined || questions.length > 1)
    return new CellFault(
      questions.length === 0
        ? 'responses is empty, so the record is not annotated: leave the row out'
        : `responses has ${questions.length} questions: export one of them, or write its responses as the column label`,
    );
  const answers = Array.isArray(first[1]) ? first[1].map((one) => (isObject(one) ? one['value'] : one)) : [];
  return theSame(answers, `responses.${first[0]}`);
}
