import { ActionIcon, Group, Table, Text } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { Fragment, useMemo, useState } from 'react';
import { formatFixed } from '../../../../src-shared/format/numbers.ts';
import { metricUnit, valueText } from '../../../../src-shared/metrics/index.ts';
import { loss } from '../../../../src-shared/metrics/loss.ts';
import { clarityOf, clarityWords } from '../../../../src-shared/results/difference-clarity.ts';
import { forgettingHeading, levelText } from '../../../../src-shared/results/forgetting.ts';
import {
  type ComparedGroup,
  type ComparedValue,
  comparedScores,
  groupTable,
  usualReference,
} from '../../../../src-shared/results/group-table.ts';
import { differenceText } from '../../../../src-shared/results/interval-text.ts';
import { knownSetting } from '../../../../src-shared/results/known-setting.ts';
import type { RunGroup } from '../../../../src-shared/results/run-groups.ts';
import type { MeanInterval } from '../../../../src-shared/statistics/student.ts';
import { Link, pathOf } from '../../../app/routes.tsx';
import { Select } from '../../../components/form/choices.tsx';
import { Panel } from '../../../components/layout/panel.tsx';
import { compareStrings } from '../../../strings/compare.ts';
import { TunedBadge } from '../../studies/tuned-badge.tsx';
import { GroupMark } from '../list/group-mark.tsx';
import classes from './comparison.module.css';
import type { Comparison } from './use-comparison.ts';

/** A column of the table: a value, its head with its unit, and how its numbers are written without it. */
interface Column extends ComparedValue {
  readonly heading: string;
  readonly format: (value: number) => string;
}

/** Columns for the cost of a run, next to its scores. */
const costs: readonly Column[] = [
  {
    ...{ id: 'eval-loss', label: compareStrings.evalLoss, heading: compareStrings.evalLoss },
    value: ({ result }) => result?.evalLoss ?? null,
    format: (value) => valueText(loss.id, value),
  },
  {
    ...{ id: 'step-time', label: compareStrings.stepTime, heading: compareStrings.stepTime },
    value: ({ result }) => result?.meanStepMilliseconds ?? null,
    format: (value) => formatFixed(value, 1),
  },
  {
    ...{ id: 'active', label: compareStrings.active, heading: compareStrings.active },
    value: ({ result }) => result?.meanActiveShare ?? null,
    format: (value) => formatFixed(100 * value, 1),
  },
];
const own = 'own';

/** The results by group, each with its interval and, for the headline, the paired difference to a reference. */
export function CompareResults({ comparison, brief }: { comparison: Comparison; brief: boolean }) {
  const { groups, labelOf, styleOf } = comparison;
  const [chosen, setChosen] = useState<string | null>(null);
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const usual = useMemo(() => usualReference(groups), [groups]);
  const isKnown = chosen === own || groups.some(({ key }) => key === chosen);
  const reference = isKnown ? (chosen === own ? null : chosen) : usual;
  const scores = useMemo(() => comparedScores(groups).map(scoreColumn), [groups]);
  const values = useMemo(
    () => (brief ? scores.slice(0, 1) : [...scores, ...forgettingColumn(groups), ...costs]),
    [scores, groups, brief],
  );
  // The difference is beside the score that the runs are known by.
  const firstScore = Math.min(1, scores.length);
  const compared = useMemo(() => groupTable(groups, values, reference), [groups, values, reference]);
  const toggle = (key: string) => {
    const next = new Set(expanded);
    if (!next.delete(key)) next.add(key);
    setExpanded(next);
  };
  return (
    <Panel
      title={compareStrings.results}
      note={compareStrings.resultsNote}
      aside={
        <Group gap={8} wrap="nowrap" flex="none">
          {brief || scores.length === 0 || groups.length < 2 ? null : (
            <Select
              aria-label={compareStrings.reference}
              title={compareStrings.reference}
              w={260}
              value={reference ?? own}
              onChange={setChosen}
              allowDeselect={false}
              data={referenceChoices(comparison)}
            />
          )}
          <TunedBadge of={{ runIds: groups.flatMap(({ runs }) => runs.map(({ id }) => id)) }} />
        </Group>
      }
      flush
    >
      <Table.ScrollContainer minWidth={300}>
        <Table aria-label={compareStrings.results} verticalSpacing={4} horizontalSpacing={12}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th className={classes['sticky'] ?? ''}>{compareStrings.group}</Table.Th>
              <Table.Th ta="right">{compareStrings.seedsColumn}</Table.Th>
              {values.map((value, index) => (
                <Fragment key={value.id}>
                  <Table.Th ta="right" className={classes['heading'] ?? ''}>
                    {value.heading}
                  </Table.Th>
                  {index < firstScore ? (
                    <Table.Th ta="right" title={compareStrings.differenceNote}>
                      {compareStrings.difference}
                    </Table.Th>
                  ) : null}
                </Fragment>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {compared.map((row) => {
              const { key, runs } = row.group;
              const name = labelOf(row.group);
              const isOpen = expanded.has(key);
              return (
                <Fragment key={key}>
                  <Table.Tr>
                    <Table.Td className={classes['sticky'] ?? ''}>
                      <span className={classes['first']} title={name}>
                        <ActionIcon
                          size={20}
                          aria-label={isOpen ? compareStrings.collapse(name) : compareStrings.expand(name)}
                          aria-expanded={isOpen}
                          onClick={() => toggle(key)}
                        >
                          {isOpen ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
                        </ActionIcon>
                        <GroupMark style={styleOf(row.group)}>{name}</GroupMark>
                      </span>
                    </Table.Td>
                    <Table.Td ta="right">{row.seeds}</Table.Td>
                    {values.map((value, index) => (
                      <Fragment key={value.id}>
                        <Table.Td ta="right" className={classes['number'] ?? ''}>
                          <Amount column={value} interval={row.intervals[index] ?? null} />
                        </Table.Td>
                        {index < firstScore ? (
                          <Table.Td ta="right" className={classes['number'] ?? ''}>
                            <Difference
                              value={value}
                              row={row}
                              referenceName={row.reference ? labelOf(row.reference) : ''}
                              isReference={reference !== null && key === reference}
                            />
                          </Table.Td>
                        ) : null}
                      </Fragment>
                    ))}
                  </Table.Tr>
                  {isOpen
                    ? runs.map((run) => (
                        <Table.Tr key={run.id} className={classes['inner'] ?? ''}>
                          <Table.Td className={classes['sticky'] ?? ''}>
                            <span className={classes['innerName']}>
                              <Link to={pathOf('runs', run.id)}>{run.name}</Link>
                            </span>
                          </Table.Td>
                          <Table.Td ta="right">{knownSetting(run, 'seed') ?? '–'}</Table.Td>
                          {values.map((value, index) => {
                            const one = value.value(run);
                            return (
                              <Fragment key={value.id}>
                                <Table.Td ta="right">{one === null ? '–' : value.format(one)}</Table.Td>
                                {index < firstScore ? <Table.Td /> : null}
                              </Fragment>
                            );
                          })}
                        </Table.Tr>
                      ))
                    : null}
                </Fragment>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}

/** Returns the groups available as a reference for comparisons. */
function referenceChoices({ groups, labelOf }: Comparison): { value: string; label: string }[] {
  const hasCoto = groups.some(({ first }) => first.config.coto !== null);
  return [
    ...(hasCoto ? [{ value: own, label: compareStrings.ownBaseline }] : []),
    ...groups.map((group) => ({ value: group.key, label: compareStrings.against(labelOf(group)) })),
  ];
}

/** "Accuracy %": the unit is in the head. */
function scoreColumn(score: ComparedValue): Column {
  const { unit } = metricUnit(score.id);
  return {
    ...score,
    heading: unit === '' ? score.label : `${score.label} ${unit}`,
    format: (value) => valueText(score.id, value),
  };
}

/** Returns the forgetting column if any run measured it. */
function forgettingColumn(groups: readonly RunGroup[]): readonly Column[] {
  const heading = forgettingHeading(groups.flatMap(({ runs }) => runs.map(({ result }) => result?.forgetting)));
  if (heading === null) return [];
  return [
    {
      ...{ id: 'forgetting', label: heading, heading },
      value: ({ result }) => result?.forgetting?.rise ?? null,
      format: levelText,
    },
  ];
}

/** The mean, and below it the half width of its interval: many columns shall fit side by side. */
function Amount({ column: { format }, interval }: { column: Column; interval: MeanInterval | null }) {
  if (interval === null) return '–';
  const { mean, halfWidth } = interval;
  return (
    <>
      {format(mean)}
      {halfWidth === null ? null : <span className={classes['spread']}> ± {format(halfWidth)}</span>}
    </>
  );
}

interface DifferenceProps {
  value: ComparedValue;
  row: ComparedGroup;
  referenceName: string;
  isReference: boolean;
}

function Difference({ value, row, referenceName, isReference }: DifferenceProps) {
  const [difference] = row.differences;
  if (isReference)
    return (
      <Text span c="dimmed" size="sm">
        {compareStrings.isReference}
      </Text>
    );
  if (row.reference === null) return <>–</>;
  if (difference == null) return <span title={compareStrings.noPair}>–</span>;
  return (
    <span
      title={[compareStrings.differenceHelp(difference.n, referenceName), clarityWords[clarityOf(difference)]]
        .filter((note) => note !== '')
        .join('; ')}
    >
      {differenceText(value.id, difference)}
    </span>
  );
}
