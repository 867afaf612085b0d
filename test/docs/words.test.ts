import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { commentSentences } from './comment-sentences.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 24 }).split(
  '\0',
);

/** Source files whose comments are checked. Generated and bundled files are not. */
const sources = tracked.filter(
  (file) =>
    /\.(ts|tsx|mjs|cjs|css|cc|h|c)$/.test(file) &&
    !/^test\/golden\/|^test\/native\/third-party\/|-binary\.ts$/.test(file),
);

/** Openings whose subject the reader has to guess. A comment starts with a verb or a noun. */
const guessedSubject =
  /^["“(`]*(What|Of|As|Where|Those|That|Whether|It|They|How|Which|Why|Who|Whose|When|There|Told)\b|^…/;

/** Later sentences may start with a pronoun: the sentence before names its noun. */
const guessedSubjectLater = /^["“(`]*(What|Of|As|Where|Those|That|Whether)\b|^…/;

/** Folders and files with comments that still break the rule. The list may only shrink: an entry without such a comment fails. */
const notYetClean: readonly string[] = [];

const found = sources.flatMap((file) =>
  commentSentences(file, readFileSync(join(root, file), 'utf8'))
    .filter(({ text, isFirst }) => (isFirst ? guessedSubject : guessedSubjectLater).test(text))
    .map(({ line, text }) => ({ file, message: `${file}:${line}: ${text}` })),
);

const isListed = (file: string, entry: string): boolean => file === entry || file.startsWith(`${entry}/`);

test('every comment starts with a verb or a noun', () => {
  expect(sources.length).toBeGreaterThan(2000);
  expect(
    found.filter(({ file }) => !notYetClean.some((entry) => isListed(file, entry))).map(({ message }) => message),
  ).toEqual([]);
});

test('the list of files with other comments only shrinks', () => {
  const clean = notYetClean.filter((entry) => !found.some(({ file }) => isListed(file, entry)));
  expect(clean, 'remove these entries from notYetClean').toEqual([]);
});

test('sentences are found in comments only', () => {
  const texts = (file: string, source: string): string[] => commentSentences(file, source).map(({ text }) => text);
  expect(
    texts(
      'example.tsx',
      [
        'const link = "// What a link"; const pattern = /\\/\\/ Of/; const text = `/* As */`;',
        '/**',
        ' * Returns rows. Where none',
        ' * match: an empty list.',
        ' *',
        ' * @param file - That file.',
        ' */',
        'const page = <p>// Those {/* What is shown. */}</p>;',
        '// One line',
        '// and the next. Then more.',
        'run(); // After code.',
      ].join('\n'),
    ),
  ).toEqual([
    'Returns rows.',
    'Where none match: an empty list.',
    'That file.',
    'What is shown.',
    'One line and the next.',
    'Then more.',
    'After code.',
  ]);
  expect(texts('example.cc', 'auto a = "// What"; // Of a\n// tile.\n/* As. */ long b = 1\'000; // Where.')).toEqual([
    'Of a',
    'tile.',
    'As.',
    'Where.',
  ]);
  expect(texts('example.css', 'a::after { content: "/* What */"; } /* Of a link. */')).toEqual(['Of a link.']);
});

test('American spelling', () => {
  const british = /\b(colour|recognis|initialis|behaviour|neighbour)/i;
  const files = tracked.filter(
    (file) =>
      /^(src-main|src-shared|src-renderer|scripts|docs)\/|^README\.md$/.test(file) &&
      /\.(ts|tsx|mjs|md)$/.test(file) &&
      // Translations have their own languages' spelling: "réinitialiser".
      !/\.generated\.ts$|^docs\/(images|results\/studies)\/|^src-renderer\/strings\/\w+(-\w+)?\/\w|^src-shared\/native-words\//.test(
        file,
      ),
  );
  expect(files.length).toBeGreaterThan(500);
  expect(files.filter((file) => british.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
});
