import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const results = join(import.meta.dirname, '../../docs/results');
const verdicts = ['exact', 'near', 'refused', 'wrong'] as const;
type Verdict = (typeof verdicts)[number];

/** Zoos: their pages, which `npm run test:peers` holds to what it finds, and what a row is called. */
const zoos = [
  { page: 'adapter-files.md', title: 'Adapter files' },
  { page: 'base-models.md', title: 'Base models' },
  { page: 'files.md', title: 'Data files' },
] as const;

interface ZooRow {
  /** Cells before the verdict. */
  readonly name: string;
  readonly verdict: Verdict;
  readonly note: string;
}

/** Rows of the last table of a page, whose last column is the verdict. */
function rowsOf(page: string): ZooRow[] {
  const table = readFileSync(join(results, page), 'utf8').trimEnd().split('\n\n').at(-1) ?? '';
  return table
    .split('\n')
    .slice(2)
    .map((line) => {
      const cells = line.slice(2, -2).split(' | ');
      const [, found = '', note = ''] =
        /^(exact|near|refused|wrong|read)\b(?:: | with )?(.*)$/.exec(cells.at(-1) ?? '') ?? [];
      const verdict = found === 'read' ? 'exact' : verdicts.find((one) => one === found);
      if (verdict === undefined) throw new Error(`${page}: "${line}" has no verdict`);
      return { name: cells.slice(0, -1).join(', '), verdict, note };
    });
}

it('the page of all zoos counts what their pages list, and names every file that is refused', async () => {
  const all = zoos.map(({ page, title }) => ({ page, title, rows: rowsOf(page) }));
  const every = all.flatMap(({ rows }) => rows);
  const counts = (rows: readonly ZooRow[]) =>
    [rows.length, ...verdicts.map((verdict) => rows.filter((row) => row.verdict === verdict).length)].join(' | ');
  const refused = all
    .map(({ title, rows }) => {
      const lines = rows.flatMap(({ name, verdict, note }) => (verdict === 'refused' ? [`| ${name} | ${note} |`] : []));
      return `### ${title}\n\n| File | Reason |\n| --- | --- |\n${lines.join('\n')}\n`;
    })
    .join('\n');
  const page = `# Files of other programs

Files that the real libraries write, and how many of them are read as these libraries read them. *Near* are adapters that were cut to
a lower rank, off by what the import says. \`npm run test:peers -- zoo file-zoo -u\` makes and reads all files and
writes the three pages below; \`npm run test:unit -- test/docs/zoo.test.ts -u\` then writes this page.

| Page | Tried | Exact | Near | Refused | Wrong |
| --- | ---: | ---: | ---: | ---: | ---: |
${all.map(({ page: link, title, rows }) => `| [${title}](${link}) | ${counts(rows)} |`).join('\n')}
| All | ${counts(every)} |

Further files: [70 published chat templates](chat-templates.md).

## Refused, and why

${refused}`;
  await expect(page).toMatchFileSnapshot(join(results, 'zoo.md'));
  expect(every.length).toBeGreaterThanOrEqual(300);
  expect(every.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
});
