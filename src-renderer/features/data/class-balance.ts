import type { DatasetDescription, TextDescription } from '../../../src-shared/domain/data/dataset.ts';
import { type Figure, type FigureTheme, plainText } from '../../../src-shared/figures/index.ts';
import { axis, baseLayout, legendAbove } from '../../../src-shared/figures/layout.ts';
import { neutralColors } from '../../../src-shared/figures/palette.ts';

/** Returns labels for the class balance, by the kind of labels counted. */
export function balanceWords({ text }: { readonly text: Pick<TextDescription, 'labelKind'> | null }): {
  readonly title: string;
  readonly unit: string;
} {
  return text?.labelKind === 'tags' ? { title: 'Tags', unit: 'words' } : { title: 'Class balance', unit: 'examples' };
}

/**
 * Draws the number of examples of each class, or of words with each tag, with a bar for each split. Neutral greys:
 * classes are neither runs nor variants.
 */
export function classBalanceFigure(description: DatasetDescription, theme: FigureTheme): Figure {
  const { title, unit } = balanceWords(description);
  const tones = neutralColors(theme);
  const labels = description.labels.map(plainText);
  // The classes' names say what the axis is; an empty title would still take its room.
  const { title: _none, ...unnamed } = axis(theme, '', {
    type: 'category',
    showgrid: false,
    ...(labels.length > 12 ? { tickangle: -45 } : {}),
  });
  return {
    data: description.splits.map((split) => ({
      type: 'bar',
      name: split.name,
      x: labels,
      y: split.perLabel,
      marker: { color: split.name === 'train' ? tones.main : tones.second },
      hovertemplate: `%{y} ${split.name}<extra></extra>`,
    })),
    layout: baseLayout(theme, title, {
      margin: { l: 56, r: 24, t: 44, b: 24 },
      barmode: 'group',
      bargap: 0.25,
      showlegend: true,
      legend: { ...legendAbove(theme), x: 1, xanchor: 'right' },
      xaxis: unnamed,
      yaxis: axis(theme, unit, { rangemode: 'tozero' }),
    }),
    caption: '',
  };
}
