import { Button, Group, Stack, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { type FormEvent, useState } from 'react';

interface NameRequest {
  title: string;
  label: string;
  name: string;
  confirm: string;
  cancel: string;
  onName: (name: string) => void;
}

/** Asks for another name; Enter confirms, Escape leaves it as it was. */
export function askName({ title, onName, ...rest }: NameRequest): void {
  const dialog = modals.open({
    title,
    children: (
      <NameForm
        {...rest}
        onClose={() => modals.close(dialog)}
        onName={(changed) => {
          modals.close(dialog);
          onName(changed);
        }}
      />
    ),
  });
}

function NameForm({
  name,
  label,
  confirm,
  cancel,
  onName,
  onClose,
}: Omit<NameRequest, 'title'> & { onClose: () => void }) {
  const [text, setText] = useState(name);
  const changed = text.trim();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (changed !== '') onName(changed);
  };
  return (
    <form onSubmit={submit}>
      <Stack gap={12}>
        <TextInput label={label} value={text} onChange={(event) => setText(event.currentTarget.value)} data-autofocus />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {cancel}
          </Button>
          <Button type="submit" disabled={changed === ''}>
            {confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
