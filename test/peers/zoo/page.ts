/** A file or folder of a zoo, and what becomes of it. */
export interface Row {
  readonly group: string;
  readonly name: string;
  readonly what: string;
  readonly verdict: 'exact' | 'near' | 'refused' | 'wrong';
  /** Reason of a refusal, or how near the values are. */
  readonly note: string;
}

interface PageText {
  readonly title: string;
  /** Heading of the groups. */
  readonly of: string;
  readonly text: string;
}

const verdicts = ['exact', 'near', 'refused', 'wrong'] as const;

/** The page of a zoo: how many of each group are exact, near, refused and wrong; then every file. */
export function zooPage(rows: readonly Row[], { title, of, text }: PageText): string {
  const groups = [...new Set(rows.map(({ group }) => group))];
  const used = verdicts.filter((verdict) => verdict === 'wrong' || rows.some((row) => row.verdict === verdict));
  const count = (own: readonly Row[]) =>
    [own.length, ...used.map((verdict) => own.filter((row) => row.verdict === verdict).length)].join(' | ');
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `# ${title}

${text}

${line([of, 'Tried', ...used.map((verdict) => verdict.slice(0, 1).toUpperCase() + verdict.slice(1))])}
| --- |${' ---: |'.repeat(used.length + 1)}
${groups.map((group) => `| ${group} | ${count(rows.filter((row) => row.group === group))} |`).join('\n')}
| All | ${count(rows)} |

## Every file

${line([of, 'File', 'What it is', 'Verdict'])}
| --- | --- | --- | --- |
${rows.map(({ group, name, what, verdict, note }) => line([group, name, what, note === '' ? verdict : `${verdict}: ${note}`])).join('\n')}
`;
}
