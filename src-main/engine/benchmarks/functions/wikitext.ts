import { pythonSpace, textOf } from './python-text.ts';
import type { TaskFunctions } from './task-function.ts';

const inside = (open: string, close: string) =>
  new RegExp(`${open}[${pythonSpace}]*([^${close}]*?)[${pythonSpace}]*${close}`, 'g');

/** lm-eval's steps in their order: what to find, and its replacement. */
const steps: readonly (readonly [find: string | RegExp, replacement: string])[] = [
  ["s '", "s'"],
  [/\/' [0-9]\//g, "/'[0-9]/"],
  [' @-@ ', '-'],
  [' @,@ ', ','],
  [' @.@ ', '.'],
  [' : ', ': '],
  [' ; ', '; '],
  [' . ', '. '],
  [' ! ', '! '],
  [' ? ', '? '],
  [' , ', ', '],
  [inside('\\(', '\\)'), '($1)'],
  [inside('\\[', '\\]'), '[$1]'],
  [inside('\\{', '\\}'), '{$1}'],
  [inside('"', '"'), '"$1"'],
  [inside("'", "'"), "'$1'"],
  ['= = = =', '===='],
  ['= = =', '==='],
  ['= =', '=='],
  [' ° ', '°'],
  [' \n', '\n'],
  ['\n ', '\n'],
  [' N ', ' 1 '],
  [" 's", "'s"],
];

/** WikiText: the text without the spaces of its tokens; words and bytes are those of the page as it is. */
export const wikitext: TaskFunctions = {
  id: 'wikitext',
  tasks: /^wikitext/,
  functions: {
    'preprocess_wikitext.wikitext_detokenizer': {
      uses: ['wikitext_detokenizer'],
      hashes: ['94c265214e9ff4dcd874b4e9df61ee98bd67c00783f8d35cbdcc10c6765609f1'],
      gives: 'field',
      field: (row) =>
        steps.reduce((text, [find, replacement]) => text.replaceAll(find, replacement), textOf(row, 'page')),
    },
    'preprocess_wikitext.process_results': {
      uses: ['process_results'],
      hashes: ['e6d0fbb4525ffafcd900593fa0a398ff93200d2726af723a3a46434b85f05d2c'],
      gives: 'counted-text',
      countedText: (row) => textOf(row, 'page'),
    },
  },
};
