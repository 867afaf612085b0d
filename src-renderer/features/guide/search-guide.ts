import type { DocumentId } from '../../components/help/help-store.ts';
import { hasWords, searchWords } from '../../components/table/match-words.ts';

export interface SearchHit {
  readonly id: DocumentId;
  /** A passage around the first word, in plain text; empty where the title alone matches. */
  readonly passage: string;
}

/** The documents that have every word, those first that have it in their title, then in a heading, then in the text. */
export function searchGuide(texts: ReadonlyMap<DocumentId, string>, query: string): readonly SearchHit[] {
  const words = searchWords(query);
  if (words.length === 0) return [];
  const hits: { hit: SearchHit; rank: number }[] = [];
  for (const [id, text] of texts) {
    if (!hasWords(text, words)) continue;
    const headings = text.split('\n').filter((line) => line.startsWith('#'));
    const rank = hasWords(headings[0] ?? '', words) ? 0 : headings.some((heading) => hasWords(heading, words)) ? 1 : 2;
    hits.push({ hit: { id, passage: passageOf(text, words[0] ?? '') }, rank });
  }
  return hits.sort((one, other) => one.rank - other.rank).map(({ hit }) => hit);
}

function passageOf(text: string, word: string): string {
  const line = text.split('\n').find((one) => !one.startsWith('#') && one.toLowerCase().includes(word));
  if (line === undefined) return '';
  const plain = line
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[`*|]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const at = plain.toLowerCase().indexOf(word);
  const from = at > 60 ? plain.indexOf(' ', at - 60) + 1 : 0;
  return `${from > 0 ? '… ' : ''}${plain.slice(from, from + 140)}${plain.length > from + 140 ? ' …' : ''}`;
}
