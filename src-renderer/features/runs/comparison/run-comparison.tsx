import { Stack } from '@mantine/core';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { compareStrings } from '../../../strings/compare.ts';
import { GroupMark } from '../list/group-mark.tsx';
import { ConfigTable } from '../page/config-table.tsx';
import { CompareCurves } from './compare-curves.tsx';
import { CompareResults } from './compare-results.tsx';
import classes from './comparison.module.css';
import { useComparison } from './use-comparison.ts';

interface RunComparisonProps {
  runs: readonly RunRecord[];
  /** True: beside the table, where there is room for the results and two figures. */
  brief?: boolean;
}

/** Runs in groups of seeds: their results, their curves, and the settings in which they differ. */
export function RunComparison({ runs, brief = false }: RunComparisonProps) {
  const comparison = useComparison(runs);
  return (
    <Stack gap={12}>
      <ul className={classes['legend']} aria-label={compareStrings.legend}>
        {comparison.groups.map((group) => (
          <li key={group.key}>
            <GroupMark style={comparison.styleOf(group)}>{comparison.labelOf(group)}</GroupMark>
          </li>
        ))}
      </ul>
      <CompareResults comparison={comparison} brief={brief} />
      <CompareCurves comparison={comparison} brief={brief} />
      {brief ? null : <ConfigTable comparison={comparison} />}
    </Stack>
  );
}
