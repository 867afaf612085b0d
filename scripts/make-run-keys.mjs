// usage: node scripts/make-run-keys.mjs [--check]
// Writes docs/guide/run-keys.md: every key of a run's YAML, from the declarations that the form, the command and the check of a run
// are made of. --check writes nothing and fails where the page is not current.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { adapterVariants } from '../src-main/engine/adapters/variants/index.ts';
import { adapterParameters } from '../src-shared/domain/adapters/adapter.ts';
import { rangeWords, textOfValue } from '../src-shared/domain/parameters/parameter-text.ts';
import { cotoDeclaration } from '../src-shared/domain/runs/coto.ts';
import { runParameters } from '../src-shared/domain/runs/run.ts';
import { root } from './bootstrap/paths.mjs';

const check = parseArgs({ options: { check: { type: 'boolean' } } }).values.check === true;
const file = join(root, 'docs', 'guide', 'run-keys.md');
const text = page();
if (check && (!existsSync(file) || readFileSync(file, 'utf8') !== text)) {
  console.error('docs/guide/run-keys.md is not current; run node scripts/make-run-keys.mjs');
  process.exitCode = 1;
}
if (!check) writeFileSync(file, text);

function page() {
  const variants = adapterVariants.map(({ declaration: { id, label, parameters } }) =>
    [
      `### ${label}: \`variant: ${id}\``,
      '',
      table(parameters.map((spec) => ({ ...spec, name: `adapter.${spec.name}` }))),
    ].join('\n'),
  );
  return `${[
    "# Keys of a run's YAML",
    '',
    '<!-- made by scripts/make-run-keys.mjs from the declarations of the form: edit there -->',
    '',
    'A key with a dot is nested: `adapter.r` is `adapter: {r: …}`. Missing keys have their default. `coto train --help run`, `adapter` and `coto` print them, and `coto train --help` the ids of the variants.',
    '',
    "Equivalent keys of PEFT, Transformers and TRL are accepted too: LoraConfig's keys (`r`, `lora_alpha`, `target_modules`, …) beside the run's own or below `adapter`; `use_dora` and `use_rslora` for the variants; `peft_type`; `init_lora_weights: true` and PEFT's other names of initializations; `model_name_or_path`, `dataset_name`, `max_seq_length`, `assistant_only_loss`, `optim: adamw_torch`, `warmup_ratio`, `bf16: true`. Keys without an equivalent are rejected by name.",
    '',
    '## The run',
    '',
    '`model` and `dataset` are the id, the name or the path of each.',
    '',
    table(runParameters()),
    '',
    '## The adapter',
    '',
    'The same for every variant:',
    '',
    table(adapterParameters()),
    '',
    variants.join('\n\n'),
    '',
    '## The CoTo schedule',
    '',
    'Below `coto`. `coto: null`, or no such key, trains without it; `coto: {}` with the defaults.',
    '',
    table(cotoDeclaration.parameters),
  ].join('\n')}\n`;
}

/** @param {readonly import('../src-shared/domain/parameters/parameter.ts').ParameterSpec[]} specs */
function table(specs) {
  const rows = specs.map((spec) => {
    const { default: given } = spec;
    // A line break at the end of a text is part of it.
    const standard = typeof given === 'string' ? given.replaceAll('\n', '\\n') : textOfValue(given).trim();
    const unit = spec.unit === undefined ? '' : `, ${spec.unit}`;
    const value = standard === '' ? (spec.empty ?? 'none') : `\`${standard}\``;
    return `| \`${spec.name}\` | ${cell(rangeWords(spec) + unit)} | ${cell(value)} | ${cell(spec.help)} |`;
  });
  return ['| key | takes | default | what it does |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** @param {string} words */
function cell(words) {
  return words.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}
