import { ActionIcon, Badge, Group, Text } from '@mantine/core';
import { IconStar, IconStarFilled } from '@tabler/icons-react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { rankText } from '../../../src-shared/domain/parameters/parameter-values.ts';
import { headlineOf, headlineText } from '../../../src-shared/results/headline.ts';
import { formatBytes } from '../../components/format/format.ts';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import type { DataColumn } from '../../components/table/data-table.tsx';
import { MiddleText } from '../../components/table/middle-text.tsx';
import { adaptersStrings as words } from '../../strings/adapters.ts';
import type { AdapterNames } from '../merge/adapter-card.tsx';
import { CotoMark } from '../runs/list/coto-mark.tsx';
import classes from './adapters.module.css';

interface ColumnInputs {
  namesOf: (adapter: AdapterRecord) => AdapterNames;
  onStar: (adapter: AdapterRecord) => void;
  /** False where the rows are grouped by it. */
  withBase: boolean;
  /** False where no adapter has any. */
  withTags: boolean;
  /** True where a score is named, as it is unless it is an accuracy. */
  withLongScores: boolean;
}

/** The columns of the table of adapters, in order. */
export function adapterColumns({
  namesOf,
  onStar,
  withBase,
  withTags,
  withLongScores,
}: ColumnInputs): DataColumn<AdapterRecord>[] {
  const { columns } = words;
  return [
    {
      id: 'starred',
      header: '★',
      width: 36,
      value: ({ starred }) => (starred ? 1 : 0),
      cell: (adapter) => <StarButton adapter={adapter} onStar={() => onStar(adapter)} />,
    },
    {
      id: 'name',
      header: columns.name,
      value: ({ name }) => name,
      cell: ({ name }) => <MiddleText text={name} />,
    },
    {
      id: 'method',
      header: columns.method,
      width: 150,
      yields: 1,
      value: (adapter) =>
        [namesOf(adapter).variant, adapter.coto ? 'CoTo' : '', rankText(adapter.parameters)].filter(Boolean).join(' '),
      cell: (adapter) => (
        <Group gap={6} wrap="nowrap">
          <span>{[namesOf(adapter).variant, rankText(adapter.parameters)].filter(Boolean).join(', ')}</span>
          <CotoMark on={adapter.coto !== null} />
        </Group>
      ),
    },
    ...(withBase ? [baseColumn(namesOf)] : []),
    {
      id: 'data',
      header: columns.data,
      width: 190,
      yields: 2,
      value: (adapter) => namesOf(adapter).dataset,
      cell: (adapter) => (
        <Text size="sm" truncate title={namesOf(adapter).dataset ?? ''}>
          {namesOf(adapter).dataset ?? '–'}
        </Text>
      ),
    },
    {
      id: 'score',
      header: columns.score,
      help: columns.scoreHelp,
      // "exact match 0.00 %" of a language model is longer than an accuracy.
      width: withLongScores ? 148 : 76,
      align: 'right',
      value: (adapter) => headlineOf(adapter)?.rank ?? null,
      cell: (adapter) => headlineText(adapter) || '–',
    },
    {
      id: 'origin',
      header: columns.origin,
      width: 76,
      yields: 4,
      value: ({ origin }) => words.origins[origin.kind],
    },
    ...(withTags ? [tagsColumn] : []),
    {
      id: 'size',
      header: columns.size,
      width: 88,
      yields: 3,
      align: 'right',
      value: ({ sizeBytes }) => sizeBytes,
      cell: ({ sizeBytes }) => formatBytes(sizeBytes),
    },
    {
      id: 'created',
      header: columns.created,
      width: 100,
      align: 'right',
      value: ({ createdAt }) => createdAt,
      cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
    },
  ];
}

const tagsColumn: DataColumn<AdapterRecord> = {
  id: 'tags',
  header: words.columns.tags,
  width: 100,
  yields: 5,
  value: ({ tags }) => tags.join(' '),
  cell: ({ tags }) => (
    <Group gap={4} wrap="nowrap">
      {tags.map((tag) => (
        <Badge key={tag} color="gray" flex="none">
          {tag}
        </Badge>
      ))}
    </Group>
  ),
};

function baseColumn(namesOf: ColumnInputs['namesOf']): DataColumn<AdapterRecord> {
  return {
    id: 'base',
    header: words.columns.base,
    width: 160,
    yields: 2,
    value: (adapter) => namesOf(adapter).model,
    cell: (adapter) => {
      const { model, baseColor } = namesOf(adapter);
      return (
        <Text size="sm" maw={160} truncate title={model}>
          <span className={classes['base']} style={{ background: baseColor }} aria-hidden />
          {model}
        </Text>
      );
    },
  };
}

/** The star of an adapter, to set and to take away. */
export function StarButton({ adapter, onStar }: { adapter: AdapterRecord; onStar: () => void }) {
  const { name, starred } = adapter;
  return (
    <ActionIcon
      size={20}
      aria-label={starred ? words.unstar(name) : words.star(name)}
      aria-pressed={starred}
      onClick={onStar}
    >
      {starred ? <IconStarFilled size={14} /> : <IconStar size={14} />}
    </ActionIcon>
  );
}
