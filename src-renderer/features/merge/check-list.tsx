import { Button, Collapse, Group, Skeleton, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import type { Catalog } from '../../../src-shared/domain/app/catalog.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { mergeStrings } from '../../strings/merge.ts';
import { equalShares, removeFromBench } from './bench.ts';
import { changeBench, useBench } from './bench-store.ts';
import { type CheckRemedy, remediesOf, summarizeChecks } from './check-summary.ts';
import classes from './merge.module.css';

const signs: Record<PreflightLine['verdict'], string> = { ok: '✓', warning: '!', refused: '✗' };

interface CheckListProps {
  checks: { readonly error: Error | null; readonly lines: readonly PreflightLine[] | undefined };
  methods: Catalog['mergeMethods'];
  /** Name of the adapter at a place of the bench. */
  nameAt: (place: number) => string;
}

/**
 * Lists errors that block the merge with their solutions, then warnings; passed checks are counted, and listed on
 * request.
 */
export function CheckList({ checks, methods, nameAt }: CheckListProps) {
  const { bench } = useBench();
  const [opened, { toggle }] = useDisclosure(false);
  if (bench.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {mergeStrings.checksHint}
      </Text>
    );
  if (checks.error) return <ErrorNote error={checks.error} />;
  if (!checks.lines) return <Skeleton h={60} />;
  const { open, passed } = summarizeChecks(checks.lines);
  return (
    <div>
      {open.length > 0 ? (
        <ul className={classes['lines']} aria-label={mergeStrings.checksLabel}>
          {open.map((line) => (
            <CheckLine key={`${line.check} ${line.message}`} line={line} methods={methods} nameAt={nameAt} />
          ))}
        </ul>
      ) : null}
      {passed.length > 0 ? (
        <>
          <UnstyledButton className={classes['passed'] ?? ''} aria-expanded={opened} onClick={toggle}>
            <span className={classes['verdict']} data-verdict="ok" aria-hidden>
              ✓
            </span>
            {mergeStrings.passed(passed.length)}
            {opened ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />}
          </UnstyledButton>
          <Collapse expanded={opened}>
            <ul className={classes['lines']} aria-label={mergeStrings.passed(passed.length)}>
              {passed.map((line) => (
                <CheckLine key={line.check} line={line} methods={methods} nameAt={nameAt} />
              ))}
            </ul>
          </Collapse>
        </>
      ) : null}
    </div>
  );
}

interface CheckLineProps {
  line: PreflightLine;
  methods: Catalog['mergeMethods'];
  nameAt: (place: number) => string;
}

function CheckLine({ line, methods, nameAt }: CheckLineProps) {
  const { method } = useBench();
  const { verdict, message, remedy } = line;
  const remedies = remediesOf(
    line,
    method,
    methods.map(({ id }) => id),
  );
  return (
    <li className={classes['line']} data-verdict={verdict}>
      <span
        className={classes['verdict']}
        data-verdict={verdict}
        role="img"
        aria-label={mergeStrings.verdicts[verdict]}
      >
        {signs[verdict]}
      </span>
      <div className={classes['lineBody']}>
        <Text size="sm">{message}</Text>
        {remedies.length > 0 ? (
          <Group gap={8} mt={4}>
            {remedies.map((one) => (
              <Button
                key={JSON.stringify(one)}
                variant="default"
                className={classes['remedy'] ?? ''}
                onClick={() => take(one)}
              >
                {remedyText(one, methods, nameAt)}
              </Button>
            ))}
          </Group>
        ) : remedy ? (
          <Text size="xs" c="dimmed">
            {remedy}
          </Text>
        ) : null}
      </div>
    </li>
  );
}

function take(remedy: CheckRemedy): void {
  if (remedy.kind === 'method') changeBench({ method: remedy.method, parameters: {} });
  else if (remedy.kind === 'remove')
    changeBench((bench) => removeFromBench(bench, bench[remedy.place]?.adapterId ?? ''));
  else changeBench((bench) => equalShares(bench.map((item) => ({ ...item, locked: false }))));
}

function remedyText(remedy: CheckRemedy, methods: Catalog['mergeMethods'], nameAt: (place: number) => string): string {
  if (remedy.kind === 'equal-weights') return mergeStrings.equalWeights;
  if (remedy.kind === 'remove') return mergeStrings.removeFromBench(nameAt(remedy.place));
  return mergeStrings.use(methods.find(({ id }) => id === remedy.method)?.label ?? remedy.method);
}
