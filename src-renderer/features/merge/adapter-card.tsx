import { Badge, Group, Text } from '@mantine/core';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { rankText } from '../../../src-shared/domain/parameters/parameter-values.ts';
import { headlineText } from '../../../src-shared/results/headline.ts';
import { adaptersStrings } from '../../strings/adapters.ts';
import { mergeStrings } from '../../strings/merge.ts';
import { CotoMark } from '../runs/list/coto-mark.tsx';
import classes from './merge.module.css';

export interface AdapterNames {
  readonly model: string;
  readonly dataset: string | null;
  readonly variant: string;
  /** CSS color of the base's fingerprint. */
  readonly baseColor: string;
}

interface AdapterCardBodyProps {
  adapter: AdapterRecord;
  names: AdapterNames;
  /** The card stands under the name of its base. */
  grouped?: boolean;
}

/** Content of an adapter card, in the library list and under the pointer while dragged. */
export function AdapterCardBody({ adapter, names, grouped = false }: AdapterCardBodyProps) {
  const rank = rankText(adapter.parameters);
  return (
    <>
      <Group gap={8} wrap="nowrap" justify="space-between" align="flex-start">
        <Text size="sm" fw={600} lineClamp={2} title={adapter.name}>
          {adapter.name}
        </Text>
        <Text size="sm" className={classes['score'] ?? ''}>
          {headlineText(adapter)}
        </Text>
      </Group>
      <Group gap={6} wrap="nowrap">
        <span
          className={classes['base']}
          style={{ background: names.baseColor }}
          title={mergeStrings.base(names.model)}
        />
        <Text size="xs" c="dimmed" truncate>
          {[...(grouped ? [] : [names.model]), ...(names.dataset ? [names.dataset] : [])].join(' · ') ||
            mergeStrings.noDataset}
        </Text>
      </Group>
      <Group gap={4} mt={4}>
        <CotoMark on={adapter.coto !== null} />
        <Badge color="gray">{names.variant}</Badge>
        {rank === null ? null : <Badge color="gray">{rank}</Badge>}
        <Badge color="gray" title={adapter.targetModules.join(', ')} maw={180}>
          {adapter.targetModules.length > 3
            ? `${adapter.targetModules.length} target modules`
            : adapter.targetModules.join(', ')}
        </Badge>
        {adapter.origin.kind === 'run' ? null : (
          <Badge color="gray">{adaptersStrings.origins[adapter.origin.kind]}</Badge>
        )}
      </Group>
    </>
  );
}
