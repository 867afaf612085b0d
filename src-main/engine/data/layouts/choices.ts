import { isObject } from '../text/raw-row.ts';
import { CellFault, type Layout, type MadeRole } from './layout.ts';

const becomes = 'a question with choices';

/** Names of numbered columns: option1, option2 … */
const numbered = (name: string, from: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${name}${from + at}`);
const lettered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${name}${String.fromCharCode(97 + at)}`);

/** The choices of columns of their own; those beyond `atLeast` may be missing. */
function choicesOf(from: readonly string[], atLeast = from.length): MadeRole {
  return { from, atLeast, value: (cells) => cells.filter((cell) => (cell ?? '') !== '') };
}

/** The right answer of a column that numbers the choices from `first`; letters and texts stay. */
function answerOf(columns: readonly string[], first: 0 | 1): MadeRole {
  return {
    from: [columns],
    value: ([cell]) => {
      const text = String(cell ?? '').trim();
      if (!/^-?\d+$/.test(text)) return cell;
      const index = Number(text) - first;
      // -1 stands for a hidden answer.
      return index >= 0
        ? index
        : new CellFault(
            `${columns[0]} is ${text}, none of the choices, which are counted from ${first}: leave the row out`,
          );
    },
  };
}

/** A text of several columns, one below the other. */
function joined(from: readonly string[], separator = '\n'): MadeRole {
  return {
    from,
    value: (cells) =>
      cells
        .map((cell) => String(cell ?? ''))
        .filter(Boolean)
        .join(separator),
  };
}

/** Columns of answers with one true one, the whole list first. */
const oneTrue = ['mc1targets', 'mc0targets'];

/** Layouts of questions whose choices are in columns of their own, or have the right one in themselves. */
export const choiceLayouts: readonly Layout[] = [
  {
    id: 'winogrande',
    label: 'A sentence with two options',
    sources: 'WinoGrande',
    becomes,
    columns: { text: ['sentence'] },
    made: { choices: choicesOf(['option1', 'option2']), label: answerOf(['answer'], 1) },
  },
  {
    id: 'social-iqa',
    label: 'A context, a question and three answers',
    sources: 'Social IQA',
    becomes,
    columns: {},
    made: {
      text: joined(['context', 'question']),
      choices: choicesOf(lettered('answer', 3)),
      label: answerOf(['label', 'correct'], 1),
    },
  },
  {
    id: 'piqa',
    label: 'A goal and two solutions',
    sources: 'PIQA',
    becomes,
    columns: { text: ['goal'] },
    made: { choices: choicesOf(['sol1', 'sol2']), label: answerOf(['label'], 0) },
  },
  {
    id: 'sciq',
    label: 'A question with a correct answer and distractors',
    sources: 'SciQ',
    becomes,
    columns: { label: ['correctanswer'] },
    made: {
      text: {
        from: ['question', 'support'],
        atLeast: 1,
        value: ([question, support]) => (support ? `${String(support)}\n\n${String(question)}` : question),
      },
      choices: choicesOf(['correctanswer', ...numbered('distractor', 1, 3)], 2),
    },
  },
  {
    id: 'gpqa',
    label: 'A question with a correct answer and incorrect ones',
    sources: 'GPQA',
    becomes,
    columns: { text: ['question'], label: ['correctanswer'] },
    made: { choices: choicesOf(['correctanswer', ...numbered('incorrectanswer', 1, 3)], 2) },
    unread: aboutGpqa(),
  },
  // The hub counts from 0, the original release from 1; only there is a 4.
  ...([1, 0] as const).map(
    (first): Layout => ({
      id: first === 0 ? 'medmcqa' : 'medmcqa-original',
      label: `A question with options a to d, counted from ${first}`,
      sources: first === 0 ? 'MedMCQA of the hub' : 'MedMCQA, original release',
      becomes,
      columns: { text: ['question'] },
      made: { choices: choicesOf(lettered('op', 4)), label: answerOf(['cop'], first) },
      unread: { exp: 'explanation of the answer', subjectname: 'field', topicname: 'topic', choicetype: 'kind' },
      fits: (_, rows) => {
        const answers = rows.map(({ cells }) => String(cells['cop'] ?? ''));
        return first === 0 || (answers.includes('4') && !answers.includes('0'));
      },
    }),
  ),
  {
    id: 'truthfulqa',
    label: 'A question with answers of which one is true',
    sources: 'TruthfulQA (multiple choice)',
    becomes,
    columns: { text: ['question'] },
    made: {
      choices: { from: [oneTrue], value: ([cell]) => targetsOf(cell)?.map(([text]) => text) },
      label: { from: [oneTrue], value: ([cell]) => rightTarget(cell) },
    },
    unread: { mc2targets: 'answers of which several are true', mc0targets: 'the first two answers' },
  },
  {
    id: 'swag',
    label: 'The start of a text and four endings',
    sources: 'SWAG',
    becomes,
    columns: { text: ['startphrase'] },
    made: { choices: choicesOf(numbered('ending', 0, 4)), label: answerOf(['label'], 0) },
    unread: { sent1: 'beginning of startphrase', sent2: 'end of startphrase', goldsource: 'origin of the ending' },
  },
  {
    id: 'endings',
    label: 'Two sentences and four endings',
    sources: 'SWAG without startphrase',
    becomes,
    columns: {},
    made: {
      text: joined(['sent1', 'sent2'], ' '),
      choices: choicesOf(numbered('ending', 0, 4)),
      label: answerOf(['label'], 0),
    },
  },
  {
    id: 'cosmos-qa',
    label: 'A context, a question and four answers',
    sources: 'CosmosQA',
    becomes,
    columns: {},
    made: {
      text: joined(['context', 'question']),
      choices: choicesOf(numbered('answer', 0, 4)),
      label: answerOf(['label'], 0),
    },
  },
  {
    id: 'copa',
    label: 'A premise and two causes or effects',
    sources: 'COPA (SuperGLUE), XCOPA',
    becomes,
    columns: {},
    made: {
      text: {
        from: ['premise', 'question'],
        value: ([premise, asked]) => `${String(premise ?? '')}\nWhat was the ${String(asked ?? 'effect')}?`,
      },
      choices: choicesOf(['choice1', 'choice2']),
      label: answerOf(['label'], 0),
    },
  },
  {
    id: 'belebele',
    label: 'A passage, a question and four answers',
    sources: 'Belebele',
    becomes,
    columns: {},
    made: {
      text: joined(['florespassage', 'question']),
      choices: choicesOf(numbered('mcanswer', 1, 4)),
      label: answerOf(['correctanswernum'], 1),
    },
    unread: { link: 'origin of the passage', dialect: 'language' },
  },
  {
    id: 'race',
    label: 'An article, a question and options',
    sources: 'RACE',
    becomes,
    columns: { choices: ['options'], label: ['answer'] },
    made: { text: joined(['article', 'question'], '\n\n') },
  },
  {
    id: 'lettered-choices',
    label: 'A question with the columns A to D',
    sources: 'MMMLU, C-Eval, CMMLU, own tables',
    becomes,
    columns: { text: ['question'], label: ['answer', 'answerkey', 'correct', 'label'] },
    made: { choices: choicesOf(lettered('', 5), 2) },
    unread: { explanation: 'explanation of the answer', subject: 'field' },
    fits: (of) => of('label').every((cell) => (cell ?? '') === '' || /^[A-Ea-e]$/.test(String(cell).trim())),
  },
];

/** Answers with 1 for a true one: {choices, labels} of the hub, or {answer: 1} of the original release. */
function targetsOf(cell: unknown): [text: string, flag: number][] | undefined {
  if (!isObject(cell)) return undefined;
  const { choices, labels } = cell;
  if (Array.isArray(choices) && Array.isArray(labels))
    return choices.map((text, at): [string, number] => [String(text), Number(labels[at])]);
  return Object.entries(cell).map(([text, flag]): [string, number] => [text, Number(flag)]);
}

function rightTarget(cell: unknown): unknown {
  const targets = targetsOf(cell) ?? [];
  const right = targets.flatMap(([, flag], at) => (flag === 1 ? [at] : []));
  return right.length === 1
    ? right[0]
    : new CellFault(`it has ${right.length} true answers where one is expected: leave the row out`);
}

/** Columns of GPQA about how its questions were written and checked, and why none of them is learned from. */
function aboutGpqa(): Record<string, string> {
  const parts = ['question', 'explanation', 'correct answer', ...numbered('incorrect answer ', 1, 3)];
  const of = (names: readonly string[], reason: string) => Object.fromEntries(names.map((name) => [name, reason]));
  const validators = (name: string, kind: string, count: number) => numbered(`${name}_${kind}_`, 1, count);
  return {
    ...{ explanation: 'explanation of the answer', subdomain: 'field', 'high-level domain': 'field' },
    ...of(
      parts.map((part) => `pre-revision ${part}`),
      'before the revision',
    ),
    ...of(
      parts.map((part) => `extra revised ${part}`),
      'after another revision',
    ),
    'revision comments (from question writer)': 'remarks on the revision',
    ...of(validators('feedback', 'EV', 2), 'remarks of an expert'),
    ...of(validators('validator revision suggestion', 'EV', 2), 'remarks of an expert'),
    ...of(validators('post hoc agreement', 'EV', 2), 'remarks of an expert'),
    ...of(validators('feedback', 'NEV', 3), 'remarks of a person from another field'),
    ...of(validators('explanation', 'NEV', 3), 'remarks of a person from another field'),
    ...of(validators('website(s) visited', 'NEV', 3), 'sources of a person from another field'),
    'expert validator disagreement category': 'why experts differ',
    'canary string': 'mark of the data set',
  };
}
