import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import {
  exceedsTensor,
  type MemoryNeed,
  type MemoryRoom,
  memoryVerdict,
  neededBytes,
  tensorTooLarge,
  verdictTexts,
} from '../../../src-shared/results/memory-verdict.ts';
import { formatBytes } from '../../components/format/format.ts';
import { trainStrings } from '../../strings/train.ts';

/** Starts a run; first asks whether to where it is estimated to need more memory than is free. */
export function confirmMemory(estimate: MemoryNeed & MemoryRoom, start: () => void): void {
  if (memoryVerdict(estimate, estimate) !== 'does not fit') {
    start();
    return;
  }
  const { freeMemoryBytes, memoryDevice, tensorBytes, largestTensorBytes } = estimate;
  const text = exceedsTensor(estimate, estimate)
    ? `${trainStrings.tensorTooLarge(formatBytes(tensorBytes), formatBytes(largestTensorBytes ?? 0))} ${tensorTooLarge}`
    : `${trainStrings.tooLarge(formatBytes(neededBytes(estimate)), formatBytes(freeMemoryBytes), memoryDevice)} ${verdictTexts['does not fit']}`;
  modals.openConfirmModal({
    title: trainStrings.tooLargeTitle,
    children: <Text>{text}</Text>,
    labels: { confirm: trainStrings.startAnyway, cancel: trainStrings.back },
    onConfirm: start,
  });
}
