/** Proper names at the start of labels. */
const names =
  /^(Adam|Riemannian|Gaussian|Kaiming|Karcher|Xavier|Neumann|Matthews|Pearson|Spearman|Core Space|Iso|Model Breadcrumbs|Model Stock|Pico|Wanda)\b/;

/** "Learning rate" as it stands amid other words; names keep their capital, as F1 does. */
export function midSentence(label: string): string {
  return !names.test(label) && /^[A-Z][a-z]*( |$|-)/.test(label)
    ? label.charAt(0).toLowerCase() + label.slice(1)
    : label;
}

/** "accuracy" → "Accuracy". */
export function titled(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Title of an axis with its unit, if it has one: "accuracy (%)". */
export function axisTitle(quantity: string, unit: string): string {
  return unit === '' ? quantity : `${quantity} (${unit})`;
}
