import { Table, Text } from '@mantine/core';
import { useMemo } from 'react';
import { groupDifferences } from '../../../../src-shared/results/config-differences.ts';
import { knownSettings } from '../../../../src-shared/results/known-setting.ts';
import type { RunGroup } from '../../../../src-shared/results/run-groups.ts';
import { Panel } from '../../../components/layout/panel.tsx';
import { compareStrings } from '../../../strings/compare.ts';
import classes from '../comparison/comparison.module.css';
import type { Comparison } from '../comparison/use-comparison.ts';
import { GroupMark } from '../list/group-mark.tsx';
import { useRunNames } from '../use-run-names.ts';

/** The settings in which the groups differ; a group with several values lists all of them. */
export function ConfigTable({ comparison }: { comparison: Comparison }) {
  const { groups, labelOf, styleOf } = comparison;
  const names = useRunNames();
  const rows = useMemo(() => groupDifferences(groups.map(({ runs }) => runs.map(knownSettings))), [groups]);
  /** Ids are shown as names. */
  const textOf = (name: string, { runs }: RunGroup, value: string | null | undefined): string => {
    if (name === 'model') return distinct(runs.map(names.base));
    if (name === 'dataset') return distinct(runs.map(names.dataset));
    return value ?? '–';
  };
  return (
    <Panel title={compareStrings.differences} flush>
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed" p={12}>
          {compareStrings.identical}
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={300}>
          <Table aria-label={compareStrings.differences} verticalSpacing={4} horizontalSpacing={12}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th className={classes['sticky'] ?? ''}>{compareStrings.setting}</Table.Th>
                {groups.map((group) => (
                  <Table.Th key={group.key} className={classes['head'] ?? ''} title={labelOf(group)}>
                    <GroupMark style={styleOf(group)}>{labelOf(group)}</GroupMark>
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row) => (
                <Table.Tr key={row.name}>
                  <Table.Td ff="monospace" className={classes['sticky'] ?? ''}>
                    {row.name}
                  </Table.Td>
                  {groups.map((group, index) => (
                    <Table.Td key={group.key}>{textOf(row.name, group, row.values[index])}</Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Panel>
  );
}

function distinct(names: readonly string[]): string {
  return [...new Set(names)].join(', ');
}
