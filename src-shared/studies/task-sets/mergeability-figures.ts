import { mergeVerdicts } from '../../domain/merging/mergeability.ts';
import { type Figure, type FigureObject, type FigureTheme, plainText } from '../../figures/figure.ts';
import { axis, baseLayout, legendAbove, legendMargin } from '../../figures/layout.ts';
import { seriesKey, studyStyles, themeColors } from '../../figures/palette.ts';
import { midSentence } from '../../format/mid-sentence.ts';
import { formatFixed, probabilityText } from '../../format/numbers.ts';
import type { StudyFigure, StudyWords } from '../define-study.ts';
import {
  type MergeabilityConfig,
  type MergeabilityResult,
  type PredictorId,
  predictors,
} from './mergeability-schemas.ts';
import { pairMethodLabel } from './mergeability-tables.ts';
import { taskTuningFigures } from './task-tuning.ts';

export function mergeabilityFigures(
  result: MergeabilityResult,
  _config: MergeabilityConfig,
  words: StudyWords,
): StudyFigure[] {
  const scatters = result.methods.flatMap((given, method) =>
    predictors.map(({ id, label }) => ({
      name: `${label} against loss, ${pairMethodLabel(given, words)}`,
      draw: (theme: FigureTheme) => scatter(result, method, id, theme, words),
    })),
  );
  return [...scatters, ...taskTuningFigures(result)];
}

type Pair = MergeabilityResult['groups'][number]['pairs'][number];

/** Every pair by what was measured before the merge and what the merge lost. `customdata` is [group, pair]. */
function scatter(
  result: MergeabilityResult,
  method: number,
  predictor: PredictorId,
  theme: FigureTheme,
  words: StudyWords,
): Figure {
  const { groups, tasks, methods } = result;
  const styles = studyStyles(groups, theme);
  const { quiet, surface } = themeColors(theme);
  const isVerdict = predictor === 'verdict';
  const { label = '', unit = '' } = predictors.find(({ id }) => id === predictor) ?? {};
  const given = methods[method];
  const data: FigureObject[] = [];
  for (const [place, { label: group, coto, adapters, pairs }] of groups.entries()) {
    const color = styles.get(seriesKey({ label: group, coto }))?.color ?? quiet;
    const nameOf = (at: number) => `${tasks[adapters[at]?.task ?? 0]?.name ?? ''}, seed ${adapters[at]?.seed ?? ''}`;
    for (const isSame of [false, true]) {
      const shown = pairs.flatMap((pair, at) =>
        (adapters[pair.first]?.task === adapters[pair.second]?.task) === isSame ? [{ pair, at }] : [],
      );
      if (shown.length === 0) continue;
      const name = `${plainText(group)}, ${isSame ? 'one task' : 'two tasks'}`;
      // Verdicts are categories: pairs of one stand side by side, by group and kind.
      const shift = isVerdict ? 0.16 * (place + 0.5 - groups.length / 2) + (isSame ? 0.04 : -0.04) : 0;
      data.push({
        type: 'scatter',
        mode: 'markers',
        name,
        x: shown.map(({ pair }) => predictorValue(pair, predictor) + shift),
        y: shown.map(({ pair }) => 100 * (pair.merges[method]?.lost ?? Number.NaN)),
        text: shown.map(({ pair }) => plainText(`${nameOf(pair.first)} and ${nameOf(pair.second)}: ${pair.verdict}`)),
        customdata: shown.map(({ at }) => [place, at]),
        marker: {
          size: 8,
          color: isSame ? surface : color,
          symbol: isSame ? 'circle' : 'diamond',
          line: { color, width: 1.6 },
        },
        hovertemplate: `%{text}<br>${label} %{x:.3f}, lost %{y:.1f} %<extra>${plainText(group)}</extra>`,
      });
    }
  }
  return {
    data,
    layout: baseLayout(theme, `Does ${isVerdict ? 'the verdict' : midSentence(label)} predict what a merge loses?`, {
      hovermode: 'closest',
      showlegend: true,
      legend: legendAbove(theme),
      // The legend takes two rows in a narrow window.
      margin: { l: 56, r: 24, t: legendMargin + 28, b: 48 },
      xaxis: axis(
        theme,
        `${midSentence(label)} (${unit})`,
        isVerdict
          ? {
              tickvals: mergeVerdicts.map((_, at) => at),
              ticktext: [...mergeVerdicts],
              range: [-0.5, mergeVerdicts.length - 0.5],
            }
          : {},
      ),
      yaxis: axis(theme, 'mean share of scores lost (%)', { zeroline: true, zerolinecolor: quiet }),
    }),
    caption: `${given ? pairMethodLabel(given, words) : ''} of pairs: filled, of two tasks; hollow, seeds of one task. ${associationText(result, method, predictor)}`,
  };
}

function predictorValue(pair: Pair, predictor: PredictorId): number {
  if (predictor === 'verdict') return mergeVerdicts.indexOf(pair.verdict);
  return predictor === 'excess' ? pair.overlap - pair.expected : pair[predictor];
}

function associationText({ associations, groups }: MergeabilityResult, method: number, predictor: PredictorId): string {
  const whole = groups.length > 1 ? null : 0;
  const found = associations.filter(
    (one) => one.method === method && one.predictor === predictor && one.group === whole,
  );
  const parts = found.map(({ scope, rho, tau, tauP, n }) =>
    rho === null || tau === null || tauP === null
      ? `${scope}: none can be told (${n} pairs)`
      : `${scope}: ρ = ${formatFixed(rho, 2)}, τ = ${formatFixed(tau, 2)}, p ${tauP < 0.001 ? '' : '= '}${probabilityText(tauP)} (${n} pairs)`,
  );
  return `Rank correlations, p by permutation of adapters: ${parts.join('; ')}.`;
}
