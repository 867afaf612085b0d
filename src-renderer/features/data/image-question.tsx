import { Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { dataStrings } from '../../strings/data.ts';

interface ImageQuestionProps {
  onAnswer: (label: string) => void;
  isPending: boolean;
}

/** Form for the column of the classes, where a table of images has several or also has texts. */
export function ImageQuestion({ onAnswer, isPending }: ImageQuestionProps) {
  const [label, setLabel] = useState('');
  const strings = dataStrings.imageQuestion;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (label.trim() !== '') onAnswer(label.trim());
      }}
    >
      <Group align="end" mt="xs">
        <TextInput label={strings.label} value={label} onChange={(event) => setLabel(event.currentTarget.value)} />
        <Button type="submit" disabled={label.trim() === ''} loading={isPending}>
          {strings.add}
        </Button>
      </Group>
    </form>
  );
}
