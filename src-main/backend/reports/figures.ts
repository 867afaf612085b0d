import type { RunRecord } from '../../../src-shared/domain/run.ts';
import type { ActivationShares, Curve } from '../../../src-shared/domain/run-history.ts';
import {
  activationFigure,
  type Figure,
  type FigureTheme,
  fullActivationStep,
  lossFigure,
  stepTimeFigure,
} from '../../../src-shared/figures/index.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { methodLabel, type ReportOptions, wordsOf } from './options.ts';

export interface ReportFigure {
  readonly id: string;
  readonly light: Figure;
  readonly dark: Figure;
}

/** Every figure of the report in both themes, in reading order: studies first, then training. */
export function reportFigures(options: ReportOptions): ReportFigure[] {
  const words = wordsOf(options.runs);
  const draws: ((theme: FigureTheme) => Figure)[] = [
    ...options.studies.flatMap(({ kind, result, config }) =>
      result === null
        ? []
        : studyKind(kind)
            .figures(result, config, words)
            .map((figure) => figure.draw),
    ),
    ...trainingFigures(options),
  ];
  return draws.map((draw, index) => ({
    id: `figure-${index + 1}`,
    light: draw({ dark: false }),
    dark: draw({ dark: true }),
  }));
}

function trainingFigures({ runs, losses, activation }: ReportOptions): ((theme: FigureTheme) => Figure)[] {
  const curves = runs.map((run) => ({
    id: run.id,
    label: run.name,
    group: methodLabel(run),
    coto: run.config.coto !== null,
    variant: run.config.adapter.variant,
    totalSteps: run.facts?.totalSteps ?? run.step,
    examplesPerStep: run.config.per_device_train_batch_size * run.config.gradient_accumulation_steps,
    curves: curvesOf(losses.get(run.id)),
  }));
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
  return [
    ...(curves.some((run) => (run.curves.get('loss')?.counts.length ?? 0) > 0)
      ? [(theme: FigureTheme) => lossFigure(curves, theme, { smoothing: 0.9 })]
      : []),
    ...(timed.length > 0 ? [(theme: FigureTheme) => stepTimeFigure(timed, theme)] : []),
    ...runs.flatMap((run) => {
      const shares = activation.get(run.id) ?? null;
      return shares === null || run.config.coto === null
        ? []
        : [(theme: FigureTheme) => activationOf(run, shares, theme)];
    }),
  ];
}

function curvesOf(loss: Curve | undefined): ReadonlyMap<string, Curve> {
  return new Map(loss ? [['loss', loss]] : []);
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
