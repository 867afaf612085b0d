import classes from './middle-text.module.css';

/** Longer ends are cut like the rest. */
const longestEnd = 28;
const shortestText = 16;

interface MiddleTextProps {
  text: string;
  /** Instead of the text itself, on hover. */
  title?: string;
}

/** A text that is cut in its middle where room is short: names of runs begin alike, and differ at their end in the seed. */
export function MiddleText({ text, title = text }: MiddleTextProps) {
  const at = endOf(text);
  return (
    <span className={classes['text']} title={title}>
      {at === 0 ? (
        <span className={classes['head']}>{text}</span>
      ) : (
        <>
          <span className={classes['head']}>{text.slice(0, at)}</span>
          <span className={classes['end']}>{text.slice(at)}</span>
        </>
      )}
    </span>
  );
}

/**
 * Returns the start of the always visible end: the last part of a name like "LoRA · digits · seed 1", else the last few
 * letters.
 */
export function endOf(text: string): number {
  if (text.length < shortestText) return 0;
  const part = text.lastIndexOf(' · ');
  if (part > 0 && text.length - part <= longestEnd) return part;
  return text.length - 8;
}
