import type { ReactNode } from 'react';
import classes from './text.module.css';

/**
 * The little Markdown that provenance notes are written in: headings, paragraphs, list items and `code`. Anything else is
 * shown as it is; nothing is ever interpreted as HTML.
 */
export function Prose({ text }: { text: string }) {
  return <div className={classes['prose']}>{blocks(text)}</div>;
}

function blocks(text: string): ReactNode[] {
  const result: ReactNode[] = [];
  let items: string[] = [];
  const flush = () => {
    if (items.length === 0) return;
    const held = items;
    result.push(
      <ul key={result.length}>
        {held.map((item) => (
          <li key={item}>{inline(item)}</li>
        ))}
      </ul>,
    );
    items = [];
  };
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim();
    const item = /^[-*] (.*)$/.exec(trimmed);
    const heading = /^#+ (.*)$/.exec(trimmed);
    if (item) items.push(item[1] ?? '');
    else if (trimmed === '') flush();
    else if (/^\s{2,}/.test(line) && items.length > 0) items[items.length - 1] += ` ${trimmed}`;
    else {
      flush();
      result.push(
        heading ? (
          <h3 key={result.length}>{inline(heading[1] ?? '')}</h3>
        ) : (
          <p key={result.length}>{inline(trimmed)}</p>
        ),
      );
    }
  }
  flush();
  return result;
}

function inline(text: string): ReactNode[] {
  return text.split('`').map((part, index) => {
    const key = `${index}-${part}`;
    return index % 2 === 1 ? <code key={key}>{part}</code> : <span key={key}>{part}</span>;
  });
}
