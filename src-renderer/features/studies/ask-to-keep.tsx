import { Button, Group, Radio, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import type { PrunedChoice } from '../../../src-shared/studies/define-study.ts';
import { studiesStrings } from '../../strings/studies.ts';

const strings = studiesStrings.keep;

/** Asks before the adapter behind a point is made, and of which seed where the point is a mean; of nothing, nothing. */
export function askToKeep(choices: readonly PrunedChoice[], onKeep: (choice: PrunedChoice) => void): void {
  if (choices.length === 0) return;
  const dialog = modals.open({
    title: strings.title,
    children: (
      <ChooseKept
        choices={choices}
        onCancel={() => modals.close(dialog)}
        onKeep={(choice) => {
          modals.close(dialog);
          onKeep(choice);
        }}
      />
    ),
  });
}

interface ChooseKeptProps {
  choices: readonly PrunedChoice[];
  onCancel: () => void;
  onKeep: (choice: PrunedChoice) => void;
}

export function ChooseKept({ choices, onCancel, onKeep }: ChooseKeptProps) {
  const [first] = choices;
  const [place, setPlace] = useState(choices.length === 1 ? '0' : null);
  const chosen = place === null ? undefined : choices[Number(place)];
  return (
    <Stack gap={12}>
      {choices.length === 1 ? (
        <Text size="sm">{strings.adds(first?.name ?? '')}</Text>
      ) : (
        <Radio.Group label={strings.which} value={place} onChange={(value) => setPlace(value)}>
          <Stack gap={8} mt={8}>
            {choices.map(({ name }, index) => (
              <Radio key={index} value={String(index)} label={name} />
            ))}
          </Stack>
        </Radio.Group>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          {strings.cancel}
        </Button>
        <Button
          disabled={chosen === undefined}
          {...(choices.length === 1 ? { 'data-autofocus': true } : {})}
          onClick={() => chosen && onKeep(chosen)}
        >
          {strings.confirm}
        </Button>
      </Group>
    </Stack>
  );
}
