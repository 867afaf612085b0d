/** "Learning rate" as it stands amid other words; names keep their capital, as F1 does. */
export function amidWords(label: string): string {
  const isName = /^(Adam|Riemannian|Gaussian|Kaiming|Xavier|Neumann|Matthews|Pearson|Spearman)\b/.test(label);
  return !isName && /^[A-Z][a-z]*( |$|-)/.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label;
}
