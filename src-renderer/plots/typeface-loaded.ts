/**
 * Resolves when text can be measured in the bundled typeface: plotly keeps the widths that it first measures. A typeface
 * that cannot be loaded holds no figure up.
 */
export async function typefaceLoaded(): Promise<void> {
  await document.fonts.load('12px Inter').catch(() => []);
}
