import { Button, Skeleton, Switch, Text, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { headlineOf, namePrefix } from '../../../src-shared/results/headline.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { useRename } from '../../components/actions/use-rename.ts';
import { plural } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { DataTable } from '../../components/table/data-table.tsx';
import { adaptersStrings as words } from '../../strings/adapters.ts';
import { appStrings } from '../../strings/app.ts';
import { addToBench, filterAdapters } from '../merge/bench.ts';
import { changeBench } from '../merge/bench-store.ts';
import { useAdapterNames } from '../merge/use-adapter-names.ts';
import { columnLimit } from '../playground/draft.ts';
import { adapterColumns } from './adapter-columns.tsx';
import classes from './adapters.module.css';
import { notPlayable, playgroundPath } from './playground-path.ts';
import { renameAdapter } from './rename-adapter.ts';

interface AdapterListProps {
  adapters: readonly AdapterRecord[] | undefined;
  archived: boolean;
  onArchived: (archived: boolean) => void;
}

/** All adapters as a table, or as one for each base model; what is selected can go on to the bench or the Playground. */
export function AdapterList({ adapters, archived, onArchived }: AdapterListProps) {
  const [search, setSearch] = useState('');
  const [grouped, setGrouped] = useLocalStorage({
    key: 'coto-adapters-grouped',
    defaultValue: true,
    getInitialValueInEffect: false,
  });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const namesOf = useAdapterNames();
  const update = useAction('adapters.update', { failureTitle: words.notChanged });
  const withTags = adapters?.some(({ tags }) => tags.length > 0) ?? false;
  const withLongScores =
    adapters?.some((adapter) => {
      const score = headlineOf(adapter);
      return score !== null && namePrefix(score) !== '';
    }) ?? false;
  const columns = useMemo(
    () =>
      adapterColumns({
        namesOf,
        withBase: !grouped,
        withTags,
        withLongScores,
        onStar: ({ id, starred }) => update.mutate({ id, starred: !starred }),
      }),
    [namesOf, grouped, withTags, withLongScores, update.mutate],
  );
  const shown = filterAdapters(adapters ?? [], search);
  const groups = grouped ? [...Map.groupBy(shown, (adapter) => namesOf(adapter).model)] : [];
  const table = (label: string, items: readonly AdapterRecord[]) => (
    <DataTable
      label={label}
      items={items}
      itemId={({ id }) => id}
      columns={columns}
      fitted
      initialSort={{ column: 'created', descending: true }}
      selected={selected}
      onSelectedChange={(changed) => {
        // A table knows its own rows only.
        const own = new Set(items.map(({ id }) => id));
        setSelected(
          new Set([...[...selected].filter((id) => !own.has(id)), ...[...changed].filter((id) => own.has(id))]),
        );
      }}
      onActivate={({ id }) => navigate(pathOf('adapters', id))}
      emptyText={archived ? words.noneArchived : words.noMatch}
    />
  );
  const chosen = shown.filter(({ id }) => selected.has(id));
  useRename(appStrings.renames.adapter, shown, chosen.length === 1 ? (chosen[0]?.id ?? null) : null, renameAdapter);
  return (
    <>
      <div className={classes['toolbar']}>
        <TextInput
          aria-label={words.filterLabel}
          placeholder={words.filter}
          leftSection={<IconSearch size={14} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          style={{ flex: 1, minWidth: 180 }}
        />
        <Switch
          label={words.groupByBase}
          checked={grouped}
          onChange={(event) => setGrouped(event.currentTarget.checked)}
        />
        <Switch
          label={words.archivedSwitch}
          checked={archived}
          onChange={(event) => onArchived(event.currentTarget.checked)}
        />
      </div>
      {adapters === undefined ? (
        <Skeleton h={240} m={16} />
      ) : groups.length > 0 ? (
        <div className={classes['list']}>
          {groups.map(([base, items]) => (
            <Panel key={base} title={base} note={plural(items.length, 'adapter')} flush>
              {table(base, items)}
            </Panel>
          ))}
        </div>
      ) : (
        <div className={classes['whole']}>{table(words.title, shown)}</div>
      )}
      {chosen.length > 0 ? <Selection chosen={chosen} onClear={() => setSelected(new Set())} /> : null}
    </>
  );
}

/** Actions for several selected adapters. */
function Selection({ chosen, onClear }: { chosen: readonly AdapterRecord[]; onClear: () => void }) {
  const models = useRequest('models.list', {}).data;
  const scorers = useRequest('generation.scorers', {}).data;
  const ids = chosen.map(({ id }) => id);
  const fits =
    // The base is beside them.
    chosen.length < columnLimit &&
    new Set(chosen.map(({ modelId }) => modelId)).size === 1 &&
    chosen.every((adapter) => notPlayable(adapter, models, scorers) === null);
  const addAll = () => {
    changeBench((bench) => ids.reduce(addToBench, bench));
    navigate('/merge');
  };
  return (
    <div className={classes['selection']} role="toolbar" aria-label={words.selected(chosen.length)}>
      <Text size="sm" fw={600} style={{ flex: 1 }}>
        {words.selected(chosen.length)}
      </Text>
      <Button variant="default" onClick={onClear}>
        {words.clearSelection}
      </Button>
      <Button
        variant="default"
        disabled={!fits}
        title={fits ? undefined : words.compareFit}
        onClick={() => navigate(playgroundPath(ids))}
      >
        {words.compare}
      </Button>
      <Button onClick={addAll}>{words.addToMerge}</Button>
    </div>
  );
}
