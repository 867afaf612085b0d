import { IconHelp } from '@tabler/icons-react';
import { guideStrings } from '../../strings/guide.ts';
import classes from './help-button.module.css';
import { type DocumentId, openCard } from './help-store.ts';

interface HelpButtonProps {
  /** Subject of the help: a field's label, a method's name. */
  label: string;
  /** The document that the side sheet shows; a field without one has its own help there. */
  card?: DocumentId | null | undefined;
  /** A field's name and sentence, above the document. */
  field?: { readonly name: string; readonly help: string };
}

/** A "?" beside what it explains: it opens the card in the side sheet. A form has dozens, so that it is a plain button. */
export function HelpButton({ label, card = null, field }: HelpButtonProps) {
  return (
    <button
      type="button"
      className={classes['button']}
      aria-label={guideStrings.helpFor(label)}
      aria-haspopup="dialog"
      onClick={() => openCard(card, field ? { label, ...field } : null)}
    >
      <IconHelp size={14} aria-hidden />
    </button>
  );
}
