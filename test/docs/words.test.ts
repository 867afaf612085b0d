import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Words that the app, its messages and its documents no longer use, each with the one to use instead. */
const retired: readonly (readonly [RegExp, string])[] = [
  [/\bdata sets?\b/i, 'dataset'],
  [/\bpictures?\b/i, 'image'],
  [/\banew\b/i, 'again'],
  [/λ study|lambda study/i, 'interpolation'],
  [/\bstands (on|in|beside|at)\b/i, 'is on, is in'],
  [/\b(comes|came|come) to\b/i, 'result, total'],
  [/\bhand(s|ed)? on\b/i, 'save, pass'],
  [/\bholds (no|text|texts|images|tensors)\b/i, 'has, contains'],
  [/\blaid over\b/i, 'compared'],
  [/within reach\?/i, 'Check your connection.'],
  [/what they came to|>What it costs</i, 'Results, Estimate'],
  [/at its default\b/i, 'All defaults'],
  [/made from the settings/i, 'Auto-generated'],
  [/tick several/i, 'select two or more'],
  [/\bhas this word\b|nothing has that name/i, 'No matches'],
  [/take from the (queue|bench)/i, 'Remove from queue'],
  [/take (out of|from) the archive/i, 'Unarchive'],
  [/take the star/i, 'Unstar'],
  [/put (it )?(on|onto) (the )?(merge )?bench/i, 'Add to merge'],
  [/as the system\b/i, 'System'],
  [/how is it read|change how it is read/i, 'Import, Edit import'],
  [/guess again|\bas you chose\b/i, 'Auto-detect, Custom'],
  [/learned by heart/i, 'leakage'],
  [/the studio forgets/i, 'Removed from the list; files on disk are untouched'],
  [/that did not work/i, 'Something went wrong'],
  [/is not there any ?more/i, 'no longer exists'],
  [/\bwhat came out\b/i, 'Summary'],
  [/one value a side/i, 'Single value per method'],
  [/pictures come later/i, 'the feature'],
  [/words of the rail/i, 'Expand sidebar'],
  [/\b(is|was) cut (short|off)\b/i, 'is truncated'],
  [/finished last|needs a look/i, 'Recent runs, Needs attention'],
  [/\b(colour|recognis|initialis|behaviour|neighbour)/i, 'American spelling'],
];

/** Where people read it: messages and comments of the sources, and documents. The changelog names what words replaced. */
const sources = execFileSync(
  'git',
  ['ls-files', '-z', 'src-main', 'src-shared', 'src-renderer', 'scripts', 'docs', 'README.md'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter(
    (file) => /\.(ts|tsx|mjs|md)$/.test(file) && !/\.generated\.ts$|^docs\/(images|results\/studies)\//.test(file),
  );

test('retired words do not come back', () => {
  const found = sources.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, at) =>
        retired
          .filter(([word]) => word.test(line))
          .map(([word, instead]) => `${file}:${at + 1} has ${word.exec(line)?.[0]}: use ${instead}`),
      ),
  );
  expect(sources.length).toBeGreaterThan(500);
  expect(found).toEqual([]);
});
