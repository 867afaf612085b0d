import { z } from 'zod';

/** Formats that a figure is written in: vectors, text for LaTeX, and pixels. */
export const figureFormats = ['svg', 'pdf', 'pgf', 'png'] as const;
export const figureFormatSchema = z.enum(figureFormats);
export type FigureFormat = z.infer<typeof figureFormatSchema>;

/** A figure as a page has drawn it, in the formats that were asked for: `pdf` is the SVG that is printed, `png` a data URL. */
export const drawnFigureSchema = z.object({
  width: z.number().min(1).max(10_000).describe('pixels'),
  height: z.number().min(1).max(10_000),
  files: z.partialRecord(figureFormatSchema, z.string()),
});
export type DrawnFigure = z.infer<typeof drawnFigureSchema>;
