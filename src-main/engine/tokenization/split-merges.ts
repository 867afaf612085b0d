export type Merge = readonly [left: string, right: string];

/**
 * The merges by which a byte-pair encoding makes tokens: every split of a token into two others, in the order of the tokens.
 * @param parts tokens that may be merged, with their ranks
 * @param splits order of the splits of a token: shortest left half first, or by the ranks of the halves
 */
export function splitMerges(
  tokens: Iterable<string>,
  parts: ReadonlyMap<string, number>,
  splits: 'by length' | 'by rank',
): Merge[] {
  const merges: Merge[] = [];
  for (const token of tokens) {
    const found: { readonly merge: Merge; readonly left: number; readonly right: number }[] = [];
    for (let cut = 1; cut < token.length; cut++) {
      const merge: Merge = [token.slice(0, cut), token.slice(cut)];
      const [left, right] = [parts.get(merge[0]), parts.get(merge[1])];
      if (left !== undefined && right !== undefined) found.push({ merge, left, right });
    }
    if (splits === 'by rank') found.sort((one, other) => one.left - other.left || one.right - other.right);
    for (const { merge } of found) merges.push(merge);
  }
  return merges;
}
