import { formatCount, plural } from '../../../src-shared/format/numbers.ts';
import { formatFigure } from '../../../src-shared/results/comparison-row.ts';
import { groupDifferences } from '../../../src-shared/results/config-differences.ts';
import { forgettingHeading, riseText } from '../../../src-shared/results/forgetting.ts';
import { headlineText } from '../../../src-shared/results/headline.ts';
import { inputChangesText } from '../../../src-shared/results/input-changes.ts';
import { knownSettings } from '../../../src-shared/results/known-setting.ts';
import { distinctModelNames } from '../../../src-shared/results/names.ts';
import type { StudyTable } from '../../../src-shared/studies/define-study.ts';
import type { ProvenanceFact } from '../../../src-shared/studies/report/provenance-facts.ts';
import type { ReportContent } from './content.ts';
import { methodLabel, type ReportOptions } from './options.ts';

export interface ReportVersions {
  readonly studio: string;
  readonly node: string;
  readonly platform: string;
}

/** One line: when it was written, of what, on which seeds. */
export function stateLine({ runs, studies, models, datasets }: ReportOptions, createdAt: number): string {
  const seeds = [...new Set(runs.map((run) => run.config.seed))].sort((one, other) => one - other);
  const counted = [
    ...(runs.length === 0 ? [] : [plural(runs.length, 'run')]),
    ...(studies.length === 0 ? [] : [plural(studies.length, 'study', 'studies')]),
  ];
  const parts = [
    new Date(createdAt).toISOString().slice(0, 16).replace('T', ' ').concat(' UTC'),
    [...distinctModelNames(models).values()].join(', '),
    datasets.map((dataset) => dataset.name).join(', '),
    counted.join(', '),
    seeds.length === 0 ? '' : `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

/** Base, data, machine and versions. */
export function setupFacts({ models, datasets, runs }: ReportOptions, versions: ReportVersions): ProvenanceFact[] {
  const machines = new Set(
    runs.flatMap(({ facts }) => (facts ? `${facts.backend}, ${plural(facts.threads, 'thread')}` : [])),
  );
  const names = distinctModelNames(models);
  return [
    ...models.map(({ id, name, description }) => ({
      label: 'Base model',
      value: `${names.get(id) ?? name}: ${description.architecture}, ${description.layerCount} layers, ${formatCount(description.parameterCount)} parameters; fingerprint ${description.fingerprint}`,
    })),
    ...datasets.map(({ name, description, licence }) => ({
      label: 'Dataset',
      value: [
        `${name}: ${description.labels.length === 0 ? '' : `${description.labels.length} labels, `}${description.splits
          .map((split) => `${formatCount(split.exampleCount)} ${split.name}`)
          .join(', ')} examples`,
        ...(licence === null ? [] : [`license ${licence}`]),
      ].join('; '),
    })),
    ...chatTemplates({ models, runs }).map((value) => ({ label: 'Chat template', value })),
    ...runs.flatMap(({ name, facts }) => {
      const changes = inputChangesText(facts);
      return changes === null ? [] : [{ label: 'Changed inputs', value: `${name}: ${changes}` }];
    }),
    ...(runs.length === 0 ? [] : [{ label: 'Trained on', value: [...machines].join('; ') || 'nothing yet' }]),
    {
      label: 'Versions',
      value: `CoTo Studio ${versions.studio}, Node ${versions.node}, ${versions.platform}`,
    },
  ];
}

/**
 * Lists the chat templates of the runs on language models: a published template by its id, one of their own in full.
 */
function chatTemplates({ models, runs }: Pick<ReportOptions, 'models' | 'runs'>): string[] {
  const writing = new Set(models.filter(({ description }) => description.kind === 'causal-lm').map(({ id }) => id));
  const chosen = runs.filter(({ modelId }) => writing.has(modelId)).map(({ config }) => config.chat_template);
  return [...new Set(chosen)].map((template) => templateWords.get(template) ?? template);
}

const templateWords: ReadonlyMap<string, string> = new Map([
  ['auto', "auto: the model's own where it has one, else plain text"],
  ['model', "the model's own"],
  ['none', 'none: plain text'],
]);

/** A row a run: its result and what it took. */
export function runsTable({ runs }: ReportOptions): StudyTable {
  const forgetting = forgettingHeading(runs.map(({ result }) => result?.forgetting));
  return {
    title: 'Runs',
    columns: [
      { label: 'Run' },
      { label: 'Method' },
      { label: 'Seed', numeric: true },
      { label: 'Status' },
      { label: 'Steps', numeric: true },
      { label: 'Trained parameters', numeric: true },
      { label: 'Score', numeric: true },
      ...(forgetting === null ? [] : [{ label: forgetting, numeric: true }]),
      { label: 'Median step (ms)', numeric: true },
      { label: 'Mean step (ms)', numeric: true },
      { label: 'Active layers (%)', numeric: true },
    ],
    rows: runs.map((run) => {
      const { name, config, status, step, facts, result } = run;
      return {
        cells: [
          name,
          methodLabel(run),
          String(config.seed),
          status,
          String(step),
          facts === null ? '–' : formatCount(facts.trainableParameters),
          `${headlineText(result) || '–'}${config.eval_split === 'validation' ? ' (validation)' : ''}`,
          ...(forgetting === null ? [] : [riseText(result?.forgetting?.rise)]),
          result === null ? '–' : formatFigure(result.medianStepMilliseconds, 'milliseconds'),
          result === null ? '–' : formatFigure(result.meanStepMilliseconds, 'milliseconds'),
          result === null ? '–' : formatFigure(result.meanActiveShare, 'share'),
        ],
      };
    }),
  };
}

/** Groups that fit beside each other. */
const maxColumns = 6;

/** The settings in which the groups differ; null where there is nothing to set side by side. */
export function differencesTable({ groups }: ReportContent): StudyTable | null {
  const rows = groupDifferences(groups.map(({ runs }) => runs.map(knownSettings)));
  if (rows.length === 0 || groups.length > maxColumns) return null;
  return {
    title: 'Config differences',
    columns: [{ label: 'Setting' }, ...groups.map(({ label }) => ({ label }))],
    rows: rows.map(({ name, values }) => ({ cells: [name, ...values.map((value) => value ?? '–')] })),
  };
}
