import { Box, Group, Text, Tooltip } from '@mantine/core';
import { type MemoryVerdict, memoryVerdict, verdictTexts } from '../../../src-shared/results/memory-verdict.ts';
import { formatBytes } from '../../components/format/format.ts';
import classes from './memory-estimate.module.css';

const verdictColors: Record<MemoryVerdict, string> = {
  fits: 'var(--studio-success)',
  tight: 'var(--studio-warning)',
  'does not fit': 'var(--studio-failure)',
};

interface MemoryEstimateProps {
  parts: readonly { part: string; bytes: number }[];
  freeBytes: number;
}

/** What the run will hold in memory, stacked, in front of what is free now. */
export function MemoryEstimate({ parts, freeBytes }: MemoryEstimateProps) {
  const needed = parts.reduce((sum, part) => sum + part.bytes, 0);
  const verdict = memoryVerdict(needed, freeBytes);
  // The bar shows the need, not the machine: of 100 GiB free a run of 200 MiB would be a hair.
  const scale = Math.min(Math.max(freeBytes, needed), needed * 2.5) || 1;
  const cut = freeBytes > scale;
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="xs">
          {formatBytes(needed)} of {formatBytes(freeBytes)} free
        </Text>
        <Tooltip label={verdictTexts[verdict]} multiline w={280}>
          <Text size="xs" fw={600} c={verdictColors[verdict]}>
            {verdict === 'does not fit' ? 'does not fit: lower the batch size' : verdict}
          </Text>
        </Tooltip>
      </Group>
      <div
        className={classes['bar']}
        role="img"
        aria-label={`Memory estimate: ${parts.map((part) => `${part.part} ${formatBytes(part.bytes)}`).join(', ')}; ${formatBytes(freeBytes)} free`}
      >
        {parts.map((part, index) => (
          <Tooltip key={part.part} label={`${part.part}: ${formatBytes(part.bytes)}`}>
            <div
              className={classes['part']}
              style={{ width: `${(100 * part.bytes) / scale}%`, background: `var(--memory-${index % 6})` }}
            />
          </Tooltip>
        ))}
        {cut ? <div className={classes['cut']}>… {formatBytes(freeBytes)}</div> : null}
        {!cut && freeBytes < needed ? (
          <div className={classes['limit']} style={{ left: `${(100 * freeBytes) / scale}%` }} />
        ) : null}
      </div>
      <Group gap={12} mt={4}>
        {parts.map((part, index) => (
          <Group key={part.part} gap={4} wrap="nowrap">
            <Box w={8} h={8} style={{ borderRadius: 2, background: `var(--memory-${index % 6})` }} />
            <Text size="xs" c="dimmed">
              {part.part} {formatBytes(part.bytes)}
            </Text>
          </Group>
        ))}
      </Group>
    </div>
  );
}
