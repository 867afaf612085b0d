import { Anchor, CloseButton, Popover } from '@mantine/core';
import { Fragment, type ReactNode, useEffect, useId, useMemo, useState } from 'react';
import { create } from 'zustand';
import { type GlossaryTerm, glossaryParts } from '../../../src-shared/glossary.ts';
import { guideStrings } from '../../strings/guide.ts';
import classes from './glossary-text.module.css';
import { openCard } from './help-store.ts';

/** The text that explains each term: the first among those that are shown. */
const useFirstUses = create<{ readonly owners: Readonly<Record<string, string>> }>(() => ({ owners: {} }));

/** A text in which the terms of the glossary that the page has not used yet open their definition. */
export function GlossaryText({ text }: { text: string }): ReactNode {
  const parts = useMemo(() => glossaryParts(text), [text]);
  return parts.map((part, index) => (
    <Fragment key={index}>
      {part.term === null ? part.text : <Term term={part.term} text={part.text} plain={part.text} />}
    </Fragment>
  ));
}

interface FieldTermProps {
  /** Label of the field, which may be or contain a term. */
  label: string;
  /** Name of the field in the YAML. */
  name: string;
  className: string;
}

/** The name under a field's label, which opens the definition of the term in the label at its first use on the page. */
export function FieldTerm({ label, name, className }: FieldTermProps): ReactNode {
  const term = useMemo(() => glossaryParts(label).find((part) => part.term !== null)?.term ?? null, [label]);
  const plain = (
    <code className={className} aria-hidden>
      {name}
    </code>
  );
  return term === null ? plain : <Term term={term} text={name} plain={plain} className={className} />;
}

interface TermProps {
  term: GlossaryTerm;
  text: string;
  /** Replaces the term where the page has explained it already. */
  plain: ReactNode;
  className?: string;
}

function Term({ term, text, plain, className }: TermProps) {
  const isFirst = useIsFirst(term);
  if (!isFirst) return plain;
  const definition = <Definition term={term} text={text} />;
  return className === undefined ? (
    definition
  ) : (
    <code className={`${className} ${classes['alone']}`}>{definition}</code>
  );
}

function Definition({ term, text }: { term: GlossaryTerm; text: string }) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} width={320} position="bottom-start" trapFocus returnFocus>
      <Popover.Target>
        <button
          type="button"
          className={classes['term']}
          aria-label={text === term.term ? undefined : guideStrings.definitionOf(text, term.term)}
          onClick={() => setOpened((is) => !is)}
        >
          {text}
        </button>
      </Popover.Target>
      <Popover.Dropdown className={classes['definition'] ?? ''}>
        <div className={classes['head']}>
          {term.term}
          <CloseButton size="sm" aria-label={guideStrings.closeDefinition} onClick={() => setOpened(false)} />
        </div>
        {term.definition}
        <Anchor
          component="button"
          type="button"
          size="sm"
          className={classes['more'] ?? ''}
          onClick={() => {
            setOpened(false);
            openCard(term.document);
          }}
        >
          {guideStrings.moreOf(term.term)}
        </Anchor>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Claims a term that nothing else on the screen explains, until the text is gone. */
function useIsFirst({ id }: GlossaryTerm): boolean {
  const owner = useId();
  const current = useFirstUses(({ owners }) => owners[id]);
  useEffect(() => {
    if (current === undefined)
      useFirstUses.setState(({ owners }) => (owners[id] === undefined ? { owners: { ...owners, [id]: owner } } : {}));
  }, [current, id, owner]);
  useEffect(
    () => () =>
      useFirstUses.setState(({ owners }) => {
        if (owners[id] !== owner) return {};
        const { [id]: _released, ...others } = owners;
        return { owners: others };
      }),
    [id, owner],
  );
  return current === owner;
}
