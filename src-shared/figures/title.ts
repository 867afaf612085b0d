import { z } from 'zod';

/** Pixels at the top of a figure that its title takes. */
export const titleHeight = 28;

const titledLayout = z.looseObject({
  title: z.looseObject({ text: z.string() }),
  margin: z.looseObject({ t: z.number() }),
});

/** A figure's title as text, and its layout without the title and its room: for whoever sets it beside the plot. */
export function splitTitle(layout: object): { title: string; layout: object } {
  const parsed = titledLayout.safeParse(layout);
  if (!parsed.success) return { title: '', layout };
  const { title, margin, ...rest } = parsed.data;
  return {
    title: title.text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
    layout: { ...rest, margin: { ...margin, t: Math.max(8, margin.t - titleHeight) } },
  };
}
