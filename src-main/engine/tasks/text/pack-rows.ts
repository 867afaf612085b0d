import { TokenRows } from './token-rows.ts';

/**
 * Puts texts one after the other into rows of at most `size` tokens, each text whole, in their order (TRL's packing). The texts of a
 * row see those before them, as in TRL without a kernel that keeps them apart. A text's first token is not asked for: nothing of the
 * text came before it.
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
