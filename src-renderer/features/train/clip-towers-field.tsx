import { useId } from 'react';
import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import { Select } from '../../components/form/choices.tsx';
import { FieldFrame } from '../../components/form/parameter-field.tsx';
import { trainStrings } from '../../strings/train.ts';
import { setField, useTrainForm } from './draft-store.ts';

const words = trainStrings.towers;
const name = 'adapter.exclude_modules';

/** Excluded modules, as a PEFT regular expression that limits adapters to one tower. */
const towers = [
  { value: 'both', label: words.both, excluded: null },
  { value: 'vision', label: words.vision, excluded: String.raw`text_model\..*` },
  { value: 'text', label: words.text, excluded: String.raw`vision_model\..*` },
] as const;
const other = 'other';

/** Choice of the CLIP towers that get adapters ("encoder" of CLIP-LoRA). */
export function ClipTowersField() {
  const id = useId();
  const { draft } = useTrainForm();
  const excluded = textOfValue(draft[name]);
  const chosen = towers.find((tower) => (tower.excluded ?? '') === excluded)?.value ?? other;
  return (
    <FieldFrame
      id={id}
      name={name}
      label={words.label}
      help={words.help}
      card="guide/train"
      problem={undefined}
      origin={chosen === 'both' ? 'default' : 'yours'}
      base={words.both}
      onReset={() => setField(name, null)}
      note={words.notes[chosen]}
    >
      <Select
        id={id}
        data={[
          ...towers.map(({ value, label }) => ({ value, label })),
          ...(chosen === other ? [{ value: other, label: words.other }] : []),
        ]}
        value={chosen}
        allowDeselect={false}
        onChange={(next) => {
          const tower = towers.find(({ value }) => value === next);
          if (tower !== undefined) setField(name, tower.excluded);
        }}
      />
    </FieldFrame>
  );
}
