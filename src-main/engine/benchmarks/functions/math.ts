import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { TaskDocument } from '../task-document.ts';
import { textOf } from './python-text.ts';
import type { TaskFunctions } from './task-function.ts';

/** The last \boxed or \fbox of a solution with its braces; null if there is none that is closed. */
function lastBoxed(text: string): string | null {
  const loose = text.split('\\boxed ');
  if (loose.length > 1) return `\\boxed ${loose.at(-1)?.split('$')[0]}`;
  const boxed = text.lastIndexOf('\\boxed');
  const start = boxed < 0 ? text.lastIndexOf('\\fbox') : boxed;
  if (start < 0) return null;
  let open = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '{') open++;
    if (text[at] === '}' && --open === 0) return text.slice(start, at + 1);
  }
  return null;
}

/** @throws StudioError invalid_file for a solution without a boxed answer */
function answerOf(row: TaskDocument): string {
  const boxed = lastBoxed(textOf(row, 'solution')) ?? '';
  if (boxed.startsWith('\\boxed ')) return boxed.slice('\\boxed '.length);
  if (boxed.startsWith('\\boxed{')) return boxed.slice('\\boxed{'.length, -1);
  throw new StudioError('invalid_file', `A row's "solution" has no answer in \\boxed{}.`, 'Leave the row out.');
}

/** Thrown where lm-eval's function ends with an error, so that texts are compared as they are. */
class NotNormalized extends Error {}

function withBracedFractions(text: string): string {
  const [before = '', ...parts] = text.split('\\frac');
  let written = before;
  for (const part of parts) {
    const [one, two, ...rest] = part;
    if (one === undefined) throw new NotNormalized();
    if (one === '{') written += `\\frac${part}`;
    else if (two === undefined) return text;
    else written += `\\frac{${one}}${two === '{' ? two : `{${two}}`}${rest.join('')}`;
  }
  return written;
}

function withFraction(text: string): string {
  const parts = text.split('/');
  if (parts.length !== 2) return text;
  if (!parts.every((part) => /^\s*[+-]?\p{Nd}+(?:_\p{Nd}+)*\s*$/u.test(part))) throw new NotNormalized();
  const isPlain = parts.every((part) => /^(?:0|-?[1-9]\d*)$/.test(part));
  return isPlain ? `\\frac{${parts[0]}}{${parts[1]}}` : text;
}

function withBracedRoots(text: string): string {
  const [before = '', ...parts] = text.split('\\sqrt');
  const roots = parts.map((part) => {
    const [first, ...rest] = part;
    if (first === undefined) throw new NotNormalized();
    return first === '{' ? `\\sqrt${part}` : `\\sqrt{${first}}${rest.join('')}`;
  });
  return before + roots.join('');
}

function withoutUnits(text: string): string {
  const parts = text.split('\\text{ ');
  if (parts.length > 2) throw new NotNormalized();
  return parts[0] ?? '';
}

/** Writings of a number or a formula that count as the same, evened out as the MATH benchmark does. */
function normalized(text: string): string {
  let even = text
    .replaceAll('\n', '')
    .replaceAll('\\!', '')
    .replaceAll('\\\\', '\\')
    .replaceAll('tfrac', 'frac')
    .replaceAll('dfrac', 'frac')
    .replaceAll('\\left', '')
    .replaceAll('\\right', '')
    .replaceAll('^{\\circ}', '')
    .replaceAll('^\\circ', '')
    .replaceAll('\\$', '');
  even = withoutUnits(even).replaceAll('\\%', '').replaceAll(' .', ' 0.').replaceAll('{.', '{0.');
  if (even === '') return even;
  if (even.startsWith('.')) even = `0${even}`;
  const sides = even.split('=');
  if (sides.length === 2 && [...(sides[0] ?? '')].length <= 2) even = sides[1] ?? '';
  even = withBracedFractions(withBracedRoots(even).replaceAll(' ', ''));
  return withFraction(even === '0.5' ? '\\frac{1}{2}' : even);
}

function isEquivalent(one: string, other: string): boolean {
  try {
    return normalized(one) === normalized(other);
  } catch (thrown) {
    if (thrown instanceof NotNormalized) return one === other;
    throw thrown;
  }
}

/** MATH: the text between the first and the last dollar sign, compared with the boxed answer of the solution. */
export const math: TaskFunctions = {
  id: 'hendrycks-math',
  tasks: /^hendrycks_math/,
  functions: {
    'utils.process_docs': {
      uses: ['process_docs', 'remove_boxed', 'last_boxed_only_string'],
      hashes: ['36e7c3e437188fed0c672fc98d7edcff617c7c80d57559e5a336c43384b42214'],
      gives: 'documents',
      documents: (rows) => rows.map((row) => ({ ...row, answer: answerOf(row) })),
    },
    'utils.process_results': {
      uses: [
        ...['process_results', 'is_equiv', 'remove_boxed', 'last_boxed_only_string', 'fix_fracs', 'fix_a_slash_b'],
        ...['remove_right_units', 'fix_sqrt', 'strip_string'],
      ],
      hashes: ['dc752ca06c43a0df18fa893844047f7a5782ad776891ba4bedbbb6e5724688e6'],
      gives: 'text-scores',
      metrics: { exact_match: true },
      scores(row, text) {
        const [first, last] = [text.indexOf('$'), text.lastIndexOf('$')];
        const answer = first === last ? text : text.slice(first + 1, last);
        return { exact_match: Number(isEquivalent(answer, answerOf(row))) };
      },
    },
  },
};
