import { z } from 'zod';
import type { TaskDocument } from '../task-document.ts';
import { literalOf, textOf } from './python-text.ts';
import type { TaskFunctions } from './task-function.ts';

const letters = ['A', 'B', 'C', 'D'] as const;
const problemsSchema = z
  .array(z.object({ question: z.string(), answer: z.enum(letters), options: z.array(z.string()).min(4) }))
  .min(1);
type Problem = z.infer<typeof problemsSchema>[number];

/** The questions on an article, the last of which is asked. */
function problemsOf(row: TaskDocument): { readonly before: Problem[]; readonly last: Problem } {
  const problems = literalOf(row, 'problems', problemsSchema, 'a list of questions with four options');
  const [last, ...before] = problems.toReversed();
  if (last === undefined) throw new Error('an empty list was read');
  return { before: before.toReversed(), last };
}

function answerOf({ answer, options }: Problem): string {
  return options[letters.indexOf(answer)] ?? '';
}

/** A question with its answer, or with the answer in the question's blank. */
function answered(problem: Problem): string {
  return problem.question.endsWith('  _  .')
    ? `${problem.question.slice(0, -5)}${answerOf(problem)}\n`
    : `Question: ${problem.question}\nAnswer: ${answerOf(problem)}\n`;
}

/** RACE: an article, its questions with their answers, and the last question. */
export const race: TaskFunctions = {
  id: 'race',
  tasks: /^race$/,
  functions: {
    'preprocess_race.doc_to_text': {
      uses: ['process_ast', 'last_problem', 'get_answer_option', 'doc_to_text'],
      hashes: ['9258405ab01cbef3bedb92d6785e5ff021cb516e757cb1e15fd094e5f56dc3d4'],
      gives: 'field',
      field(row) {
        const { before, last } = problemsOf(row);
        return `Article: ${textOf(row, 'article')}\n\n${before.map(answered).join('')}${last.question}`;
      },
    },
    'preprocess_race.doc_to_target': {
      uses: ['process_ast', 'last_problem', 'doc_to_target'],
      hashes: ['6703ef6c2bbdfdbdbbb496fdf3c8e1188870ee1eaa8c734bf746240f4fc92e21'],
      gives: 'field',
      field: (row) => letters.indexOf(problemsOf(row).last.answer),
    },
    'preprocess_race.doc_to_choice': {
      uses: ['process_ast', 'last_problem', 'doc_to_choice'],
      hashes: ['154645f6e8620f125bfa353879ae502485cc3dc6d13c4b21070aa06f82ae72e7'],
      gives: 'field',
      field: (row) => problemsOf(row).last.options.slice(0, 4),
    },
  },
};

const optionsSchema = z.array(z.string()).min(1);
const options = (row: TaskDocument) => literalOf(row, 'choices', optionsSchema, 'a list of texts');

/** MuSR of the Open LLM Leaderboard: a story, a question and numbered options. */
export const musr: TaskFunctions = {
  id: 'leaderboard-musr',
  tasks: /^leaderboard_musr/,
  functions: {
    'utils.doc_to_choice': {
      uses: ['doc_to_choice'],
      hashes: ['70b7eb2779b643fd870fb78d4bf1d1e64d87900640b0552e36bcc879cc675cd7'],
      gives: 'field',
      field: options,
    },
    'utils.doc_to_text': {
      uses: ['DOC_TO_TEXT', 'doc_to_text'],
      hashes: ['3db8947822034d1fb612b4ef52166bc679139a0672e86ebdf2e0a2803c55455c'],
      gives: 'field',
      field(row) {
        const numbered = options(row).map((option, index) => `${index + 1} - ${option}\n`);
        return `${textOf(row, 'narrative')}\n\n${textOf(row, 'question')}\n\n${numbered.join('')}\nAnswer:`;
      },
    },
  },
};
