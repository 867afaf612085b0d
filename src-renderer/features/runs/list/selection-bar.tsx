import { ActionIcon, Button } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { navigate } from '../../../app/routes.tsx';
import { useActions } from '../../../components/actions/action-registry.ts';
import { fileStem } from '../../../components/download.ts';
import { runsStrings } from '../../../strings/runs.ts';
import { addToBench } from '../../merge/bench.ts';
import { changeBench } from '../../merge/bench-store.ts';
import { createReport } from '../../reports/create-report.tsx';
import { askToDeleteRuns } from '../actions/ask-to-delete.tsx';
import { archiveRuns } from '../actions/change-runs.ts';
import { tagRuns } from '../actions/edit-runs.tsx';
import { comparePath } from '../comparison/compare-path.ts';
import classes from './runs-table.module.css';

interface SelectionBarProps {
  /** The runs that are ticked. */
  runs: readonly RunRecord[];
  /** Number of them that the filter hides. */
  hidden: number;
  /** Tags that any run has. */
  tags: readonly string[];
  onClear: () => void;
}

interface BarAction {
  readonly label: string;
  readonly run: () => void;
  readonly disabledReason?: string | null;
  readonly danger?: boolean;
}

/** Actions on the selected runs; the palette lists them too. */
export function SelectionBar({ runs, hidden, tags, onClear }: SelectionBarProps) {
  const about = runsStrings.selected(runs.length, hidden);
  const actions = actionsOf(runs, tags, onClear);
  useActions(
    actions.map(({ danger, ...action }) => ({
      id: `runs-${action.label}`,
      keysId: `runs-${fileStem(action.label)}`,
      scope: 'page',
      about,
      ...action,
    })),
  );
  return (
    <div className={classes['bar']} role="toolbar" aria-label={runsStrings.bar}>
      <span className={classes['barCount']} aria-live="polite">
        {about}
      </span>
      {actions.map(({ label, run, disabledReason, danger }, index) => (
        <Button
          key={label}
          variant={index === 0 ? 'filled' : 'default'}
          disabled={Boolean(disabledReason)}
          {...(disabledReason ? { title: disabledReason } : {})}
          {...(danger && !disabledReason ? { c: 'var(--studio-failure)' } : {})}
          onClick={run}
        >
          {label}
        </Button>
      ))}
      <ActionIcon aria-label={runsStrings.clear} title={runsStrings.clear} onClick={onClear}>
        <IconX size={16} />
      </ActionIcon>
    </div>
  );
}

function actionsOf(runs: readonly RunRecord[], tags: readonly string[], onClear: () => void): readonly BarAction[] {
  const ids = runs.map(({ id }) => id);
  const adapters = [...new Set(runs.flatMap(({ adapterId }) => adapterId ?? []))];
  const archive = !runs.every(({ archived }) => archived);
  const finished = runs.filter(({ result }) => result !== null);
  return [
    {
      label: runsStrings.compare,
      disabledReason: runs.length < 2 ? runsStrings.compareReason : null,
      run: () => navigate(comparePath(ids)),
    },
    {
      label: runsStrings.merge,
      disabledReason: adapters.length < 2 ? runsStrings.mergeReason : null,
      run: () => {
        changeBench((bench) => adapters.reduce(addToBench, bench));
        navigate('/merge');
      },
    },
    {
      label: runsStrings.report,
      disabledReason: finished.length === 0 ? runsStrings.reportReason : null,
      run: () => createReport({ runIds: finished.map(({ id }) => id), name: runsStrings.reportName(runs.length) }),
    },
    { label: runsStrings.tag, run: () => tagRuns(runs, tags) },
    {
      label: archive ? runsStrings.archive : runsStrings.unarchive,
      run: () => {
        onClear();
        void archiveRuns(runs, archive);
      },
    },
    {
      label: runsStrings.deleteVerb,
      danger: true,
      disabledReason: runs.every(({ status }) => status === 'running') ? runsStrings.isTraining : null,
      run: () => void askToDeleteRuns(runs, onClear),
    },
  ];
}
