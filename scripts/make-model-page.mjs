// usage: node scripts/make-model-page.mjs [--check]
// Writes the part of docs/guide/models.md that lists the supported families, by their declarations. --check writes nothing and
// fails where the page is not current.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ggufArchitectures } from '../src-main/engine/formats/gguf/architectures/index.ts';
import { modelFamilies } from '../src-main/engine/models/families.ts';
import {
  describeModel,
  familyOf,
  readConfig,
  readMethods,
} from '../src-main/engine/models/huggingface/model-folder.ts';
import { quantizations } from '../src-shared/domain/models/quantization.ts';
import { root } from './bootstrap/paths.mjs';

/** @typedef {import('../src-main/engine/models/family.ts').ModelFamily} ModelFamily */

const check = parseArgs({ options: { check: { type: 'boolean' } } }).values.check === true;
const file = join(root, 'docs', 'guide', 'models.md');
const [start, end] = [
  '<!-- supported families: made from their declarations by scripts/make-model-page.mjs -->',
  '<!-- end of the supported families -->',
];

/** Tasks of the models of each kind. @type {Record<string, string>} */
const tasksOf = {
  'image-classification': 'image classification',
  'causal-lm': 'text generation, preferences, classification, rewards, embeddings',
  'seq2seq-lm': 'text to text',
  embedding: 'text classification, entities, answers, rewards, embeddings',
  'text-classification': 'text classification, entities, answers, rewards, embeddings',
};

/** Tasks by model_type, tried on the small models of the tests. */
const tasks = new Map();
const golden = join(root, 'test', 'golden');
for (const name of readdirSync(golden)) {
  const folder = join(golden, name, 'base');
  if (!existsSync(join(folder, 'config.json'))) continue;
  const { modelType } = familyOf(await readConfig(folder));
  const { kind, image, text } = await describeModel(folder);
  // A model_type of decoders may have encoders too (EmbeddingGemma); the tasks of decoders are more.
  if (tasks.has(modelType) && kind !== 'causal-lm') continue;
  tasks.set(modelType, image && text ? 'image classification by texts of the classes' : tasksOf[kind]);
}

const page = readFileSync(file, 'utf8');
const [before, rest] = page.split(start);
const [, after] = (rest ?? '').split(end);
if (before === undefined || after === undefined) throw new Error(`docs/guide/models.md lacks ${start} or ${end}`);
const text = `${before}${start}\n\n${familySection()}\n\n${end}${after}`;
if (check && text !== page) {
  console.error('docs/guide/models.md is not current; run node scripts/make-model-page.mjs');
  process.exitCode = 1;
}
if (!check) writeFileSync(file, text);

function familySection() {
  /** @type {Map<string, ModelFamily[]>} */
  const byTasks = new Map();
  for (const family of [...modelFamilies].sort((one, other) =>
    one.declaration.label.localeCompare(other.declaration.label),
  )) {
    // XLM-R's config and checkpoints are RoBERTa's, so the tests have no small model of it.
    const own = tasks.get(family.modelType) ?? tasksOf['text-classification'];
    byTasks.set(own, [...(byTasks.get(own) ?? []), family]);
  }
  const groups = [...byTasks].sort(([, one], [, other]) => other.length - one.length);
  const methods = readMethods.map((method) => `\`${method}\``).join(', ');
  return [
    `The studio trains on ${modelFamilies.length} families. A model belongs to the family that \`model_type\` of its config.json names.`,
    '',
    'GGUF: the `general.architecture` of files that can be a base. A dash, or no such column, means that only Hugging Face folders of the family load.',
    ...groups.flatMap(([names, families]) => ['', `**Tasks: ${names}**`, '', ...familyTable(families)]),
    '',
    `- **Quantized weights** load with \`quant_method\` ${methods}; other methods (GPTQ, AWQ, FP8) are rejected by config.json, before a download. *Quantize…* writes ${quantizations.map(({ label }) => label).join(', ')}.`,
    '- **Not supported**: pickled weights (`pytorch_model.bin`), models with code of their own (`trust_remote_code`), and config options that the studio does not compute and that change outputs. Each is rejected with a sentence that names the file and the key.',
    '- **Other families** are rejected with the nearest supported ones.',
  ].join('\n');
}

/**
 * Rows of one table. The column of GGUF files is left out if no family has them.
 * @param {readonly ModelFamily[]} families
 */
function familyTable(families) {
  const rows = families.map(familyCells);
  const hasGguf = rows.some(({ gguf }) => gguf !== '—');
  const line = (/** @type {string[]} */ cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const header = ['family', '`model_type`', 'common checkpoints', ...(hasGguf ? ['GGUF'] : []), 'about'];
  return [
    line(header),
    line(header.map(() => '---')),
    ...rows.map(({ family, types, checkpoints, gguf, about }) =>
      line([family, types, checkpoints, ...(hasGguf ? [gguf] : []), about]),
    ),
  ];
}

/** @param {ModelFamily} family */
function familyCells({ declaration, modelType, alsoModelTypes = [] }) {
  const { label, summary, paper, checkpoints = [] } = declaration;
  const types = [modelType, ...alsoModelTypes];
  const gguf = ggufArchitectures.filter(({ modelTypes }) => modelTypes.some((type) => types.includes(type)));
  const code = (/** @type {readonly string[]} */ names) => names.map((name) => `\`${name}\``).join(', ') || '—';
  return {
    family: paper ? `[${label}](${paper.url})` : label,
    types: code(types),
    checkpoints: code(checkpoints),
    gguf: code(gguf.map(({ id }) => id)),
    about: summary,
  };
}
