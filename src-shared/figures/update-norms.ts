import type { AdapterNorms } from '../domain/adapters/adapter.ts';
import { formatNumber } from '../format/numbers.ts';
import { type Figure, type FigureTheme, plainText } from './figure.ts';
import { axis, baseLayout, colorbar } from './layout.ts';
import { sequentialScale } from './palette.ts';

/** Modules of one layer, by what tells them apart: "attention.q_proj" of "vit.layers.3.attention.q_proj". */
function placeOf({ name, layer }: AdapterNorms['modules'][number]): string {
  if (layer === null) return name;
  const parts = name.split('.');
  const at = parts.indexOf(String(layer));
  return at < 0 ? name : parts.slice(at + 1).join('.');
}

/** The last names of modules, or as much of the rest as tells them apart. */
function shortest(places: readonly string[]): string[] {
  return places.map((place) => {
    const parts = place.split('.');
    for (let from = parts.length - 1; from > 0; from--) {
      const end = parts.slice(from).join('.');
      if (places.filter((other) => other === end || other.endsWith(`.${end}`)).length === 1) return end;
    }
    return place;
  });
}

/**
 * By how much an adapter changes each weight: layers from the input (bottom) up, target modules side by side. Modules outside
 * the layers have a row of their own at the top.
 */
export function updateNormFigure({ modules }: AdapterNorms, theme: FigureTheme): Figure {
  const inside = modules.filter(({ layer }) => layer !== null);
  const outside = modules.filter(({ layer }) => layer === null);
  const layers = [...new Set(inside.map(({ layer }) => layer))].sort((one, other) => Number(one) - Number(other));
  const places = [...new Set([...inside, ...outside].map(placeOf))];
  const columns = new Map(places.map((place, at) => [place, at]));
  const rows = [...layers.map(String), ...(outside.length > 0 ? ['outside'] : [])];
  const z: (number | null)[][] = rows.map(() => places.map(() => null));
  const text: string[][] = rows.map(() => places.map(() => ''));
  for (const module of modules) {
    const row = module.layer === null ? rows.length - 1 : layers.indexOf(module.layer);
    const column = columns.get(placeOf(module)) ?? 0;
    const [values, words] = [z[row], text[row]];
    if (!values || !words) continue;
    values[column] = module.perEntry;
    words[column] =
      `${plainText(module.name)}<br>RMS ${formatNumber(module.perEntry)}, ‖ΔW‖ ${formatNumber(module.norm)}`;
  }
  const stride = Math.ceil(rows.length / 16);
  const ticks = rows.flatMap((row, at) => (at % stride === 0 || row === 'outside' ? [at] : []));
  return {
    data: [
      {
        type: 'heatmap',
        name: 'RMS of ΔW',
        x: places.map((_, at) => at),
        y: rows.map((_, at) => at),
        z,
        text,
        zmin: 0,
        xgap: 1,
        ygap: 1,
        hoverongaps: false,
        hovertemplate: '%{text}<extra></extra>',
        colorscale: sequentialScale,
        colorbar: colorbar(theme, 'RMS of ΔW', { len: 1, tickformat: '.2~g' }),
      },
    ],
    layout: baseLayout(theme, 'How much each weight changes', {
      hovermode: 'closest',
      margin: { l: 56, r: 64, t: 44, b: 64 },
      xaxis: axis(theme, 'target module', {
        tickvals: places.map((_, at) => at),
        ticktext: shortest(places).map(plainText),
        showgrid: false,
      }),
      yaxis: axis(theme, 'layer', {
        tickvals: ticks,
        ticktext: ticks.map((at) => rows[at] ?? ''),
        showgrid: false,
      }),
    }),
    caption:
      'Root mean square of the entries of ΔW = scaling · B·A, so that modules of different sizes compare; hover for the Frobenius norm. The layer nearest the input is at the bottom.',
  };
}
