// usage: node scripts/make-method-cards.mjs [--check] [--docs FOLDER]
// Writes the declared part of every card in docs/methods (what it is, its paper, its parameters) and their index from the
// methods' own declarations; the prose below it is left alone. --check writes nothing and fails where a card is not current.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { initializations } from '../src-main/engine/adapters/initializations/index.ts';
import { adapterVariants } from '../src-main/engine/adapters/variants/index.ts';
import { mergeMethods } from '../src-main/engine/merge/methods/index.ts';
import { optimizerKinds } from '../src-main/engine/optimizers/index.ts';
import { pruneMethods } from '../src-main/engine/prune/index.ts';
import { routers } from '../src-main/engine/routing/index.ts';
import { perturbationKinds } from '../src-main/engine/training/perturbations/index.ts';
import { curves } from '../src-shared/coto/curves/index.ts';
import { schedules } from '../src-shared/coto/schedules/index.ts';
import { rangeWords, textOfValue } from '../src-shared/domain/parameters/parameter-text.ts';
import { cotoDeclaration, usedSettings } from '../src-shared/domain/runs/coto.ts';
import { metricIds } from '../src-shared/metrics/index.ts';
import { studyKinds } from '../src-shared/studies/index.ts';
import { root } from './bootstrap/paths.mjs';

const { values: options } = parseArgs({ options: { docs: { type: 'string' }, check: { type: 'boolean' } } });
const folder = options.docs === undefined ? join(root, 'docs', 'methods') : resolve(options.docs);
const check = options.check === true;
const [open, close] = [
  "<!-- made from the method's own declaration by scripts/make-method-cards.mjs: edit there -->",
  '<!-- end of the declared part -->',
];

/**
 * @typedef {import('../src-shared/domain/parameters/parameter.ts').Declaration} Declaration
 * @typedef {import('../src-shared/domain/parameters/parameter.ts').ParameterSpec} ParameterSpec
 */

/** @param {readonly { declaration: Declaration }[]} list */
const declarations = (list) => list.map(({ declaration }) => declaration);
/** Each group has a folder and an id space of its own; the schedule's card lies beside the index. */
const groups = [
  { title: 'Adapters', folder: 'adapters', cards: declarations(adapterVariants) },
  { title: 'Initializations of LoRA', folder: 'initializations', cards: declarations(initializations) },
  { title: 'Training schedule', folder: '', cards: [cotoDeclaration] },
  { title: 'Other schedules', folder: 'schedules', cards: controls() },
  { title: 'Optimizers', folder: 'optimizers', cards: declarations(Object.values(optimizerKinds)) },
  { title: 'Weight perturbations', folder: 'perturbations', cards: declarations(Object.values(perturbationKinds)) },
  { title: 'Merging', folder: 'merging', cards: declarations(mergeMethods) },
  { title: 'Pruning', folder: 'pruning', cards: declarations(pruneMethods) },
  { title: 'Routing', folder: 'routing', cards: declarations(routers) },
  { title: 'Studies', folder: 'studies', cards: declarations(studyKinds) },
];
const cards = groups.flatMap((group) =>
  group.cards.map((declaration) => ({ declaration, path: join(group.folder, `${declaration.id}.md`) })),
);
/** @type {string[]} */
const stale = [];

for (const { declaration, path } of cards) {
  const file = join(folder, path);
  const old = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const prose = old.includes(close) ? old.slice(old.indexOf(close) + close.length) : '\n';
  if (prose.trim() === '') stale.push(`${path} has no prose below its declared part`);
  keep(file, old, `# ${declaration.label}\n\n${open}\n${declared(declaration)}${close}${prose}`);
}
const index = join(folder, 'README.md');
keep(index, existsSync(index) ? readFileSync(index, 'utf8') : '', indexText());
const known = new Set(['README.md', 'support.md', ...cards.map(({ path }) => path)]);
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
  if (name.endsWith('.md') && !known.has(name)) stale.push(`${name} is the card of no method`);

if (stale.length > 0) {
  for (const line of stale) console.error(`docs/methods: ${line}.`);
  process.exit(1);
}

/**
 * @param {string} file
 * @param {string} old
 * @param {string} now
 */
function keep(file, old, now) {
  if (old === now) return;
  if (check) stale.push(`${file} is not current; run node_modules/.bin/node scripts/make-method-cards.mjs`);
  else writeFileSync(file, now);
}

/** Schedules other than CoTo, each with the settings of CoTo that it uses with some curve. */
function controls() {
  const ids = /** @type {(keyof typeof schedules)[]} */ (Object.keys(schedules));
  return ids
    .filter((id) => id !== 'coto')
    .map((schedule) => {
      const allCurves = /** @type {(keyof typeof curves)[]} */ (Object.keys(curves));
      const used = new Set(allCurves.flatMap((curve) => [...usedSettings({ schedule, curve })]));
      const parameters = cotoDeclaration.parameters.filter(({ name }) =>
        [...used].some((setting) => name === `coto.${setting}`),
      );
      return { ...schedules[schedule].declaration, parameters };
    });
}

/** @param {Declaration} declaration */
function declared({ summary, paper, parameters }) {
  const parts = [summary];
  if (paper) parts.push(`Paper: [${paper.title}](${paper.url})`);
  if (parameters.length > 0)
    parts.push(
      [
        '| Parameter | Default | Values | What it does |',
        '| --- | --- | --- | --- |',
        ...parameters.map(
          (spec) =>
            `| \`${spec.name}\` | ${textOfValue(spec.default).replaceAll('\n', '; ') || spec.empty || 'none'} | ${values(spec)} | ${cell(spec.help)} |`,
        ),
      ].join('\n'),
    );
  return `${parts.join('\n\n')}\n`;
}

/** @param {ParameterSpec} spec */
function values(spec) {
  if (spec.choices && spec.type === 'choice') return spec.choices.map(({ value }) => `\`${value}\``).join(', ');
  // Studies that compare by fewer list these in the help.
  if (spec.names === 'metric' && !spec.help.includes(metricIds[0] ?? ''))
    return metricIds.map((id) => `\`${id}\``).join(', ');
  if (spec.type === 'boolean') return '`true`, `false`';
  return `${rangeWords(spec)}${spec.unit ? ` (${spec.unit})` : ''}`;
}

/** @param {string} text */
function cell(text) {
  return text.replaceAll('|', '\\|');
}

function indexText() {
  const lines = [
    '# Method cards',
    '',
    open,
    'One short card for everything that the studio trains, merges, prunes, routes and measures by: the formula as it is computed here, when to use it, and its limits. [What composes with what](support.md) has the variants by tasks, merges, prunings and formats.',
    '',
  ];
  for (const { title, folder: group, cards: entries } of groups) {
    const links = entries.map(
      ({ id, label, summary }) => `- [${label}](${group ? `${group}/` : ''}${id}.md): ${summary}`,
    );
    lines.push(`## ${title}`, '', ...links, '');
  }
  return `${lines.join('\n')}${close}\n`;
}
