import type { TextExample } from '../../../src-shared/domain/data/dataset.ts';
import classes from './data.module.css';

const colors = 6;

/** Words in a line; those of an entity under its color, with the name of it. */
export function TaggedWords({ words = [], tags = [] }: Pick<TextExample, 'words' | 'tags'>) {
  return (
    <>
      {entitiesOf(words, tags).map(({ text, type }, place) =>
        type === null ? (
          <span key={place}>{text} </span>
        ) : (
          <span key={place}>
            <mark className={classes['entity']} data-color={colorOf(type)}>
              {text} <small>{type}</small>
            </mark>{' '}
          </span>
        ),
      )}
    </>
  );
}

/** Stretches of words in no entity, and entities. */
export function entitiesOf(
  words: readonly string[],
  tags: readonly string[],
): { readonly text: string; readonly type: string | null }[] {
  const stretches: { text: string; type: string | null }[] = [];
  for (const [at, word] of words.entries()) {
    const tag = tags[at] ?? 'O';
    const type = tag === 'O' ? null : tag.slice(2);
    const last = stretches.at(-1);
    if (last !== undefined && last.type === type && !tag.startsWith('B-')) last.text += ` ${word}`;
    else stretches.push({ text: word, type });
  }
  return stretches;
}

/** The same for a name everywhere. */
function colorOf(type: string): number {
  let sum = 0;
  for (const character of type) sum = (sum * 33 + (character.codePointAt(0) ?? 0)) % 6007;
  return sum % colors;
}
