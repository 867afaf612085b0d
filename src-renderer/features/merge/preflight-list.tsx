import { Button, Text } from '@mantine/core';
import type { PreflightLine } from '../../../src-shared/domain/evaluation.ts';
import { equalShares } from './bench.ts';
import { changeBench, useBench } from './bench-store.ts';
import classes from './merge.module.css';

const marks: Record<PreflightLine['verdict'], { sign: string; word: string }> = {
  ok: { sign: '✓', word: 'OK' },
  warning: { sign: '!', word: 'Warning' },
  refused: { sign: '✗', word: 'Blocked' },
};

/** One line a check: a verdict, a sentence, the way out, and a button where the studio can take it. */
export function PreflightList({ lines }: { lines: readonly PreflightLine[] }) {
  return (
    <ul className={classes['lines']} aria-label="Preflight checks">
      {inOrder(lines).map((line) => (
        <li key={line.check} className={classes['line']} data-verdict={line.verdict}>
          <span
            className={classes['verdict']}
            data-verdict={line.verdict}
            role="img"
            aria-label={marks[line.verdict].word}
          >
            {marks[line.verdict].sign}
          </span>
          <div style={{ flex: 1 }}>
            <Text size="sm">{line.message}</Text>
            {line.remedy ? (
              <Text size="xs" c="dimmed">
                {line.remedy}
              </Text>
            ) : null}
          </div>
          <Remedy line={line} />
        </li>
      ))}
    </ul>
  );
}

/** Errors first; among equals the order of the checks. */
function inOrder(lines: readonly PreflightLine[]): PreflightLine[] {
  const rank: Record<PreflightLine['verdict'], number> = { refused: 0, warning: 1, ok: 2 };
  return [...lines].sort((first, second) => rank[first.verdict] - rank[second.verdict]);
}

/** The button for those ways out that need no decision of another kind. */
function Remedy({ line }: { line: PreflightLine }) {
  const { method } = useBench();
  if (line.verdict !== 'refused') return null;
  if (line.check === 'weights')
    return (
      <Button
        variant="default"
        onClick={() => changeBench((bench) => equalShares(bench.map((item) => ({ ...item, locked: false }))))}
      >
        Equal weights
      </Button>
    );
  if (
    (line.check === 'ranks' || line.check === 'targets') &&
    method !== 'weight-average' &&
    line.remedy?.includes('ΔW')
  )
    return (
      <Button variant="default" onClick={() => changeBench({ method: 'weight-average', parameters: {} })}>
        Use the ΔW average
      </Button>
    );
  return null;
}
