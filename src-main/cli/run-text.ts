import type { StudioClient } from '../../src-shared/contract/studio-client.ts';
import { describeSchedule } from '../../src-shared/coto/describe.ts';
import type { Forgetting } from '../../src-shared/domain/evaluation/forgetting.ts';
import type { ParameterSpec, ParameterValues } from '../../src-shared/domain/parameters/parameter.ts';
import { isInUse } from '../../src-shared/domain/parameters/parameter-values.ts';
import { runFormatLabels } from '../../src-shared/domain/runs/imported-run.ts';
import type { RunRecord, RunResult } from '../../src-shared/domain/runs/run.ts';
import { midSentence } from '../../src-shared/format/mid-sentence.ts';
import { metricName, scoreText, valueText } from '../../src-shared/metrics/index.ts';
import { loss } from '../../src-shared/metrics/loss.ts';
import { earlyStop } from '../../src-shared/results/early-stop.ts';
import { forgettingFact } from '../../src-shared/results/forgetting.ts';
import { headlineOf, namedScores } from '../../src-shared/results/headline.ts';
import { inputChangesText } from '../../src-shared/results/input-changes.ts';
import { paddingText } from '../../src-shared/results/padding.ts';
import { togetherText } from '../../src-shared/results/together.ts';
import { catalog } from '../backend/index.ts';
import { formatCount, formatDuration, formatPercent, formatSummary, formatTime } from './format.ts';

function withId(name: string | null, id: string): string {
  return name === null ? id : `${name} (${id})`;
}

/** Names of a run's model and dataset; null if deleted. */
export interface RunNames {
  readonly model: string | null;
  readonly dataset: string | null;
}

export async function namesOfRun(client: StudioClient, { modelId, datasetId }: RunRecord): Promise<RunNames> {
  const nameOf = async (found: Promise<{ readonly name: string }>) => (await found.catch(() => null))?.name ?? null;
  return {
    model: await nameOf(client.request('models.get', { id: modelId })),
    dataset: await nameOf(client.request('datasets.get', { id: datasetId })),
  };
}

/** Settings and results of a run, as "name  value" lines. */
export function describeRun(run: RunRecord, names: RunNames): string {
  const { config, facts, result } = run;
  const { adapter, coto } = config;
  const stopped = earlyStop(run);
  const lines: (readonly [string, string])[] = [
    ['run', run.id],
    ['name', run.name],
    ['status', run.status],
    ...(run.origin === undefined
      ? ([
          ['model', withId(names.model, run.modelId)],
          ['dataset', withId(names.dataset, run.datasetId)],
          ['adapter', [adapter.variant, ...settingsOf(adapter)].join(', ')],
          ['schedule', coto === null ? 'all adapters always on' : describeSchedule(coto)],
          ['seed', String(config.seed)],
        ] as const)
      : ([
          ['imported from', `${run.origin.path} (${runFormatLabels[run.origin.format]})`],
          ...Object.entries(run.origin.settings).map(([name, value]) => [name, String(value)] as const),
        ] as const)),
    ['started', run.startedAt === null ? '–' : formatTime(run.startedAt)],
  ];
  const together = facts && togetherText(facts);
  const changes = inputChangesText(facts);
  if (facts !== null)
    lines.push(
      ['steps', `${run.step} of ${facts.totalSteps}`],
      ['trainable', `${formatCount(facts.trainableParameters)} of ${formatCount(facts.totalParameters)} parameters`],
      ...(facts.paddingShare === null ? [] : [['padding', paddingText(facts.paddingShare)] as const]),
      ['computed on', `${facts.backend}, ${facts.threads} threads, ${facts.computeDtype}`],
      ...(together === null ? [] : [['trained', together] as const]),
      ...(changes === null ? [] : [['changed inputs', changes] as const]),
    );
  if (result !== null)
    lines.push(
      ...namedScores(result).flatMap(({ label, text }, at) => {
        const on =
          at > 0 || facts === null ? '' : ` on ${formatCount(facts.evalExamples)} ${config.eval_split} examples`;
        return [[midSentence(label), text + on] as const, ...(at === 0 ? startLines(result) : [])];
      }),
      ...(result.forgetting === null ? [] : [forgettingLine(result.forgetting)]),
      ['eval loss', valueText(loss.id, result.evalLoss)],
      ['train loss', valueText(loss.id, result.trainLoss)],
      // An imported run has neither, or roughly.
      ...(run.origin === undefined
        ? ([
            [
              'step time',
              `${result.medianStepMilliseconds.toFixed(1)} ms (median), ${result.meanStepMilliseconds.toFixed(1)} ms (mean)`,
            ],
            ['layers on', formatPercent(result.meanActiveShare)],
          ] as const)
        : []),
      ...(stopped === null ? [] : [['early stopping', stopped] as const]),
      ...(result.best === null || result.best.value === null
        ? []
        : [
            [
              'best',
              `${metricName(result.best.metric)} ${scoreText(result.best.metric, result.best.value)} at step ${result.best.step}`,
            ] as const,
          ]),
      ['trained for', formatDuration(result.trainSeconds)],
    );
  if (run.adapterId !== null) lines.push(['adapter id', run.adapterId]);
  if (run.error !== null) lines.push(['error', [run.error.message, run.error.hint ?? ''].join(' ').trim()]);
  return formatSummary(lines);
}

/** Describes the score before training, if it was evaluated. */
function startLines({ start }: RunResult): (readonly [string, string])[] {
  const score = headlineOf(start);
  if (start === undefined || score === null) return [];
  return [[start.zeroShot ? 'zero-shot' : 'before training', `${midSentence(score.label)} ${score.text}`]];
}

/** Formats forgetting as a line of a summary. */
export function forgettingLine(forgetting: Forgetting): readonly [string, string] {
  const { label, value } = forgettingFact(forgetting);
  return [midSentence(label), value];
}

/** "r 8, lora_alpha 16": the variant's numbers. */
export function numbersOf(parameters: ParameterValues): string[] {
  return Object.entries(parameters).flatMap(([name, value]) => (typeof value === 'number' ? [`${name} ${value}`] : []));
}

/** The variant's numbers that have an effect, and the choices that are not the default. */
function settingsOf({ variant, parameters }: RunRecord['config']['adapter']): string[] {
  const specs = catalog.adapterVariants.find(({ id }) => id === variant)?.parameters ?? [];
  const valueIn = (spec: ParameterSpec) => parameters[spec.name] ?? spec.default;
  const used = specs.filter((spec) => isInUse(spec, specs, valueIn));
  const choices = used.filter((spec) => spec.type === 'choice' && valueIn(spec) !== spec.default);
  return [
    ...numbersOf(Object.fromEntries(used.map((spec) => [spec.name, valueIn(spec)]))),
    ...choices.map((spec) => `${spec.name} ${String(valueIn(spec))}`),
  ];
}
