import { stringify } from 'yaml';
import type { StudyTable } from '../../../src-shared/studies/define-study.ts';
import { provenanceFacts, studyCommand } from '../../../src-shared/studies/report/provenance-facts.ts';
import { markdownTable, plainMarkdown } from '../../../src-shared/studies/report/study-markdown.ts';
import type { ReportContent } from './content.ts';
import { diagnosisHeading, diagnosisTable } from './diagnosis.ts';
import type { ReportOptions } from './options.ts';
import { sampledRuns } from './samples.ts';
import { differencesTable, type ReportVersions, runsTable, setupFacts, stateLine } from './setup.ts';

/** The sections of the report but its figures, for a README or an issue (GitHub's Markdown). */
export function reportMarkdown(
  options: ReportOptions,
  content: ReportContent,
  versions: ReportVersions,
  createdAt: number,
): string {
  const { lead, findings, own, studyParts } = content;
  const differences = differencesTable(content);
  const { name, note, sections, studies, runs, studyYaml } = options;
  const has = (section: ReportOptions['sections'][number]) => sections.includes(section);
  const facts = (items: readonly { label: string; value: string }[]) =>
    items.map(({ label, value }) => `- ${plainMarkdown(label)}: ${plainMarkdown(value)}`).join('\n');
  const diagnosis = has('diagnosis') ? diagnosisTable(options) : null;
  const sampled = sampledRuns(options, content);
  const parts = [...(own === null ? [] : [own]), ...studyParts];
  return [
    `# ${plainMarkdown(name)}`,
    plainMarkdown(stateLine(options, createdAt)),
    note
      .split(/\n{2,}/)
      .map(plainMarkdown)
      .join('\n\n'),
    ...(has('summary') && lead !== null ? [plainMarkdown(lead)] : []),
    ...(has('summary') && findings.length > 0
      ? ['## Summary', findings.map((finding) => `- ${plainMarkdown(finding)}`).join('\n')]
      : []),
    ...(has('results')
      ? parts.flatMap(({ heading, tables }) => [
          `## ${plainMarkdown(heading)}`,
          ...tables.flatMap((table) => {
            const [title = '', ...rest] = markdownTable(table);
            return table.title === heading ? rest : [`#${title}`, ...rest];
          }),
        ])
      : []),
    ...(diagnosis === null ? [] : diagnosisLines(diagnosis)),
    ...(has('samples') && sampled.length > 0
      ? [
          '## Samples',
          ...sampled.flatMap(({ table }) => [`#${markdownTable(table)[0]}`, ...markdownTable(table).slice(1)]),
        ]
      : []),
    ...(has('setup')
      ? [
          '## Setup',
          facts(setupFacts(options, versions)),
          ...(runs.length === 0 ? [] : markdownTable(runsTable(options)).slice(1)),
          ...(differences === null ? [] : markdownTable(differences).slice(1)),
          ...studies.flatMap((study) => [`### ${plainMarkdown(study.name)}`, facts(provenanceFacts(study.provenance))]),
        ]
      : []),
    ...(has('configs')
      ? [
          '## Configs',
          ...studies.flatMap(({ id, name: title }) => {
            const yaml = studyYaml.get(id);
            return yaml === undefined ? [] : [`${plainMarkdown(title)} (\`${studyCommand}\`)`, fenced(yaml)];
          }),
          ...runs.flatMap((run) => [plainMarkdown(run.name), fenced(stringify(run.config, { lineWidth: 0 }))]),
        ]
      : []),
  ]
    .filter((part) => part !== '')
    .map((part) => `${part}\n`)
    .join('\n');
}

function diagnosisLines(table: StudyTable): string[] {
  const [, ...lines] = markdownTable(table);
  return [`## ${diagnosisHeading}`, ...(table.rows.length === 0 ? (table.notes ?? []).map(plainMarkdown) : lines)];
}

/** A block of code whose fence is longer than any in it. */
function fenced(code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}yaml\n${code.trimEnd()}\n${fence}`;
}
