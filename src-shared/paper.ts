import { z } from 'zod';

/** Sheets for printed reports, in inches. */
export const paperSizes = {
  a4: { width: 8.27, height: 11.69 },
  letter: { width: 8.5, height: 11 },
} as const;

export const paperSizeSchema = z.enum(['a4', 'letter']);
export type PaperSize = z.infer<typeof paperSizeSchema>;

/** Countries that print on Letter (Unicode CLDR, paperSize US-Letter); all others print on A4. */
const letterCountries = 'BZ CA CL CO CR GT MX NI PA PH PR SV US VE'.split(' ');

/** @param country two letters of ISO 3166, or an empty text where unknown */
export function usualPaper(country: string): PaperSize {
  return letterCountries.includes(country.toUpperCase()) ? 'letter' : 'a4';
}
