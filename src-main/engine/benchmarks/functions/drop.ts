import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { punctuation, withoutArticles } from '../../metrics/squad.ts';
import type { TaskDocument } from '../task-document.ts';
import { floatText, isFloat, splitWords, strip, textOf } from './python-text.ts';
import type { TaskFunctions } from './task-function.ts';

const dateSchema = z.object({ day: z.string(), month: z.string(), year: z.string() });
const number = z.union([z.string(), z.number()]);
const answerSchema = z.object({ number, date: dateSchema, spans: z.array(z.string()) });
const validatedSchema = z.object({
  number: z.array(number),
  date: z.array(dateSchema),
  spans: z.array(z.array(z.string())),
});

/** Texts of an answer: its number, its spans, or its date. */
function textsOfAnswer({ number, date, spans }: z.infer<typeof answerSchema>): string[] {
  if (number !== '') return [String(number)];
  return spans.length > 0 ? spans : [strip([date.day, date.month, date.year].join(' '))];
}

/** Every answer of a row, each once. */
function answersOf(row: TaskDocument): string[][] {
  const first = answerSchema.safeParse(row['answer']);
  const others = validatedSchema.safeParse(row['validated_answers']);
  if (!first.success || !others.success)
    throw new StudioError('invalid_file', `A row's "answer" or "validated_answers" is not DROP's.`);
  const { number, date, spans } = others.data;
  const candidates = number.flatMap((value, index) => {
    const [ownDate, ownSpans] = [date[index], spans[index]];
    return ownDate === undefined || ownSpans === undefined ? [] : [{ number: value, date: ownDate, spans: ownSpans }];
  });
  const answers = [first.data, ...candidates].map(textsOfAnswer);
  return [...new Map(answers.map((answer) => [JSON.stringify(answer), answer])).values()];
}

/** Words as DROP compares them: numbers evened out, others without punctuation and articles. */
function normalized(text: string): string {
  const words = text.split(/ |-/).map((word) => {
    const small = word.toLowerCase();
    const bare = isFloat(small) ? small : small.replaceAll(punctuation, '');
    return splitWords(withoutArticles(isFloat(bare) ? floatText(bare) : bare)).join(' ');
  });
  return words.filter((word) => word !== '').join(' ');
}

type Bag = ReadonlySet<string>;

/** F1 of two sets of words; 0 if the right ones have numbers, none of which is among the others. */
function overlap(right: Bag, own: Bag): number {
  const numbers = [...right].filter(isFloat);
  if (numbers.length > 0 && !numbers.some((word) => own.has(word))) return 0;
  const shared = [...right].filter((word) => own.has(word)).length;
  const precision = own.size === 0 ? 1 : shared / own.size;
  const recall = right.size === 0 ? 1 : shared / right.size;
  return precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
}

/** NumPy's rounding to two digits: halves go to the even digit. */
function roundedToHundredths(value: number): number {
  const scaled = value * 100;
  const below = Math.floor(scaled);
  const rest = scaled - below;
  const isUp = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  return (below + Number(isUp)) / 100;
}

/** Exact match and F1 of a text with the texts of an answer, of which it can be one. */
function scoresOf(answer: readonly string[], text: string): { readonly em: number; readonly f1: number } {
  const own = normalized(text);
  const right = answer.map(normalized);
  const bag = (words: string) => new Set(splitWords(words));
  const best = Math.max(...right.map((words) => overlap(bag(words), bag(own))));
  return { em: Number(right.length === 1 && right[0] === own), f1: roundedToHundredths(best / right.length) };
}

/** DROP: numbers, dates and spans as answers, compared as the official script does. */
export const drop: TaskFunctions = {
  id: 'drop',
  tasks: /^drop$/,
  functions: {
    'utils.process_docs': {
      uses: ['process_docs', 'get_answers', 'parse_answer'],
      hashes: ['872bf845b6a82a7e266d00aacaca8dd6c0f3a3155906b217214bfab2e6d2e745'],
      gives: 'documents',
      documents: (rows) =>
        rows.map((row) => ({
          ...row,
          id: textOf(row, 'query_id'),
          passage: textOf(row, 'passage'),
          question: textOf(row, 'question'),
          answers: answersOf(row),
        })),
    },
    'utils.process_results': {
      uses: [
        ...['_ARTICLES', 'process_results', 'get_metrics', '_answer_to_bags', '_align_bags', '_compute_f1'],
        ...['_match_numbers_if_present', '_is_number', '_remove_articles', '_white_space_fix', '_remove_punc'],
        ...['_fix_number', '_tokenize', '_normalize'],
      ],
      hashes: ['140e5f67683b622902a5afa08f6c18444376b91592f43e485aa4e4605e750f08'],
      gives: 'text-scores',
      metrics: { em: true, f1: true },
      scores(row, text) {
        const answers = z.array(z.array(z.string()).min(1)).parse(row['answers']);
        const scores = answers.filter(([first = '']) => strip(first) !== '').map((answer) => scoresOf(answer, text));
        return {
          em: Math.max(0, ...scores.map(({ em }) => em)),
          f1: Math.max(0, ...scores.map(({ f1 }) => f1)),
        };
      },
    },
  },
};
