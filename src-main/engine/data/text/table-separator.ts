import type { ParameterSpec } from '../../../../src-shared/domain/parameter.ts';

const separators = [
  { id: 'comma', label: 'Comma', character: ',' },
  { id: 'semicolon', label: 'Semicolon', character: ';' },
  { id: 'tab', label: 'Tab', character: '\t' },
  { id: 'bar', label: 'Vertical bar', character: '|' },
] as const;

export const separatorParameter: ParameterSpec = {
  name: 'separator',
  label: 'Separator',
  type: 'choice',
  default: 'auto',
  choices: [
    { value: 'auto', label: 'Auto-detect' },
    ...separators.map(({ id, label }) => ({ value: id as string, label: label as string })),
  ],
  help: 'What separates the cells of a row. Auto-detect: what the first rows have equally often.',
  advanced: true,
};

const judgedRows = 20;

/** What separates the cells of a table that begins with `sample`. */
export function separatorOf(sample: string, chosen: string): string {
  const stated = separators.find(({ id }) => id === chosen);
  if (stated !== undefined) return stated.character;
  const rows = countsOf(sample);
  let best = { character: ',', equal: 0, count: 0 };
  for (const [index, { character }] of separators.entries()) {
    const [first = 0, ...rest] = rows.map((row) => row[index] ?? 0);
    if (first === 0) continue;
    const equal = rest.filter((count) => count === first).length;
    if (best.count === 0 || equal > best.equal || (equal === best.equal && first > best.count))
      best = { character, equal, count: first };
  }
  return best.character;
}

/** How often each separator is in each of the first rows, outside of quotation marks. */
function countsOf(sample: string): number[][] {
  const rows: number[][] = [];
  let row = separators.map(() => 0);
  let isQuoted = false;
  for (const character of sample) {
    if (character === '"') isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (character === '\n' || character === '\r') {
      if (character === '\n' || row.some((count) => count > 0)) rows.push(row);
      row = separators.map(() => 0);
      if (rows.length >= judgedRows) return rows;
      continue;
    }
    const index = separators.findIndex((separator) => separator.character === character);
    if (index >= 0) row[index] = (row[index] ?? 0) + 1;
  }
  // The last row of a short file has no line end; that of a longer one ends somewhere in the middle.
  return [...rows, row];
}
