/**
 * Resolves when text can be measured in the bundled typeface: plotly keeps the widths that it first measures. A typeface
 * that cannot be loaded delays no figure.
 */
export async function typefaceLoaded(): Promise<void> {
  // Digits are a file of their own.
  await document.fonts.load('12px Inter', 'p = 0').catch(() => []);
}
