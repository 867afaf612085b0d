import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type BadFile, fifo, llamaText, modelFolder } from './bad-file.ts';

const mebibyte = 2 ** 20;

/** A model with another chat template. */
const template = (name: string, text: string, says: RegExp, isHeavy?: true): BadFile => ({
  name: `chat template: ${name}`,
  kind: 'tokenizer',
  make: (folder) => modelFolder(folder, { 'chat_template.jinja': text }),
  says,
  ...(isHeavy === undefined ? {} : { isHeavy }),
});

/** A model with another tokenizer.json, changed from its own. */
const tokenizer = (name: string, change: (own: Record<string, unknown>) => object, says: RegExp): BadFile => ({
  name: `tokenizer: ${name}`,
  kind: 'tokenizer',
  make: (folder) =>
    modelFolder(folder, { 'tokenizer.json': JSON.stringify(change(JSON.parse(llamaText('tokenizer.json')))) }),
  says,
  isHeavy: true,
});

const token = (id: number, content: string) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: false,
});
const replaced = (pattern: object) => ({ type: 'Replace', pattern, content: 'x'.repeat(10) });
const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });

/** Sorts long texts that differ in their last letter only. */
const sorting = `{% set long = 'x' * 200000 %}{% set ns = namespace(all=[]) %}{% for i in range(3000) %}{% set ns.all = ns.all + [long + (i|string)] %}{% endfor %}{% for i in range(3000) %}{{ ns.all|sort|length }}{% endfor %}`;
const sortingLists = `{% for i in range(99999) %}{{ (range(3000)|list|sort(reverse=true))[0] }}{% endfor %}`;
const doubling = `{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}`;

export const badTokenizers: readonly BadFile[] = [
  template('60 000 spaces', `${' '.repeat(60_000)}x`, /has more than 1000 spaces in a row/),
  template('a million spaces', `${' '.repeat(mebibyte - 1)}x`, /has more than 1000 spaces in a row/),
  template(
    'loops without end',
    '{% for a in range(99999) %}{% for b in range(999) %}{% endfor %}{% endfor %}',
    /stopped/,
    true,
  ),
  template('sorts long texts', sorting, /stopped|template/, true),
  template('sorts lists', sortingLists, /stopped|template/, true),
  template('doubles a text sixty times', doubling, /stopped|template/, true),
  template('100 000 nested tags', '{% if true %}'.repeat(70_000), /template/, true),
  {
    name: 'tokenizer: a FIFO',
    kind: 'tokenizer',
    make(folder) {
      const made = modelFolder(folder);
      rmSync(join(made, 'tokenizer.json'));
      fifo(join(made, 'tokenizer.json'));
      return made;
    },
    says: /tokenizer\.json is not a regular file/,
  },
  {
    name: 'tokenizer → /dev/zero',
    kind: 'tokenizer',
    make(folder) {
      const made = modelFolder(folder);
      rmSync(join(made, 'tokenizer.json'));
      symlinkSync('/dev/zero', join(made, 'tokenizer.json'));
      return made;
    },
    says: /outside its folder/,
  },
  {
    name: 'tokenizer: cut off',
    kind: 'tokenizer',
    make: (folder) => modelFolder(folder, { 'tokenizer.json': llamaText('tokenizer.json').slice(0, 99_999) }),
    says: /tokenizer\.json/,
  },
  {
    name: 'tokenizer: 20 MB of brackets',
    kind: 'tokenizer',
    make: (folder) => modelFolder(folder, { 'tokenizer.json': '['.repeat(20 * mebibyte) }),
    says: /tokenizer\.json/,
    isHeavy: true,
  },
  tokenizer('Split by ((a+)+)+!', (own) => ({ ...own, pre_tokenizer: split('((a+)+)+!') }), /stopped/),
  tokenizer('Split by a hundred of a*', (own) => ({ ...own, pre_tokenizer: split(`${'a*'.repeat(100)}!`) }), /stopped/),
  tokenizer(
    'nine times Replace . by ten letters',
    (own) => ({
      ...own,
      normalizer: { type: 'Sequence', normalizers: Array.from({ length: 9 }, () => replaced({ Regex: '.' })) },
    }),
    /tokenizer\.json/,
  ),
  tokenizer(
    'an added token of 4 MB',
    (own) => ({ ...own, added_tokens: [token(0, 'y'.repeat(4 * mebibyte))] }),
    /token/,
  ),
  tokenizer(
    'an added token of 10 MB',
    (own) => ({ ...own, added_tokens: [token(0, 'y'.repeat(10 * mebibyte))] }),
    /token/,
  ),
  tokenizer(
    '250 000 added tokens',
    (own) => ({ ...own, added_tokens: Array.from({ length: 250_000 }, (_, id) => token(id, `<token ${id}>`)) }),
    /accepted|token/,
  ),
  tokenizer(
    '10 000 stages of a sequence',
    (own) => ({
      ...own,
      normalizer: { type: 'Sequence', normalizers: Array.from({ length: 10_000 }, () => ({ type: 'NFC' })) },
    }),
    /tokenizer\.json/,
  ),
  tokenizer(
    'two million tokens',
    (own) => ({
      ...own,
      model: {
        type: 'BPE',
        merges: [],
        vocab: Object.fromEntries(Array.from({ length: 2_000_000 }, (_, id) => [`t${id}`, id])),
      },
    }),
    /accepted|token|stopped/,
  ),
];
