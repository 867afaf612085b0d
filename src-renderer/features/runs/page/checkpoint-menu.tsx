import { ActionIcon, Menu } from '@mantine/core';
import {
  IconArrowMerge,
  IconDeviceFloppy,
  IconDots,
  IconFileExport,
  IconFolder,
  IconMessage2,
  IconPlayerPlay,
  IconPlus,
  IconTrash,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { CheckpointSummary } from '../../../../src-shared/domain/runs/checkpoint.ts';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { useRequest } from '../../../api/query.ts';
import pageClasses from '../../../components/layout/page.module.css';
import { runStrings } from '../../../strings/run.ts';
import { modelNotPlayable } from '../../adapters/playground-path.ts';
import { ExportItems } from '../../merge/export-items.tsx';
import type { useCheckpointActions } from './use-checkpoint-actions.ts';

const words = runStrings.checkpoints;

interface CheckpointMenuProps {
  run: RunRecord;
  checkpoint: CheckpointSummary;
  actions: ReturnType<typeof useCheckpointActions>;
}

/** Everything that can be done with one checkpoint; what cannot be done now says why. */
export function CheckpointMenu({ run, checkpoint, actions }: CheckpointMenuProps) {
  const { data: model } = useRequest('models.get', { id: run.modelId });
  const reasons = reasonsOf(run, checkpoint);
  const item = (label: string, icon: ReactNode, act: () => unknown, reason: string | null, danger = false) => (
    <Menu.Item
      leftSection={icon}
      onClick={() => void act()}
      disabled={reason !== null}
      {...(danger ? { color: 'var(--studio-failure)' } : {})}
    >
      {label}
      {reason === null ? null : <div className={pageClasses['reason']}>{reason}</div>}
    </Menu.Item>
  );
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon aria-label={words.actions(checkpoint.step)}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {item(words.resume, <IconPlayerPlay size={16} />, () => actions.resume(checkpoint), reasons.resume)}
        {item(words.newRun, <IconPlus size={16} />, () => actions.newRun(checkpoint), reasons.adapter)}
        <Menu.Divider />
        {item(words.saveAdapter, <IconDeviceFloppy size={16} />, () => actions.save(checkpoint), reasons.adapter)}
        {item(
          words.playground,
          <IconMessage2 size={16} />,
          () => actions.tryIt(checkpoint),
          reasons.adapter ?? modelNotPlayable(model),
        )}
        {item(words.merge, <IconArrowMerge size={16} />, () => actions.merge(checkpoint), reasons.adapter)}
        <Menu.Sub>
          <Menu.Sub.Target>
            <Menu.Sub.Item leftSection={<IconFileExport size={16} />} disabled={reasons.adapter !== null}>
              {words.exportAs}
            </Menu.Sub.Item>
          </Menu.Sub.Target>
          <Menu.Sub.Dropdown>
            <ExportItems adapter={() => actions.adapterOf(checkpoint)} />
          </Menu.Sub.Dropdown>
        </Menu.Sub>
        <Menu.Divider />
        {item(words.show, <IconFolder size={16} />, () => actions.show(checkpoint), null)}
        {item(words.remove, <IconTrash size={16} />, () => actions.remove(checkpoint), reasons.remove, true)}
      </Menu.Dropdown>
    </Menu>
  );
}

/** Returns the reasons why actions on a checkpoint are disabled; null for enabled ones. */
export function reasonsOf(
  { status }: Pick<RunRecord, 'status'>,
  { kind, resumable, neededFor }: Pick<CheckpointSummary, 'kind' | 'resumable' | 'neededFor'>,
): { resume: string | null; adapter: string | null; remove: string | null } {
  const { reasons } = words;
  const isActive = status === 'running' || status === 'queued';
  return {
    resume: isActive
      ? reasons.running
      : status === 'completed'
        ? reasons.completed
        : resumable
          ? null
          : reasons.weights,
    adapter: status === 'running' && kind !== 'step' ? reasons.replaced : null,
    remove: isActive ? reasons.running : neededFor === 'load_best_model_at_end' ? reasons.endsWithIt : null,
  };
}
