import { TokenRows, textStart } from '../shared/token-rows.ts';

/**
 * Packs texts in order into rows of at most `size` tokens without splitting any (TRL's packing). A text's first
 * token is not predicted, since nothing of the text precedes it, but marked: `languageBatch` can separate the texts of a row by it.
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
    marks.push(textStart, ...row.marks.subarray(1));
  }
  flush();
  return packed;
}
