import { Anchor, Button } from '@mantine/core';
import { Panel } from '../../components/layout/panel.tsx';
import { trainStrings } from '../../strings/train.ts';
import { type Blocker, focusField } from './blockers.ts';
import classes from './train.module.css';

interface ProblemPanelProps {
  blockers: readonly Blocker[];
  /** Repeats the check, for problems that may have been fixed outside of the form. */
  onCheckAgain: (() => void) | null;
}

/** Lists the problems that block the run; each line links to its field. */
export function ProblemPanel({ blockers, onCheckAgain }: ProblemPanelProps) {
  if (blockers.length === 0) return null;
  return (
    <Panel
      title={trainStrings.beforeStart}
      aside={
        onCheckAgain ? (
          <Button variant="default" onClick={onCheckAgain}>
            {trainStrings.checkAgain}
          </Button>
        ) : null
      }
    >
      <ul className={classes['blockers']} id="train-blockers">
        {blockers.map(({ field, label, message }) => (
          <li key={`${field} ${label} ${message}`}>
            {field === null ? (
              <strong>{label}</strong>
            ) : (
              <Anchor
                component="button"
                type="button"
                size="sm"
                aria-label={trainStrings.goTo(label)}
                onClick={() => focusField(field)}
              >
                {label}
              </Anchor>
            )}
            <span className={classes['blocker']}>{message}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
