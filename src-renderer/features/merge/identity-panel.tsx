import { Button, CloseButton, Group, Text, Tooltip } from '@mantine/core';
import { useState } from 'react';
import type { IdentityOutcome } from '../../../src-shared/domain/merging/merge.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { formatNumber } from '../../../src-shared/format/numbers.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { mergeStrings } from '../../strings/merge.ts';
import classes from './merge.module.css';

/** Relative errors below this are float32's rounding, not the method's doing. */
const rounding = 1e-5;

interface Asked {
  readonly adapterId: string;
  readonly method: string;
  readonly parameters: ParameterValues;
}

/** The test is asked for with what is chosen when its button is pressed; a later choice leaves its answer as it is. */
export function useIdentityTest() {
  const [asked, setAsked] = useState<Asked | null>(null);
  const answer = useRequest('merge.identity', asked ?? { adapterId: '', method: '', parameters: {} }, {
    enabled: asked !== null,
  });
  return {
    asked,
    outcomes: asked === null ? undefined : answer.data,
    error: asked === null ? null : answer.error,
    isTesting: asked !== null && answer.isFetching,
    start: (input: Asked) => setAsked(input),
    close: () => setAsked(null),
  };
}

interface IdentityButtonProps {
  test: ReturnType<typeof useIdentityTest>;
  /** Null: nothing can be tested now. */
  input: Asked | null;
}

export function IdentityButton({ test, input }: IdentityButtonProps) {
  return (
    <Tooltip label={mergeStrings.identityTip}>
      <Button
        variant="default"
        disabled={input === null}
        loading={test.isTesting}
        onClick={() => input && test.start(input)}
      >
        {mergeStrings.identity}
      </Button>
    </Tooltip>
  );
}

interface IdentityResultProps {
  test: ReturnType<typeof useIdentityTest>;
  /** Description of the test. */
  title: string;
}

export function IdentityResult({ test, title }: IdentityResultProps) {
  if (!test.error && !test.outcomes) return null;
  return (
    <section className={classes['identity']} aria-label={mergeStrings.identity}>
      <Group gap={4} wrap="nowrap" justify="space-between">
        <Text size="sm" fw={600} truncate title={title}>
          {title}
        </Text>
        <CloseButton size="sm" aria-label={mergeStrings.hide(mergeStrings.identity)} onClick={test.close} />
      </Group>
      {test.error ? <ErrorNote error={test.error} /> : null}
      {test.outcomes?.map((outcome) => (
        <div key={outcome.of} className={classes['line']}>
          <span className={classes['verdict']} data-verdict={look(outcome)} aria-hidden>
            {{ ok: '✓', warning: '!' }[look(outcome)]}
          </span>
          <Text size="sm">
            {mergeStrings.identityOf[outcome.of]}: {outcomeText(outcome)}
          </Text>
        </div>
      ))}
    </section>
  );
}

function look({ error }: IdentityOutcome): 'ok' | 'warning' {
  return error !== null && error < rounding ? 'ok' : 'warning';
}

/** Describes the result for the adapter in a few words. */
export function outcomeText({ exact, error, module, reason }: IdentityOutcome): string {
  if (error === null) return mergeStrings.identitySkipped(reason ?? '');
  if (exact) return mergeStrings.identityExact;
  return error < rounding
    ? mergeStrings.identityRounding(formatNumber(error, 2))
    : mergeStrings.identityChanged(formatNumber(100 * error), module ?? '');
}
