import { Box, Group, Text, Tooltip } from '@mantine/core';
import {
  exceedsTensor,
  type MemoryNeed,
  type MemoryRoom,
  type MemoryVerdict,
  memoryVerdict,
  neededBytes,
  tensorTooLarge,
  tightShare,
  verdictTexts,
} from '../../../src-shared/results/memory-verdict.ts';
import { formatBytes, formatPercent } from '../../components/format/format.ts';
import { trainStrings } from '../../strings/train.ts';
import { verdictColors } from '../models/verdict-colors.ts';
import classes from './memory-estimate.module.css';

const verdictWords: Record<MemoryVerdict, string> = {
  fits: trainStrings.fits,
  tight: trainStrings.tight,
  'does not fit': trainStrings.wontFit,
};

/**
 * Stacked memory estimate of the run. The bar is the free memory, with a mark where it becomes tight. If the run does
 * not fit, the bar is the need, with a mark at the free memory.
 */
export function MemoryEstimate({ estimate }: { estimate: MemoryNeed & MemoryRoom }) {
  const { memory: parts, freeMemoryBytes: freeBytes, memoryDevice, tensorBytes, largestTensorBytes } = estimate;
  const needed = neededBytes(estimate);
  const verdict = memoryVerdict(estimate, estimate);
  const hasLargeTensor = exceedsTensor(estimate, estimate);
  const scale = Math.max(freeBytes, needed) || 1;
  const mark = needed > freeBytes ? freeBytes : tightShare * freeBytes;
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="xs">
          {trainStrings.ofFree(
            formatBytes(needed),
            formatBytes(freeBytes),
            memoryDevice,
            formatPercent(needed / freeBytes),
          )}
        </Text>
        <Tooltip label={hasLargeTensor ? tensorTooLarge : verdictTexts[verdict]} multiline w={280}>
          <Text size="xs" fw={600} c={verdictColors[verdict]}>
            {verdictWords[verdict]}
          </Text>
        </Tooltip>
      </Group>
      <div
        className={classes['bar']}
        role="img"
        aria-label={trainStrings.memoryParts(
          parts.map((part) => `${part.part} ${formatBytes(part.bytes)}`).join(', '),
          formatBytes(freeBytes),
          memoryDevice,
        )}
      >
        <div className={classes['need']} style={{ width: `${(100 * needed) / scale}%` }}>
          {parts.map((part, index) => (
            <Tooltip key={part.part} label={`${part.part}: ${formatBytes(part.bytes)}`}>
              <div style={{ flexGrow: part.bytes, background: `var(--memory-${index % 7})` }} />
            </Tooltip>
          ))}
        </div>
        <div
          className={classes['mark']}
          data-exceeded={needed > freeBytes || undefined}
          style={{ left: `${(100 * mark) / scale}%` }}
        />
      </div>
      <Group gap="0 12px" mt={4}>
        {parts.map((part, index) => (
          <Group key={part.part} gap={4} wrap="nowrap">
            <Box w={8} h={8} style={{ borderRadius: 2, background: `var(--memory-${index % 7})` }} />
            <Text size="xs" c="dimmed">
              {part.part} {formatBytes(part.bytes)}
            </Text>
          </Group>
        ))}
      </Group>
      {hasLargeTensor ? (
        <Text size="xs" c={verdictColors[verdict]} mt={4}>
          {trainStrings.tensorTooLarge(formatBytes(tensorBytes), formatBytes(largestTensorBytes ?? 0))}
        </Text>
      ) : null}
    </div>
  );
}
