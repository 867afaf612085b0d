import {
  IconArchive,
  IconArchiveOff,
  IconArrowMerge,
  IconChartLine,
  IconCopy,
  IconExternalLink,
  IconPencil,
  IconStar,
  IconTag,
  IconTrash,
} from '@tabler/icons-react';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { useAction } from '../../../api/query.ts';
import { navigate, pathOf } from '../../../app/routes.tsx';
import { type MoreItem, MoreMenu } from '../../../components/layout/page.tsx';
import { runsStrings } from '../../../strings/runs.ts';
import { comparePath } from '../comparison/compare-path.ts';
import { type RunsRow, runsOf } from '../list/run-rows.ts';
import { askToDeleteRuns } from './ask-to-delete.tsx';
import { archiveRuns } from './change-runs.ts';
import { editNotes, renameRun } from './edit-runs.tsx';

/** Menu of a row. */
export function RunMenu({ row }: { row: RunsRow }) {
  const update = useAction('runs.update', { failureTitle: runsStrings.changeFailed });
  const comparison = comparisonItem(row);
  if (row.kind === 'group') return <MoreMenu label={runsStrings.menu(row.label)} items={comparison} />;
  const { run } = row;
  return (
    <MoreMenu
      label={runsStrings.menu(run.name)}
      items={[...runItems(run, (changes) => update.mutate({ id: run.id, ...changes })), ...comparison, deletion(run)]}
    />
  );
}

function runItems(run: RunRecord, change: (changes: { starred: boolean }) => void): readonly MoreItem[] {
  const { adapterId } = run;
  const icon = { size: 16 } as const;
  return [
    {
      label: runsStrings.open,
      icon: <IconExternalLink {...icon} />,
      onClick: () => navigate(pathOf('runs', run.id)),
    },
    { label: runsStrings.rename, icon: <IconPencil {...icon} />, onClick: () => renameRun(run) },
    { label: runsStrings.tagsAndNote, icon: <IconTag {...icon} />, onClick: () => editNotes(run) },
    {
      label: run.starred ? runsStrings.unstarItem : runsStrings.starItem,
      icon: <IconStar {...icon} />,
      onClick: () => change({ starred: !run.starred }),
    },
    // Imported runs have too few known settings to be trained again.
    ...(run.origin
      ? []
      : [
          {
            label: runsStrings.clone,
            icon: <IconCopy {...icon} />,
            onClick: () => navigate(`/train?from=${encodeURIComponent(run.id)}`),
          },
        ]),
    ...(adapterId === null
      ? []
      : [
          {
            label: runsStrings.addToMerge,
            icon: <IconArrowMerge {...icon} />,
            onClick: () => navigate(`/merge?add=${encodeURIComponent(adapterId)}`),
          },
        ]),
    {
      label: run.archived ? runsStrings.unarchive : runsStrings.archive,
      icon: run.archived ? <IconArchiveOff {...icon} /> : <IconArchive {...icon} />,
      onClick: () => void archiveRuns([run], !run.archived),
    },
  ];
}

function deletion(run: RunRecord): MoreItem {
  return {
    label: runsStrings.remove,
    icon: <IconTrash size={16} />,
    danger: true,
    disabledReason: run.status === 'running' ? runsStrings.isTraining : null,
    onClick: () => void askToDeleteRuns([run], () => undefined),
  };
}

/** To the comparison of a group, with its baseline where it has one. */
function comparisonItem(row: RunsRow): readonly MoreItem[] {
  const baseline = row.summary?.difference?.baseline.runs ?? [];
  const runs = [...runsOf(row), ...baseline];
  if (runs.length < 2) return [];
  return [
    {
      label: baseline.length > 0 ? runsStrings.compareBaseline : runsStrings.compareGroup,
      icon: <IconChartLine size={16} />,
      onClick: () => navigate(comparePath(runs.map(({ id }) => id))),
    },
  ];
}
