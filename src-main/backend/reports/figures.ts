import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { ActivationShares } from '../../../src-shared/domain/runs/run-history.ts';
import {
  activationFigure,
  type Figure,
  type FigureTheme,
  fullActivationStep,
  lossFigure,
  type MetricOptions,
  type MetricRun,
  metricFigure,
  metricRun,
  stepTimeFigure,
} from '../../../src-shared/figures/index.ts';
import { evaluationCurve, evaluationCurves, lossCurve } from '../../../src-shared/metrics/curves.ts';
import { namedScores } from '../../../src-shared/results/headline.ts';
import { gridFigures } from '../../../src-shared/studies/grid/grid-figures.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { groupNoun, type ReportContent } from './content.ts';
import { methodLabel, type ReportOptions, wordsOf } from './options.ts';

export interface ReportFigure {
  readonly id: string;
  readonly light: Figure;
  readonly dark: Figure;
}

type Draw = (theme: FigureTheme) => Figure;

/** Above this number of runs with CoTo, one run of each config shows its active layers. */
const maxActivations = 4;

/** Every figure of the report in both themes, in reading order: studies first, then training. */
export function reportFigures(options: ReportOptions, content: ReportContent): ReportFigure[] {
  const words = wordsOf(options.runs);
  const draws: Draw[] = [
    ...comparisonFigures(content),
    ...options.studies.flatMap(({ kind, result, config }) =>
      result === null
        ? []
        : studyKind(kind)
            .figures(result, config, words)
            .map((figure): Draw => figure.draw),
    ),
    ...trainingFigures(options, content),
  ];
  return draws.map((draw, index) => ({
    id: `figure-${index + 1}`,
    light: draw({ dark: false }),
    dark: draw({ dark: true }),
  }));
}

/** A bar is no comparison: one config has figures only where seeds repeat it. */
function comparisonFigures({ groups, comparisons }: ReportContent): Draw[] {
  if (groups.every(({ runs }) => runs.length < 2) && groups.length < 2) return [];
  return comparisons
    .slice(0, 1)
    .flatMap(({ result }) => gridFigures(result, null, groupNoun).map((figure): Draw => figure.draw));
}

function trainingFigures({ runs, curves, activation }: ReportOptions, { groups }: ReportContent): Draw[] {
  const groupOf = new Map(groups.flatMap((group) => group.runs.map(({ id }) => [id, group.label] as const)));
  const drawn = runs.map((run) => metricRun(run, groupOf.get(run.id) ?? methodLabel(run), curves.get(run.id)));
  const timed = runs.flatMap((run) =>
    run.result === null
      ? []
      : [
          {
            id: run.id,
            label: methodLabel(run),
            coto: run.config.coto !== null,
            seed: run.config.seed,
            meanStepMilliseconds: run.result.meanStepMilliseconds,
          },
        ],
  );
  const lossPoints = maxPoints(drawn, lossCurve.metric);
  // A moving average over a larger part of a short curve lies above all of a falling loss.
  const smoothing = Math.max(0, Math.min(0.9, 1 - 20 / lossPoints));
  return [
    ...(lossPoints > 0 ? [(theme: FigureTheme) => lossFigure(drawn, theme, { smoothing })] : []),
    ...evaluationOptions(runs)
      .filter(({ metric }) => maxPoints(drawn, metric) > 1)
      .map((options) => (theme: FigureTheme) => metricFigure(drawn, options, theme)),
    ...(timed.length > 0 ? [(theme: FigureTheme) => stepTimeFigure(timed, theme)] : []),
    ...withActivations(runs, activation, groups).map(
      ({ run, shares }) =>
        (theme: FigureTheme) =>
          activationOf(run, shares, theme),
    ),
  ];
}

function maxPoints(runs: readonly MetricRun[], metric: string): number {
  return Math.max(0, ...runs.map(({ curves }) => curves.get(metric)?.counts.length ?? 0));
}

/** Curves of test scores, with the names that the scores of these runs have. */
function evaluationOptions(runs: readonly RunRecord[]): MetricOptions[] {
  const labels = new Map(
    runs
      .flatMap(({ result }) => namedScores(result ?? { accuracy: null, metrics: {} }))
      .map(({ id, label }) => [id, label]),
  );
  return evaluationCurves.map(({ valuesOf = '' }) => evaluationCurve(valuesOf, labels.get(valuesOf), 'Test'));
}

function withActivations(
  runs: readonly RunRecord[],
  activation: ReportOptions['activation'],
  groups: ReportContent['groups'],
): { run: RunRecord; shares: ActivationShares }[] {
  const all = runs.flatMap((run) => {
    const shares = activation.get(run.id) ?? null;
    return shares === null || run.config.coto === null ? [] : [{ run, shares }];
  });
  if (all.length <= maxActivations) return all;
  const first = new Set(groups.flatMap((group) => all.find(({ run }) => group.runs.includes(run))?.run.id ?? []));
  return all.filter(({ run }) => first.has(run.id));
}

function activationOf(run: RunRecord, shares: ActivationShares, theme: FigureTheme): Figure {
  const totalSteps = run.facts?.totalSteps ?? run.step;
  const figure = activationFigure(
    {
      shares,
      groups: run.facts?.groups ?? [],
      totalSteps,
      fullActivationStep: run.config.coto === null ? null : fullActivationStep(run.config.coto, totalSteps),
    },
    theme,
  );
  return { ...figure, caption: `${run.name}. ${figure.caption}` };
}
