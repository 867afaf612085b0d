import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconTrash } from '@tabler/icons-react';
import { appStrings } from '../../strings/app.ts';
import { formatBytes } from '../format/format.ts';
import type { MoreItem } from '../layout/page.tsx';

interface ConfirmRemoval {
  /** Names the object by kind and name: "Delete the run "fmnist seed 1"?" */
  question: string;
  /** One sentence that names what else is deleted and what stays. */
  consequence: string;
  freedBytes?: number | null;
  /** The verb on the button. */
  verb?: string;
  onConfirm: () => void;
}

/** Asks once, by name, before something is destroyed: says what goes and how much disk it frees. */
export function confirmRemoval({
  question,
  consequence,
  freedBytes,
  verb = appStrings.remove,
  onConfirm,
}: ConfirmRemoval): void {
  modals.openConfirmModal({
    title: question,
    children: (
      <Text>
        {consequence}
        {freedBytes ? ` ${appStrings.frees(formatBytes(freedBytes))}` : ''}
      </Text>
    ),
    labels: { confirm: verb, cancel: appStrings.cancel },
    confirmProps: { color: 'red.9', 'data-autofocus': true },
    onConfirm,
  });
}

interface RemovalItem extends ConfirmRemoval {
  label: string;
  /** Reason why removal is disabled. */
  disabledReason?: string | null;
}

/** The item of a menu that removes something once the person has confirmed. */
export function removalItem({ label, disabledReason = null, ...removal }: RemovalItem): MoreItem {
  return {
    label,
    icon: <IconTrash size={16} />,
    danger: true,
    disabledReason,
    onClick: () => confirmRemoval(removal),
  };
}
