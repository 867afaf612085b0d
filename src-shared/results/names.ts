import type { RunRecord } from '../domain/runs/run.ts';

/** Titles of the two columns of a comparison. */
export interface ComparisonSides {
  readonly without: string;
  readonly coto: string;
}

/**
 * By the variant that the runs share ("DoRA" and "DoRA + CoTo"); of several variants, by CoTo alone.
 *
 * @param variantName the label of a variant's id
 */
export function comparisonSides(
  runs: readonly Pick<RunRecord, 'config'>[],
  variantName: (id: string) => string,
): ComparisonSides {
  const [only, ...others] = new Set(runs.map(({ config }) => config.adapter.variant));
  if (only === undefined || others.length > 0) return { without: 'Without CoTo', coto: 'With CoTo' };
  return { without: variantName(only), coto: `${variantName(only)} + CoTo` };
}

/** Display names of base models by id: the name, with the folder added if two models share it. */
export function distinctModelNames(
  models: readonly { readonly id: string; readonly name: string; readonly path: string }[],
): ReadonlyMap<string, string> {
  return new Map(
    models.map(({ id, name, path }) => {
      const isTwice = models.some((other) => other.id !== id && other.name === name);
      return [id, isTwice ? `${name} (${path})` : name];
    }),
  );
}

/** The names, the later ones of equals with a number. Letters of another case are equal, as in the names of files on macOS and Windows. */
export function distinctNames(
  names: readonly string[],
  numbered = (name: string, number: number) => `${name} (${number})`,
): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let number = 1; taken.has(own.toLowerCase()); number++) own = numbered(name, number);
    taken.add(own.toLowerCase());
    return own;
  });
}
