import { Button, Group, Modal, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import { useAction } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { modelsStrings } from '../../strings/models.ts';
import classes from './models.module.css';

interface AddTokensDialogProps {
  model: ModelRecord;
  opened: boolean;
  onClose: () => void;
  onStarted: (job: JobRecord) => void;
}

const strings = modelsStrings.addTokens;

/** Names the tokens that a copy of a base gets, and starts the job that writes it. */
export function AddTokensDialog({ model, opened, onClose, onStarted }: AddTokensDialogProps) {
  const [text, setText] = useState('');
  const [special, setSpecial] = useState(true);
  const [ownName, setName] = useState<string | null>(null);
  const add = useAction('models.addTokens', {
    onSuccess: (job) => {
      onStarted(job);
      setText('');
      setName(null);
      onClose();
    },
    // The dialog shows it.
    onError: () => undefined,
  });
  const tokens = text.split('\n').filter((line) => line !== '');
  const name = ownName ?? `${model.name}-tokens`;
  const submit = () =>
    add.mutate({
      id: model.id,
      tokens: tokens.map((content) => ({ content, special })),
      ...(name.trim() === '' ? {} : { name: name.trim() }),
    });
  return (
    <Modal opened={opened} onClose={onClose} title={strings.title(model.name)} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack gap={12}>
          <Text className={classes['help'] ?? ''}>{strings.help}</Text>
          {add.error ? <ErrorNote error={add.error} /> : null}
          <Textarea
            label={strings.tokens}
            description={strings.tokensHelp}
            value={text}
            autosize
            minRows={2}
            maxRows={10}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Switch
            label={strings.special}
            description={strings.specialHelp}
            checked={special}
            onChange={(event) => setSpecial(event.currentTarget.checked)}
          />
          <TextInput label={strings.name} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              {strings.cancel}
            </Button>
            <Button type="submit" disabled={tokens.length === 0} loading={add.isPending}>
              {strings.start}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
