import type { DocumentId } from '../../components/help/help-store.ts';
import { guideStrings } from '../../strings/guide.ts';
import { linkTarget } from './document-links.ts';
import { documents } from './documents.ts';

/** A document in a list of topics. */
export interface Topic {
  readonly id: DocumentId;
  readonly title: string;
  /** Description from the index. */
  readonly summary: string;
}

export interface TopicGroup {
  readonly title: string;
  readonly topics: readonly Topic[];
}

/** The first page of the guide. */
export const guideIndex: DocumentId = 'guide/README';
const cardIndex: DocumentId = 'methods/README';

/** Everything that the guide has, in reading order: its topics, the method cards by kind, the measured results. */
export function guideOutline(): readonly TopicGroup[] {
  const results = [...documents.keys()]
    .filter((id) => /^results\/[^/]+$/.test(id))
    .sort(
      (one, other) => Number(other.endsWith('README')) - Number(one.endsWith('README')) || one.localeCompare(other),
    );
  return [
    ...outlineOf(guideIndex, guideStrings.topics),
    ...outlineOf(cardIndex, titleOf(cardIndex)),
    { title: guideStrings.results, topics: results.map((id) => ({ id, title: titleOf(id), summary: '' })) },
  ];
}

/** The documents that an index lists, under its headings; under its own title those above the first heading. */
function outlineOf(index: DocumentId, title: string): readonly TopicGroup[] {
  const groups: { title: string; topics: Topic[] }[] = [
    { title, topics: [{ id: index, title: guideStrings.overview, summary: '' }] },
  ];
  for (const line of (documents.get(index) ?? '').split('\n')) {
    const heading = /^## (.+)$/.exec(line)?.[1];
    if (heading !== undefined) groups.push({ title: heading.trim(), topics: [] });
    const [, label, href, summary = ''] =
      /^(?:[-*]|\d+[.]) \[([^\]]+)\]\(([^)]+)\)(?:: (.*))?$/.exec(line.trim()) ?? [];
    if (label === undefined || href === undefined) continue;
    const target = linkTarget(index, href);
    if (target.kind === 'document') groups.at(-1)?.topics.push({ id: target.place.document, title: label, summary });
  }
  return groups;
}

/** A document's title: its first heading. */
export function titleOf(document: DocumentId): string {
  return /^# (.+)$/m.exec(documents.get(document) ?? '')?.[1]?.trim() ?? document;
}
