import type { Declaration } from '../domain/parameters/parameter.ts';
import { plainLatex } from '../studies/report/latex-text.ts';
import { authorsOf, yearOf } from './authors.ts';

export type Paper = NonNullable<Declaration['paper']>;

/** The app itself, which results are computed with. */
export const studioCitation = {
  key: 'cotostudio',
  title: 'CoTo Studio',
  author: '{The CoTo Studio founders}',
} as const;

/** Key of a paper: the name of the first author, the year and the first long word of the title, e.g. "hu2021lora". */
export function citationKey({ title, url }: Paper): string {
  const [name = ''] = (authorsOf(url) ?? '').split(',');
  const words = title.split(/[\s:,]+/).filter((word) => word.length > 3);
  // Teams write several papers a year on models of one name.
  const isTeam = name === '' || name.startsWith('{');
  return [name, String(yearOf(url) ?? ''), ...words.slice(0, isTeam ? 2 : 1)].map(asKey).join('');
}

/** Letters and digits of ASCII in lower case: accents of BibTeX and Unicode are left out. */
function asKey(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .toLowerCase();
}

/** Papers and the app as a BibTeX file, each paper once. */
export function bibtex(papers: readonly Paper[], version: string): string {
  const distinct = new Map<string, Paper>();
  for (const paper of papers) {
    const known = distinct.get(paper.url);
    // A title may be declared in short, or with a remark in brackets.
    const title = paper.title.replace(/ \([^)]*\)$/, '');
    if (known === undefined || title.length > known.title.length) distinct.set(paper.url, { ...paper, title });
  }
  const { key, title, author } = studioCitation;
  return [
    entry('software', key, { author, title: `{${title}}`, version }),
    ...[...distinct.values()].map((paper) => entry('misc', citationKey(paper), fieldsOf(paper))),
  ].join('\n');
}

function fieldsOf({ title, url }: Paper): Readonly<Record<string, string | null>> {
  const arxiv = /arxiv\.org\/abs\/([\d.]+)/.exec(url)?.[1] ?? null;
  const doi = /doi\.org\/(.+)/.exec(url)?.[1] ?? null;
  const year = yearOf(url);
  return {
    author: authorsOf(url),
    // Braces keep the capitals of names in styles that lower titles.
    title: `{${plainLatex(title)}}`,
    year: year === null ? null : String(year),
    eprint: arxiv,
    archivePrefix: arxiv === null ? null : 'arXiv',
    doi,
    url,
  };
}

function entry(type: string, key: string, fields: Readonly<Record<string, string | null>>): string {
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === null ? [] : [`  ${name} = {${value}},\n`],
  );
  return `@${type}{${key},\n${lines.join('')}}\n`;
}
