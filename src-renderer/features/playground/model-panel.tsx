import { Checkbox, Stack, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { type ModelRecord, writesText } from '../../../src-shared/domain/models/model.ts';
import { Select } from '../../components/form/choices.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import { classifiesImages } from '../adapters/playground-path.ts';
import { filterAdapters } from '../merge/bench.ts';
import { CotoMark } from '../runs/list/coto-mark.tsx';
import { columnLimit, toggleColumn } from './draft.ts';
import classes from './playground.module.css';
import { changeDraft } from './playground-store.ts';

const words = playgroundStrings.model;
/** From so many adapters on they are filtered rather than read. */
const many = 8;

interface ModelPanelProps {
  models: readonly ModelRecord[];
  model: ModelRecord | undefined;
  /** Adapters of the model. */
  fitting: readonly AdapterRecord[];
  columns: readonly (string | null)[];
  /** False where adapters alone can be tried. */
  hasBase?: boolean;
  children?: ReactNode;
}

/** Choice of the model, alone and with its adapters. */
export function ModelPanel({ models, model, fitting, columns, hasBase = true, children }: ModelPanelProps) {
  const [search, setSearch] = useState('');
  const group = (label: string, isOfGroup: (one: ModelRecord) => boolean) => ({
    group: label,
    items: models.filter(isOfGroup).map(({ id, name }) => ({ value: id, label: name })),
  });
  const chosen = fitting.filter(({ id }) => columns.includes(id));
  const others = filterAdapters(
    fitting.filter(({ id }) => !columns.includes(id)),
    search,
  );
  return (
    <Panel title={words.title} note={words.note(columnLimit)}>
      <Stack gap={8}>
        <Select
          aria-label={words.label}
          data={[
            group(words.writers, ({ description }) => writesText(description)),
            group(words.classifiers, classifiesImages),
            group(words.encoders, (one) => !writesText(one.description) && !classifiesImages(one)),
          ].filter(({ items }) => items.length > 0)}
          value={model?.id ?? null}
          onChange={(modelId) => changeDraft({ modelId, columns: [null] })}
          allowDeselect={false}
        />
        {fitting.length > many ? (
          <TextInput
            aria-label={words.filter}
            placeholder={words.filter}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        ) : null}
        <div className={classes['choices']}>
          {[...(hasBase ? [null] : []), ...chosen, ...others].map((adapter) => {
            const id = adapter?.id ?? null;
            return (
              <Checkbox
                key={id ?? 'base'}
                checked={columns.includes(id)}
                disabled={!columns.includes(id) && columns.length >= columnLimit}
                onChange={() => changeDraft({ columns: toggleColumn(columns, id) })}
                label={
                  <span className={classes['choice']}>
                    <span className={classes['name']}>{adapter?.name ?? playgroundStrings.base}</span>
                    <CotoMark on={adapter?.coto != null} />
                  </span>
                }
              />
            );
          })}
        </div>
        {fitting.length === 0 ? (
          <Text size="xs" c="dimmed">
            {words.noAdapters}
          </Text>
        ) : null}
        {children}
      </Stack>
    </Panel>
  );
}
