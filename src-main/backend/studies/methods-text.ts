import { z } from 'zod';
import { schedules } from '../../../src-shared/coto/schedules/index.ts';
import type { Provenance } from '../../../src-shared/domain/adapters/provenance.ts';
import type { Declaration, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { midSentence } from '../../../src-shared/format/mid-sentence.ts';
import { plural } from '../../../src-shared/format/numbers.ts';
import { bibtex, citationKey, type Paper, studioCitation } from '../../../src-shared/references/bibtex.ts';
import { tuneSchema } from '../../../src-shared/studies/grid/tuning.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { mergeScalesShape } from '../../../src-shared/studies/merging/merge-scales.ts';
import { plainLatex } from '../../../src-shared/studies/report/latex-text.ts';
import { adapterVariants, initializations } from '../../engine/api/adapters.ts';
import { mergeMethods, pruneMethods } from '../../engine/api/merging.ts';
import { modelFamilies } from '../../engine/api/models.ts';
import { optimizerKinds } from '../../engine/api/training.ts';
import type { Services } from '../services/services.ts';

type Cited = Pick<Declaration, 'label' | 'paper'>;

/** A paragraph on how a study was made, in LaTeX, and the BibTeX file of what the paragraph cites. */
export interface MethodsText {
  readonly paragraph: string;
  readonly bibliography: string;
}

/** Describes the methods of a finished study from its settings, the runs of its adapters and its provenance. */
export function methodsText({ store }: Pick<Services, 'store'>, study: StudyRecord): MethodsText {
  const { config, kind, provenance } = study;
  const runs = runsOf({ store }, provenance);
  const bases = [...new Set(runs.map(({ modelId }) => modelId))].flatMap((id) => store.models.find(id) ?? []);
  const families = bases.flatMap(({ description: { family } }) => byId(modelFamilies, family));
  const configs = runs.map((run) => run.config);
  const methods = methodsIn(config);
  const papers: Paper[] = [];
  const cite = (items: readonly Cited[], name: (item: Cited) => string = ({ label }) => label) =>
    listed(distinct(items).map((item) => plainLatex(name(item)) + citation(item.paper, papers)));
  const { declaration } = studyKind(kind);
  const version = provenance?.version ?? '';
  const sentences = [
    `This is ${article(declaration.label)} study${citation(declaration.paper, papers)} computed with CoTo Studio~${plainLatex(version)}~\\cite{${studioCitation.key}}${machineText(provenance)}.`,
    ...(configs.length === 0
      ? []
      : [
          `The base ${bases.length === 1 ? 'model is' : 'models are'} ${listed(bases.map(({ name }) => plainLatex(name)))}${families.length === 0 ? '' : ` (${cite(families)})`}.`,
          `The data ${(provenance?.datasets.length ?? 0) === 1 ? 'is' : 'are'} ${listed((provenance?.datasets ?? []).map(({ name }) => plainLatex(name)))}${dataText(configs)}.`,
          `We trained adapters with ${cite(variantsOf(configs))}${adapterText(configs)}.${initializationText(configs, cite)}${schedulesText(configs, cite)}`,
          trainingText(configs, cite),
          seedsText(provenance, configs),
        ]),
    ...(methods.merge.length === 0 ? [] : [`Adapters were merged by ${cite(methods.merge, midLabel)}.`]),
    ...(methods.prune.length === 0 ? [] : [`Adapters were pruned by ${cite(methods.prune, midLabel)}.`]),
    tuningText(config),
    scalesText(config),
  ];
  return {
    paragraph: `${sentences.filter((sentence) => sentence !== '').join('\n')}\n`,
    bibliography: bibtex(papers, version),
  };
}

function runsOf({ store }: Pick<Services, 'store'>, provenance: Provenance | null) {
  const hashes = new Set(provenance?.adapters.map(({ sha256 }) => sha256));
  return store.adapters
    .list()
    .flatMap(({ sha256, origin }) =>
      hashes.has(sha256) && origin.kind === 'run' ? (store.runs.find(origin.runId) ?? []) : [],
    );
}

/** "~\cite{key}", which adds the paper to those cited; empty without one. */
function citation(paper: Paper | undefined, papers: Paper[]): string {
  if (paper === undefined) return '';
  papers.push(paper);
  return `~\\cite{${citationKey(paper)}}`;
}

/** Merge and prune methods that a config names, in the order of the lists. */
function methodsIn(config: unknown): { readonly merge: readonly Cited[]; readonly prune: readonly Cited[] } {
  const named = { merge: new Set<string>(), prune: new Set<string>() };
  const visit = (value: unknown, key: string, isPruning: boolean): void => {
    if (typeof value === 'string') {
      if (key === 'prune' || (key === 'method' && isPruning)) named.prune.add(value);
      else if (['merge', 'method', 'methods'].includes(key)) named.merge.add(value);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) for (const item of value) visit(item, key, isPruning);
    else
      for (const [name, item] of Object.entries(value))
        visit(item, name, isPruning || ['grids', 'patterns'].includes(key));
  };
  visit(config, '', false);
  return {
    merge: mergeMethods.flatMap(({ declaration }) => (named.merge.has(declaration.id) ? [declaration] : [])),
    prune: pruneMethods.flatMap(({ declaration }) => (named.prune.has(declaration.id) ? [declaration] : [])),
  };
}

function variantsOf(configs: readonly RunConfig[]): Cited[] {
  return configs.flatMap(({ adapter }) => byId(adapterVariants, adapter.variant));
}

function adapterText(configs: readonly RunConfig[]): string {
  const of = (name: string) => values(configs, ({ adapter }) => parameter(adapter.parameters, name));
  const modules = values(configs, ({ adapter }) => [adapter.target_modules].flat().join(' '));
  const facts = [...fact('rank', of('r')), ...fact('alpha', of('lora_alpha')), ...fact('dropout', of('lora_dropout'))];
  const on =
    modules.length === 1 && modules[0] !== ''
      ? ` on the modules ${plainLatex(modules[0] ?? '')
          .split(' ')
          .join(', ')}`
      : '';
  return `${facts.length === 0 ? '' : ` (${facts.join(', ')})`}${on}`;
}

function initializationText(configs: readonly RunConfig[], cite: (items: readonly Cited[]) => string): string {
  const used = values(configs, ({ adapter }) => parameter(adapter.parameters, 'init_lora_weights'));
  const chosen = used.flatMap((id) => byId(initializations, String(id)));
  // The default needs no sentence.
  if (chosen.every(({ label }) => label === initializations[0]?.declaration.label)) return '';
  return ` Their factors start by ${cite(chosen)}.`;
}

function schedulesText(configs: readonly RunConfig[], cite: (items: readonly Cited[]) => string): string {
  const used = configs.flatMap(({ coto }) => (coto === null ? [] : [coto]));
  if (used.length === 0) return '';
  const others = configs.some(({ coto }) => coto === null) ? ', others with all adapters active in every step' : '';
  const facts = [
    ...fact(
      'curve',
      values(used, ({ curve }) => curve),
    ),
    ...fact(
      'initial $p$',
      values(used, ({ initial_p }) => initial_p),
    ),
    ...fact(
      'final $p$',
      values(used, ({ final_p }) => final_p),
    ),
    ...fact(
      'stage~1',
      values(used, ({ stage1_ratio }) => `${Math.round(1000 * stage1_ratio) / 10} %`),
    ),
  ];
  const names = cite(used.map(({ schedule }) => schedules[schedule].declaration));
  return ` Runs follow the schedule ${names} (${facts.join(', ')})${others}.`;
}

function trainingText(configs: readonly RunConfig[], cite: (items: readonly Cited[]) => string): string {
  const optimizers = values(configs, ({ optim }) => optim).map((id) => optimizerKinds[id].declaration);
  const lengths = values(configs, ({ max_steps, num_train_epochs }) =>
    max_steps > 0 ? plural(max_steps, 'step') : plural(num_train_epochs, 'epoch'),
  );
  const batches = values(configs, (run) => run.per_device_train_batch_size * run.gradient_accumulation_steps);
  const warmups = values(configs, ({ warmup_steps }) =>
    warmup_steps < 1 ? `${Math.round(1000 * warmup_steps) / 10} %` : plural(warmup_steps, 'step'),
  );
  const facts = [
    ...fact(
      'learning rate',
      values(configs, ({ learning_rate }) => learning_rate),
    ),
    ...fact(
      'schedule',
      values(configs, ({ lr_scheduler_type }) => lr_scheduler_type),
    ),
    ...fact('warm-up', warmups),
    ...fact(
      'weight decay',
      values(configs, ({ weight_decay }) => weight_decay),
    ),
    ...fact(
      'gradient norm at most',
      values(configs, ({ max_grad_norm }) => max_grad_norm || 'unlimited'),
    ),
  ];
  return `Training took ${listed(lengths)} with ${listed(batches.map(String))} examples each by ${cite(optimizers)} (${facts.join(', ')}).`;
}

function dataText(configs: readonly RunConfig[]): string {
  const few = values(configs, ({ train_samples_per_class }) => train_samples_per_class).filter((count) => count > 0);
  const held = values(configs, ({ validation_samples }) => validation_samples).filter((count) => count > 0);
  return [
    few.length === 0 ? '' : `, with ${listed(few.map(String))} training examples of each class`,
    held.length === 0 ? '' : `, and ${listed(held.map(String))} training examples held out for choices`,
  ].join('');
}

function seedsText(provenance: Provenance | null, configs: readonly RunConfig[]): string {
  const seeds = provenance?.seeds ?? [];
  if (seeds.length === 0) return '';
  const data = drawText(configs);
  return seeds.length === 1
    ? `All runs have seed ${seeds[0]}${data}.`
    : `Runs have the seeds ${listed(seeds.map(String))}${data}.`;
}

/** Says which runs share a draw of training examples; empty where the runs train on all of them. */
function drawText(configs: readonly RunConfig[]): string {
  const drawn = configs.filter((run) => run.train_samples_per_class > 0 || run.max_train_samples > 0);
  if (drawn.length === 0 || drawn.length < configs.length) return '';
  const draws = values(drawn, (run) => run.data_seed ?? run.seed);
  if (draws.length === 1) return ', all on the same draw of training examples';
  return drawn.every(({ data_seed }) => data_seed === null) ? ', and each seed draws its own training examples' : '';
}

function tuningText(config: object): string {
  const { data } = z.object({ tune: tuneSchema }).safeParse(config);
  if (data === undefined) return '';
  const { learning_rate: rates, per_device_train_batch_size: batches, seeds, validation_samples: samples } = data.tune;
  const [chosen, sizes] =
    batches === undefined
      ? ['learning rate', '']
      : ['learning rate and batch size', ` with the batch sizes ${listed(batches.map(String))}`];
  const held = samples === null ? 'training examples' : plural(samples, 'training example');
  return `The ${chosen} of each configuration is the best of ${listed(rates.map(String))}${sizes} on ${held} that no run was trained on, by ${plural(seeds.length, 'seed')}.`;
}

function scalesText(config: object): string {
  const { merge_scales: scales, validation_samples: samples } = z.object(mergeScalesShape).safeParse(config).data ?? {};
  if (scales === undefined || samples === undefined) return '';
  return `The scale $\\lambda$ of the merged update is, for each merge method, the best of ${listed(scales.map(String))} on ${plural(samples, 'training example')}.`;
}

function machineText(provenance: Provenance | null): string {
  if (provenance === null) return '';
  const { commit, backend, cpu } = provenance;
  const on =
    backend === null ? '' : ` by its backend ${backend.id}${backend.device === null ? '' : ` (${backend.device})`}`;
  const source = commit === null ? '' : ` (commit ${commit.slice(0, 12)})`;
  return plainLatex(`${source} on ${cpu}${on}`);
}

/** "an ablation", "a pruning". */
function article(label: string): string {
  const name = plainLatex(midSentence(label));
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
}

function midLabel({ label }: Cited): string {
  return midSentence(label);
}

function parameter(parameters: ParameterValues, name: string): string | number | null {
  const value = parameters[name];
  return typeof value === 'number' || typeof value === 'string' ? value : null;
}

/** "rank 8", or "rank 8 and 16"; nothing without values. */
function fact(name: string, found: readonly (string | number | null)[]): string[] {
  const known = found.filter((value) => value !== null);
  return known.length === 0 ? [] : [`${name} ${listed(known.map((value) => plainLatex(String(value))))}`];
}

/** Different values, numbers in ascending order. */
function values<Item, Value extends string | number | null>(
  items: readonly Item[],
  of: (item: Item) => Value,
): Value[] {
  return [...new Set(items.map(of))].sort((one, other) =>
    typeof one === 'number' && typeof other === 'number' ? one - other : 0,
  );
}

function distinct(items: readonly Cited[]): Cited[] {
  return [...new Map(items.map((item) => [item.label, item])).values()];
}

function byId(list: readonly { readonly declaration: Cited & Pick<Declaration, 'id'> }[], id: string): Cited[] {
  return list.flatMap(({ declaration }) => (declaration.id === id ? [declaration] : []));
}

function listed(texts: readonly string[]): string {
  return new Intl.ListFormat('en-US').format(texts);
}
