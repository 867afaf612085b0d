import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { answerOverlap } from '../../metrics/squad.ts';
import { compareCodePoints } from '../../tokenization/jinja/python-characters.ts';
import type { TaskDocument } from '../task-document.ts';
import { strip, textOf, textsOf } from './python-text.ts';
import type { TaskFunctions } from './task-function.ts';

/** Exact match and F1 of a text, the best over several answers. */
function bestOverlap(answers: readonly string[], text: string): { readonly em: number; readonly f1: number } {
  const overlaps = answers.map((answer) => answerOverlap(answer, text));
  return { em: Math.max(...overlaps.map(({ exact }) => exact)), f1: Math.max(...overlaps.map(({ f1 }) => f1)) };
}

const turnsSchema = z.object({ input_text: z.array(z.string()).min(1) });

function turnsOf(row: TaskDocument, column: string): string[] {
  const turns = turnsSchema.safeParse(row[column]);
  if (turns.success) return turns.data.input_text;
  throw new StudioError('invalid_file', `A row's "${column}" has no list of texts in "input_text".`);
}

/** The answers to the last question, those of other people included. */
function lastAnswers(row: TaskDocument): string[] {
  const last = turnsOf(row, 'questions').length - 1;
  const others = z.record(z.string(), turnsSchema.nullable()).nullish().safeParse(row['additional_answers']);
  if (!others.success) throw new StudioError('invalid_file', `A row's "additional_answers" is not CoQA's.`);
  const given = [turnsOf(row, 'answers'), ...Object.values(others.data ?? {}).map((turns) => turns?.input_text ?? [])];
  const answers: string[] = [];
  for (const texts of given) {
    const answer = texts[last];
    if (answer === undefined) throw new StudioError('invalid_file', 'A row has fewer answers than questions.');
    if (!answers.some((one) => one.toLowerCase() === answer.toLowerCase())) answers.push(answer);
  }
  return answers;
}

/** CoQA: a story and a conversation about it; the last question is answered. */
export const coqa: TaskFunctions = {
  id: 'coqa',
  tasks: /^coqa$/,
  functions: {
    'utils.doc_to_text': {
      uses: ['doc_to_text'],
      hashes: ['72bd8725b2e44913fe7d66808f7958099b32e94d5f5a57e398f1c6483247750b'],
      gives: 'field',
      field(row) {
        const [questions, answers] = [turnsOf(row, 'questions'), turnsOf(row, 'answers')];
        if (questions.length !== answers.length)
          throw new StudioError('invalid_file', 'A row has not as many answers as questions.');
        const turns = questions.map(
          (question, index) => `Q: ${question}\n\n${index < questions.length - 1 ? `A: ${answers[index]}\n\n` : 'A:'}`,
        );
        return `${textOf(row, 'story')}\n\n${turns.join('')}`;
      },
    },
    'utils.doc_to_target': {
      uses: ['doc_to_target'],
      hashes: ['4b9b41be9c208512afbea3ea1ef55dc9493d9751332c73bbf1985c4e5960cdc5'],
      gives: 'field',
      field: lastAnswers,
    },
    'utils.process_results': {
      uses: ['doc_to_target', 'compute_scores', 'process_results'],
      hashes: ['453df2f37791c7230936eac381def81b0fb578447242aaf0b78db394fa401e6b'],
      gives: 'text-scores',
      metrics: { em: true, f1: true },
      scores(row, text) {
        const answers = lastAnswers(row);
        const [own = ''] = strip(text).split('\n');
        // Each answer is left out once, as people are compared with the others.
        const rest = (index: number) => (answers.length > 1 ? answers.toSpliced(index, 1) : answers);
        const scores = answers.map((_, index) => bestOverlap(rest(index), own));
        const mean = (of: (score: (typeof scores)[number]) => number) =>
          scores.reduce((sum, score) => sum + of(score), 0) / scores.length;
        return { em: mean(({ em }) => em), f1: mean(({ f1 }) => f1) };
      },
    },
  },
};

function filled(row: TaskDocument, entity: string): string {
  return `  - ${textOf(row, 'query')}`.replaceAll('@placeholder', () => entity);
}

/** ReCoRD of SuperGLUE: the likeliest entity for the gap of a query, compared with the right ones as an answer. */
export const record: TaskFunctions = {
  id: 'record',
  tasks: /^record$/,
  functions: {
    'util.doc_to_text': {
      uses: ['doc_to_text'],
      hashes: ['d170cfa03a194a26fb1a927d3e3c4848b6ce83e7382173ade44dd64d0b1c0bb3'],
      gives: 'field',
      field(row) {
        const [text, ...highlights] = strip(textOf(row, 'passage')).split('\n@highlight\n');
        return `${text}\n\n${highlights.map((highlight) => `  - ${highlight}.\n`).join('')}`;
      },
    },
    'util.doc_to_target': {
      uses: ['format_answer', 'doc_to_target'],
      hashes: ['372d4c688167b18df7f14e48ffd90ebb808e0c32a668a8d2cbbc60fa6696eae3'],
      gives: 'field',
      field: (row) => filled(row, textsOf(row, 'answers')[0] ?? ''),
    },
    'util.doc_to_choice': {
      uses: ['format_answer', 'doc_to_choice'],
      hashes: ['dea0e0d98ace4d6224578753418357ccf48531116019d8b3a743752c36c90adf'],
      gives: 'field',
      field: (row) => textsOf(row, 'entities').map((entity) => filled(row, entity)),
    },
    'util.process_docs': {
      uses: ['process_docs'],
      hashes: ['9e8990ec330a84229e2ee4fdc1f4faeef6838acc99479490fd762ae65afeafeb'],
      gives: 'documents',
      documents: (rows) =>
        rows.map((row) => {
          const sorted = (column: string) => [...new Set(textsOf(row, column))].sort(compareCodePoints);
          return { ...row, entities: sorted('entities'), answers: sorted('answers') };
        }),
    },
    'util.process_results': {
      uses: ['process_results'],
      hashes: ['62b41472159cca7796b27ab90c2e05ba19f6a7e3215daa1833e983d4703572cc'],
      gives: 'likelihood-scores',
      metrics: { f1: true, em: true },
      scores(row, likelihoods) {
        const sums = likelihoods.map(({ sum }) => sum);
        const chosen = textsOf(row, 'entities')[sums.indexOf(Math.max(...sums))] ?? '';
        const answers = textsOf(row, 'answers');
        if (answers.length > 0) return bestOverlap(answers, chosen);
        throw new StudioError('invalid_file', `A row's "answers" is empty.`, 'Use a split with answers.');
      },
    },
  },
};
