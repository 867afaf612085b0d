/**
 * Maximum number of optional parts in a pattern that somebody else may have written. V8 compiles a pattern at its second use,
 * which nothing can interrupt and which takes exponential time in them: 100 of them before 100 dots take minutes.
 */
export const maxOptionalParts = 20;

/** Counts the parts of a regular expression that may be left out: `a?`, `a{0,1}`, `(a|)`. */
export function optionalParts(pattern: string): number {
  const plain = pattern.replaceAll(/\\[\s\S]/g, 'x').replaceAll(/\[[^\]]*\]/g, 'x');
  const marks = plain.match(/(?<![(*+?}])\?/g)?.length ?? 0;
  const empty = plain.match(/\|(?=[|)]|$)|(?<=^|\(|\(\?:)\|/g)?.length ?? 0;
  let counted = 0;
  for (const [, least, most] of plain.matchAll(/\{(\d*),(\d+)\}/g))
    counted += Math.min(3, Number(most) - Number(least));
  return marks + empty + counted;
}
