import type { Catalog } from '../../../src-shared/domain/catalog.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';

export interface PatternChoice {
  /** Identity in a set of chosen patterns. */
  readonly key: string;
  readonly label: string;
  /** The method's own name, above its choices; null where the method has none. */
  readonly group: string | null;
  readonly method: string;
  readonly parameters: ParameterValues;
}

/**
 * The patterns that can be ticked: each method of the catalog that runs over no grid, once for every value of its first
 * choice (low, middle and high third are three patterns), else once with its defaults.
 */
export function patternChoices(methods: Catalog['pruneMethods']): PatternChoice[] {
  return methods
    .filter((method) => method.grid === null)
    .flatMap((method): PatternChoice[] => {
      const choice = method.parameters.find((parameter) => parameter.type === 'choice');
      if (!choice) return [{ key: method.id, label: method.label, group: null, method: method.id, parameters: {} }];
      return (choice.choices ?? []).map(({ value, label }) => ({
        key: `${method.id}/${value}`,
        label,
        group: method.label,
        method: method.id,
        parameters: { [choice.name]: value },
      }));
    });
}

/** Ticked at first: the paper's patterns, which keep even layers or one third of them. */
export function isUsual(pattern: PatternChoice): boolean {
  return pattern.key !== 'every-other-layer/odd';
}

/**
 * "0.25, 50 %, 0.9" → shares in rising order, each once; null where a part is no share between 0 and 1.
 */
export function sparsitiesFromText(text: string): number[] | null {
  const shares: number[] = [];
  for (const part of text.replaceAll(/\s*%/g, '%').split(/[\s,;]+/)) {
    if (part === '') continue;
    const share = part.endsWith('%') ? Number(part.slice(0, -1)) / 100 : Number(part);
    if (!Number.isFinite(share) || share < 0 || share > 1) return null;
    shares.push(share);
  }
  return [...new Set(shares)].sort((first, second) => first - second);
}
