import { Text } from '@mantine/core';
import type { Catalog } from '../../../src-shared/domain/app/catalog.ts';
import { Select } from '../../components/form/choices.tsx';
import { HelpButton } from '../../components/help/help-button.tsx';
import { mergeStrings } from '../../strings/merge.ts';
import classes from './merge.module.css';

interface MethodChoiceProps {
  methods: Catalog['mergeMethods'];
  value: string;
  onChange: (method: string) => void;
}

/** The merge methods, each with its line of guidance; of the chosen one the whole sentence and its card. */
export function MethodChoice({ methods, value, onChange }: MethodChoiceProps) {
  const chosen = methods.find(({ id }) => id === value);
  return (
    <div>
      <div className={classes['methodRow']}>
        <Select
          label={mergeStrings.mergeMethod}
          style={{ flex: 1 }}
          data={methods.map(({ id, label }) => ({ value: id, label }))}
          value={value}
          onChange={(next) => next !== null && onChange(next)}
          allowDeselect={false}
          searchable
          maxDropdownHeight={420}
          nothingFoundMessage={mergeStrings.noMethod}
          renderOption={({ option }) => (
            <div className={classes['method']}>
              <div>{option.label}</div>
              <div className={classes['methodLine']}>{methods.find(({ id }) => id === option.value)?.summary}</div>
            </div>
          )}
        />
        {chosen ? <HelpButton label={chosen.label} card={chosen.card} /> : null}
      </div>
      <Text size="xs" c="dimmed" mt={4}>
        {chosen?.summary}
      </Text>
    </div>
  );
}
