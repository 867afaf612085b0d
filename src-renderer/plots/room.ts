import { z } from 'zod';

/** Pixels that plotly makes for what is at an edge of a plot, in the sizes of type that all figures have. */
const room = { ticks: 33, ticksAndTitle: 50, legend: 44, aroundTickText: 36 };

const axisSchema = z.looseObject({
  title: z.looseObject({ text: z.string() }).optional(),
  ticktext: z.array(z.string()).optional(),
  showticklabels: z.boolean().default(true),
  automargin: z.boolean().default(true),
});
const layoutSchema = z.looseObject({
  margin: z.looseObject({ l: z.number(), t: z.number(), b: z.number() }),
  showlegend: z.boolean().default(false),
  legend: z.looseObject({ orientation: z.string(), yanchor: z.string() }).optional().catch(undefined),
  xaxis: axisSchema.optional(),
  yaxis: axisSchema.optional(),
});

/**
 * A layout with the margins that its axes and its legend need. Plotly finds the same ones, but only after it has drawn,
 * and then draws all of the figure again. Plotly still does so if more margin is needed (six-digit numbers, a legend of
 * two rows).
 *
 * @param widthOf pixels of the widest of these texts, as the ticks of an axis are written
 */
export function withRoom(layout: object, widthOf: (texts: readonly string[]) => number): object {
  const parsed = layoutSchema.safeParse(layout);
  if (!parsed.success) return layout;
  const { margin, xaxis, yaxis, legend, showlegend } = parsed.data;
  const isTitled = (xaxis?.title?.text ?? '') !== '';
  const below = xaxis?.automargin && xaxis.showticklabels ? (isTitled ? room.ticksAndTitle : room.ticks) : 0;
  const names = yaxis?.automargin && yaxis.showticklabels ? (yaxis.ticktext ?? []) : [];
  const left = names.length === 0 ? 0 : Math.ceil(widthOf(names)) + room.aroundTickText;
  const isAbove = showlegend && legend?.orientation === 'h' && legend.yanchor === 'bottom';
  return {
    ...layout,
    margin: {
      ...margin,
      l: Math.max(margin.l, left),
      t: Math.max(margin.t, isAbove ? room.legend : 0),
      b: Math.max(margin.b, below),
    },
  };
}
