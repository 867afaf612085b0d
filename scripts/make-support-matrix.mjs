// usage: node scripts/make-support-matrix.mjs [--check]
// Writes docs/methods/support.md: what composes with what. Every cell is tried on a small adapter of the variant, by the checks
// that the app itself makes. --check writes nothing and fails where the page is not current.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { initializations } from '../src-main/engine/adapters/initializations/index.ts';
import { adapterVariants } from '../src-main/engine/adapters/variants/index.ts';
import { checkSchedule } from '../src-main/engine/coto/schedule-rows.ts';
import { adapterFormats } from '../src-main/engine/formats/adapters/index.ts';
import { preflightLines } from '../src-main/engine/merge/checks/preflight.ts';
import { mergeMethods } from '../src-main/engine/merge/methods/index.ts';
import { pruneMethods } from '../src-main/engine/prune/index.ts';
import { checkRouting } from '../src-main/engine/routing/checks.ts';
import { routers } from '../src-main/engine/routing/index.ts';
import { taskTypes } from '../src-main/engine/tasks/index.ts';
import { StudioError } from '../src-shared/contract/errors.ts';
import { schedules } from '../src-shared/coto/schedules/index.ts';
import { switchesGroups } from '../src-shared/coto/schedules/schedule.ts';
import { adapterConfigSchema } from '../src-shared/domain/adapters/adapter.ts';
import { plainLinear } from '../src-shared/domain/models/model.ts';
import { checkedParameters } from '../src-shared/domain/parameters/parameter-check.ts';
import { cotoSettingsSchema } from '../src-shared/domain/runs/coto.ts';
import { RandomStream } from '../src-shared/random.ts';
import { root } from './bootstrap/paths.mjs';

/**
 * @typedef {import('../src-main/engine/adapters/variant/variant.ts').AdapterVariant} AdapterVariant
 * @typedef {import('../src-main/engine/adapters/variant/state.ts').AdapterState} AdapterState
 * @typedef {import('../src-main/engine/tensors/host-tensor.ts').HostTensor} HostTensor
 */

const check = parseArgs({ options: { check: { type: 'boolean' } } }).values.check === true;
const file = join(root, 'docs', 'methods', 'support.md');
const features = 256;
const linears = [0, 1, 2].flatMap((layer) =>
  ['q_proj'].map((name) => ({
    name: `model.layers.${layer}.self_attn.${name}`,
    aliases: [],
    checkpointKey: `model.layers.${layer}.self_attn.${name}`,
    layer,
    inFeatures: features,
    outFeatures: features,
    hasBias: false,
    isHead: false,
    ...plainLinear,
  })),
);
/** @type {import('../src-shared/domain/models/model.ts').ModelDescription} */
const description = {
  family: 'llama',
  architecture: 'LlamaForCausalLM',
  kind: 'causal-lm',
  parameterCount: 0,
  sizeBytes: 0,
  dtype: 'F32',
  layerCount: 3,
  hiddenSize: features,
  labels: [],
  image: null,
  text: null,
  linears,
  fingerprint: '',
};

/** @type {{ variant: AdapterVariant, state: AdapterState }[]} */
const small = [];
for (const variant of adapterVariants) small.push({ variant, state: await smallAdapter(variant) });
/** Names that reasons have in common, the longest first: a reason then counts for all variants and methods. */
const names = new Map([
  ...adapterVariants.map(({ declaration }) => /** @type {const} */ ([declaration.label, 'the variant'])),
  ...pruneMethods.map(({ declaration }) => /** @type {const} */ ([declaration.label, 'The method'])),
]);
const labels = [...names.keys()].sort((one, other) => other.length - one.length);
/** Reasons, each with a number that cells refer to. @type {string[]} */
const reasons = [];

const text = await page();
if (check && (!existsSync(file) || readFileSync(file, 'utf8') !== text)) {
  console.error('docs/methods/support.md is not current; run node scripts/make-support-matrix.mjs');
  process.exit(1);
}
if (!check) writeFileSync(file, text);

async function page() {
  const merging = mergeMethods.filter(({ makes }) => makes === 'adapter');
  const outputs = mergeMethods.filter(({ makes }) => makes === 'outputs');
  const pruning = [];
  for (const { variant, state } of small) {
    const cells = [];
    for (const method of pruneMethods) cells.push(await tried(() => prune(method, state)));
    pruning.push([linkOf('adapters', variant.declaration), ...cells]);
  }
  const parts = [
    '# What composes with what',
    '<!-- made by scripts/make-support-matrix.mjs, which tries every cell on a small adapter: edit there -->',
    `Every variant trains on every task (${taskTypes.map(({ declaration }) => declaration.label.toLowerCase()).join(', ')}), on every model family, with CoTo, and can be evaluated, kept in a PEFT folder and merged into its base. A ✓ works; a number is the reason, below, why not.`,
    '## Training',
    table(
      ['Variant', 'Embeddings', 'Start', 'Schedules over ranks', 'Progressive dropout', 'Python script'],
      small.map(({ variant, state }) => [
        linkOf('adapters', variant.declaration),
        variant.embedding ? '✓' : '–',
        variant.residual ? 'any below' : 'its own',
        schedule(variant, state, 'random-ranks'),
        schedule(variant, state, 'progressive-dropout'),
        script(variant),
      ]),
    ),
    `Starts of LoRA's factors (\`init_lora_weights\`): ${initializations.map(({ declaration }) => linkOf('initializations', declaration)).join(', ')}. Schedules over layers (${Object.values(
      schedules,
    )
      .filter(({ unit }) => switchesGroups(unit))
      .map(({ declaration }) => declaration.id)
      .join(', ')}) switch any variant.`,
    '## Merging',
    `By factors or ΔW: ${merging.map(({ declaration }) => linkOf('merging', declaration)).join(', ')}. By outputs: ${outputs.map(({ declaration }) => linkOf('merging', declaration)).join(', ')}, which takes any variant.`,
    table(
      ['Variant', 'Merges by factors or ΔW', 'Merges by outputs'],
      small.map(({ variant, state }) => [
        linkOf('adapters', variant.declaration),
        share(merging, (method) => merge(method, state)),
        share(outputs, (method) => merge(method, state)),
      ]),
    ),
    'Any variant becomes plain LoRA by `coto export --to lora`, with the error that this costs, and merges then.',
    table(
      ['Merge method', 'Equal ranks', 'Equal targets', 'Negative weights', 'Adapters', 'Examples'],
      mergeMethods.map(({ declaration, needs }) => [
        linkOf('merging', declaration),
        needs.equalRanks ? 'needed' : 'no',
        needs.equalTargets ? 'needed' : 'no',
        needs.negativeWeights ? '✓' : '–',
        countWords(needs.adapters),
        needs.data ?? '–',
      ]),
    ),
    '## Pruning',
    table(['Variant', ...pruneMethods.map(({ declaration }) => linkOf('pruning', declaration))], pruning),
    '## Routing',
    table(
      ['Variant', ...routers.map(({ declaration }) => linkOf('routing', declaration))],
      await Promise.all(
        small.map(async ({ variant, state }) => [
          linkOf('adapters', variant.declaration),
          ...(await Promise.all(routers.map((router) => tried(async () => route(router, state))))),
        ]),
      ),
    ),
    '## File formats',
    table(
      ['Variant', ...adapterFormats.map(({ label }) => label)],
      small.map(({ variant }) => [
        linkOf('adapters', variant.declaration),
        ...adapterFormats.map(({ kinds }) => {
          if (kinds.length === 0 || kinds.includes(variant.declaration.id)) return '✓';
          return variant.product.lowRank === null ? 'after `--to lora`' : 'as LoRA';
        }),
      ]),
    ),
    '## Why not',
    reasons.map((reason, index) => `${index + 1}. ${reason}`).join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** @param {readonly string[]} head @param {readonly (readonly string[])[]} rows */
function table(head, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** @param {string} folder @param {{ id: string, label: string }} declaration */
function linkOf(folder, { id, label }) {
  return `[${label}](${folder}/${id}.md)`;
}

/** @param {string} reason */
function numberOf(reason) {
  if (!reasons.includes(reason)) reasons.push(reason);
  return String(reasons.indexOf(reason) + 1);
}

/** @param {() => unknown} run */
async function tried(run) {
  try {
    await run();
    return '✓';
  } catch (thrown) {
    // Anything but a refusal is a defect, of the method or of this script.
    if (!(thrown instanceof StudioError)) throw thrown;
    const { message } = thrown;
    return numberOf(labels.reduce((reason, label) => reason.replace(label, names.get(label) ?? label), message));
  }
}

/**
 * ✓ where all methods take the variant, else the reasons why some do not.
 * @template Method
 * @param {readonly Method[]} methods
 * @param {(method: Method) => string | null} refusal
 */
function share(methods, refusal) {
  const refused = methods.flatMap((method) => refusal(method) ?? []);
  if (refused.length === 0) return '✓';
  const numbers = [...new Set(refused)].map(numberOf).join(', ');
  return refused.length === methods.length ? numbers : `some: ${numbers}`;
}

/** @param {import('../src-main/engine/merge/merge-method.ts').MergeMethod} method @param {AdapterState} state */
function merge(method, state) {
  const count = Math.max(2, method.needs.adapters?.minimum ?? 2);
  const states = Array.from({ length: Math.min(count, method.needs.adapters?.maximum ?? count) }, () => state);
  const parameters = checkedParameters(method.declaration, {});
  const lines = preflightLines(
    method,
    states,
    states.map(() => 1 / states.length),
    parameters,
  );
  const refused = lines.find(({ verdict }) => verdict === 'refused')?.message;
  return refused?.replace(/^adapter 1/, 'The adapter') ?? null;
}

/** @param {import('../src-main/engine/prune/prune-method.ts').PruneMethod} method @param {AdapterState} state */
async function prune(method, state) {
  const random = RandomStream.named(1, 'study', 'inputs');
  const data = {
    inputs: async () => matrix(8, features, random),
    /** @param {readonly unknown[]} sets */ score: async (sets) => sets.map(() => 0),
  };
  await method.prune(
    state,
    description,
    {},
    { baseWeight: async () => matrix(features, features, random), data: async () => data, progress: async () => {} },
  );
}

/** @param {import('../src-main/engine/routing/router.ts').Router} router @param {AdapterState} state */
function route(router, state) {
  const adapters = ['an adapter', 'another adapter'].map((name) => ({ ...state, name }));
  checkRouting(router, checkedParameters(router.declaration, {}), adapters, description);
}

/** @param {AdapterVariant} variant @param {AdapterState} state @param {'random-ranks' | 'progressive-dropout'} id */
function schedule(variant, state, id) {
  try {
    const settings = cotoSettingsSchema.parse({ schedule: id });
    const ranks = [...state.modules.values()].map(({ rank }) => rank);
    checkSchedule(settings, variant, state.parameters, { groups: ['layers.0', 'layers.1', 'layers.2'], ranks });
    return '✓';
  } catch (thrown) {
    if (!(thrown instanceof StudioError)) throw thrown;
    return '–';
  }
}

/** @param {AdapterVariant} variant */
function script({ files, training }) {
  if (files.isForeign) return numberOf('PEFT has no such type: the folder has its layout, but only this app reads it.');
  return training?.notInPython ? numberOf(`${training.notInPython}.`) : '✓';
}

/** @param {{ minimum?: number, maximum?: number } | undefined} limits */
function countWords({ minimum = 1, maximum } = {}) {
  return maximum === undefined
    ? `${minimum} or more`
    : minimum === maximum
      ? String(minimum)
      : `${minimum} to ${maximum}`;
}

/** @param {number} rows @param {number} columns @param {RandomStream} random @returns {HostTensor} */
function matrix(rows, columns, random) {
  return { shape: [rows, columns], data: Float32Array.from({ length: rows * columns }, () => random.normal()) };
}

/** A fresh adapter, with all trained tensors random. @param {AdapterVariant} variant @returns {Promise<AdapterState>} */
async function smallAdapter(variant) {
  const random = RandomStream.named(1, 'initialization', variant.declaration.id);
  const parameters = checkedParameters(variant.declaration, {});
  /** @type {Map<string, import('../src-main/engine/adapters/variant/state.ts').ModuleState>} */
  const modules = new Map();
  for (const module of linears) {
    const { rank, scaling } = variant.strength(parameters, [module.name]);
    const source = { random, weight: async () => matrix(features, features, random) };
    const fresh = await variant.initialize(module, { rank, parameters }, source);
    modules.set(module.name, { rank, scaling, tensors: fresh });
  }
  return {
    variant,
    parameters,
    config: adapterConfigSchema.parse({ peft_type: variant.files.type, target_modules: ['q_proj'] }),
    coto: null,
    labels: null,
    modules,
    shared: variant.shared?.initialize(linears, parameters) ?? new Map(),
    saved: new Map(),
    biases: new Map(),
  };
}
