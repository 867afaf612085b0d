import { TokenRows } from './token-rows.ts';

/**
 * Packs texts in order into rows of at most `size` tokens without splitting any (TRL's packing). Texts attend to
 * earlier ones in their row, as in TRL without a kernel that separates them. A text's first token is not predicted,
 * since nothing of the text precedes it.
 */
export function packedRows(rows: TokenRows, size: number): TokenRows {
  const packed = new TokenRows();
  let [ids, marks]: [number[], number[]] = [[], []];
  const flush = () => {
    if (ids.length > 0) packed.add(ids, marks);
    [ids, marks] = [[], []];
  };
  for (let index = 0; index < rows.count; index++) {
    const row = rows.row(index);
    if (ids.length + row.ids.length > size) flush();
    ids.push(...row.ids);
    marks.push(0, ...row.marks.subarray(1));
  }
  flush();
  return packed;
}
