import { Button, Checkbox, Chip, Group, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { headlineText } from '../../../src-shared/results/headline.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { firstOfGroups, useGrowingList } from '../../components/table/use-growing-list.ts';
import { pruneStrings } from '../../strings/prune.ts';
import { shelfGroups, toggleFilter, usefulFilters } from '../merge/shelf-groups.ts';
import { useAdapterNames } from '../merge/use-adapter-names.ts';
import { CotoMark } from '../runs/list/coto-mark.tsx';
import classes from './prune.module.css';

interface AdapterChoiceProps {
  adapters: readonly AdapterRecord[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}

/**
 * The adapters to prune, by base and filtered as on the shelf. Selected adapters stay selected while a filter hides
 * them.
 */
export function AdapterChoice({ adapters, chosen, onChange }: AdapterChoiceProps) {
  const [search, setSearch] = useState('');
  const [filters, setFilters] = useState<readonly string[]>([]);
  const namesOf = useAdapterNames();
  const selected = adapters.filter(({ id }) => chosen.includes(id));
  const chips = usefulFilters(adapters, selected);
  const active = filters.filter((id) => chips.some((chip) => chip.id === id));
  const groups = shelfGroups(adapters, { search, filters: active, bench: selected }, namesOf);
  const { drawn, end } = useGrowingList(groups.reduce((sum, group) => sum + group.adapters.length, 0));
  const sizes = new Map(groups.map((group) => [group.base, group.adapters.length]));
  return (
    <Panel
      title={pruneStrings.adapters}
      note={pruneStrings.selected(chosen.length)}
      aside={
        chosen.length === 0 ? null : (
          <Button variant="subtle" onClick={() => onChange([])}>
            {pruneStrings.clear}
          </Button>
        )
      }
    >
      <TextInput
        aria-label={pruneStrings.filterLabel}
        placeholder={pruneStrings.filter}
        leftSection={<IconSearch size={14} />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      {chips.length > 0 ? (
        <Group gap={4} mt={8} role="group" aria-label={pruneStrings.filters}>
          {chips.map(({ id, label }) => (
            <Chip
              key={id}
              size="xs"
              variant="outline"
              checked={active.includes(id)}
              onChange={() => setFilters(toggleFilter(active, id))}
            >
              {id === 'fits' ? pruneStrings.fits : label}
            </Chip>
          ))}
        </Group>
      ) : null}
      <Checkbox.Group value={[...chosen]} onChange={onChange} aria-label={pruneStrings.adaptersLabel}>
        <div className={classes['choices']}>
          {firstOfGroups(groups, drawn).map((group) => (
            <div key={group.base}>
              <div className={classes['groupHead']}>
                <span className={classes['base']} style={{ background: group.color }} />
                <span className={classes['groupName']} title={group.base}>
                  {group.base}
                </span>
                {sizes.get(group.base)}
              </div>
              {group.adapters.map((adapter) => (
                <Checkbox
                  key={adapter.id}
                  value={adapter.id}
                  py={5}
                  label={
                    <span className={classes['choice']}>
                      <span className={classes['name']}>{adapter.name}</span>
                      <CotoMark on={adapter.coto !== null} />
                      <span className={classes['score']}>{headlineText(adapter)}</span>
                    </span>
                  }
                  styles={{ labelWrapper: { flex: 1, minWidth: 0 }, body: { alignItems: 'center' } }}
                />
              ))}
            </div>
          ))}
          {end === null ? null : <div ref={end} className={classes['listEnd']} />}
        </div>
      </Checkbox.Group>
      {groups.length === 0 ? (
        <Text size="sm" c="dimmed">
          {pruneStrings.noMatch}
        </Text>
      ) : null}
    </Panel>
  );
}
