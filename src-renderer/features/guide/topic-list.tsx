import { useMemo } from 'react';
import type { DocumentId, GuidePlace } from '../../components/help/help-store.ts';
import { guideStrings } from '../../strings/guide.ts';
import { documents } from './documents.ts';
import classes from './guide.module.css';
import { type TopicGroup, titleOf } from './outline.ts';
import { searchGuide } from './search-guide.ts';

interface TopicListProps {
  outline: readonly TopicGroup[];
  /** With words: what has them, best first, instead of the outline. */
  query: string;
  current: DocumentId;
  addressOf: (place: GuidePlace) => string;
}

/** The guide's documents as links: in reading order, or what a search finds. */
export function TopicList({ outline, query, current, addressOf }: TopicListProps) {
  const hits = useMemo(() => searchGuide(documents, query), [query]);
  const link = (id: DocumentId, title: string, note: string) => (
    <a
      key={id}
      className={classes['topic']}
      href={addressOf({ document: id, anchor: null })}
      aria-current={id === current ? 'page' : undefined}
    >
      {title}
      {note === '' ? null : <span className={classes['note']}>{note}</span>}
    </a>
  );
  if (query.trim() !== '')
    return (
      <nav aria-label={guideStrings.search}>
        <p className={classes['found']} role="status">
          {guideStrings.found(hits.length)}
        </p>
        {hits.map(({ id, passage }) => link(id, titleOf(id), passage))}
      </nav>
    );
  return (
    <nav aria-label={guideStrings.topics}>
      {outline.map((group) => (
        <section key={group.title} aria-label={group.title}>
          <h2 className={classes['heading']}>{group.title}</h2>
          {group.topics.map(({ id, title }) => link(id, title, ''))}
        </section>
      ))}
    </nav>
  );
}
