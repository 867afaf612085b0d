import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import { memoryVerdict, verdictTexts } from '../../../src-shared/results/memory-verdict.ts';
import { formatBytes } from '../../components/format/format.ts';
import { trainStrings } from '../../strings/train.ts';

/** Starts a run; first asks whether to where it is estimated to need more memory than is free. */
export function confirmMemory(
  { memory, freeMemoryBytes }: Pick<RequestOutput<'runs.estimate'>, 'memory' | 'freeMemoryBytes'>,
  start: () => void,
): void {
  const needed = memory.reduce((sum, { bytes }) => sum + bytes, 0);
  if (memoryVerdict(needed, freeMemoryBytes) !== 'does not fit') {
    start();
    return;
  }
  modals.openConfirmModal({
    title: trainStrings.tooLargeTitle,
    children: (
      <Text>
        {trainStrings.tooLarge(formatBytes(needed), formatBytes(freeMemoryBytes))} {verdictTexts['does not fit']}
      </Text>
    ),
    labels: { confirm: trainStrings.startAnyway, cancel: trainStrings.back },
    onConfirm: start,
  });
}
