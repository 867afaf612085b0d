import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { DownloadPlan } from '../../../src-shared/domain/hub.ts';
import type { JobRecord } from '../../../src-shared/domain/job.ts';
import { useAction } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { formatBytes, plural } from '../../components/format/format.ts';
import { PathText } from '../../components/format/path-text.tsx';
import { type DataColumn, DataTable } from '../../components/table/data-table.tsx';
import classes from './models.module.css';

type PlannedFile = DownloadPlan['files'][number];

const columns: readonly DataColumn<PlannedFile>[] = [
  { id: 'name', header: 'File', value: (file) => file.name, cell: (file) => <code>{file.name}</code> },
  {
    id: 'bytes',
    header: 'Size',
    align: 'right',
    value: (file) => file.bytes,
    cell: (file) => (file.present ? 'there already' : formatBytes(file.bytes)),
  },
];

interface HubDialogProps {
  opened: boolean;
  onClose: () => void;
  onStarted: (job: JobRecord) => void;
}

/** Gets a model from the hub in two steps: looking up what it consists of, then fetching just that. */
export function HubDialog({ opened, onClose, onStarted }: HubDialogProps) {
  const [repository, setRepository] = useState('');
  const [revision, setRevision] = useState('main');
  const [plan, setPlan] = useState<DownloadPlan | null>(null);
  const [failure, setFailure] = useState<Error | null>(null);
  const lookUp = useAction('models.plan', {
    onSuccess: (found) => {
      setFailure(null);
      setPlan(found);
    },
    onError: setFailure,
  });
  const download = useAction('models.download', {
    onSuccess: (job) => {
      setPlan(null);
      onStarted(job);
      onClose();
    },
    onError: setFailure,
  });
  const change = (set: (value: string) => void) => (value: string) => {
    set(value);
    setPlan(null);
    setFailure(null);
  };
  const asked = { repository: repository.trim(), revision: revision.trim() || 'main' };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (plan) download.mutate(asked);
    else lookUp.mutate(asked);
  };

  return (
    <Modal opened={opened} onClose={onClose} title="Get from Hugging Face" size="lg">
      <form onSubmit={submit}>
        <Stack gap={12}>
          <Text className={classes['help'] ?? ''}>
            Looking up asks the hub for the model’s list of files. Nothing is fetched before you have seen it.
          </Text>
          <Group gap={12} align="flex-end" wrap="nowrap">
            <TextInput
              label="Model"
              placeholder="org/name"
              value={repository}
              onChange={(event) => change(setRepository)(event.currentTarget.value)}
              data-autofocus
              style={{ flex: 1 }}
            />
            <TextInput
              label="Revision"
              value={revision}
              onChange={(event) => change(setRevision)(event.currentTarget.value)}
              style={{ width: 140 }}
            />
          </Group>
          {failure ? <ErrorNote error={failure} /> : null}
          {plan ? <Plan plan={plan} /> : null}
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={asked.repository === ''} loading={lookUp.isPending || download.isPending}>
              {plan ? buttonText(plan) : 'Look up'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function Plan({ plan }: { plan: DownloadPlan }) {
  return (
    <div>
      <Text size="sm" mb={4}>
        From <strong>{plan.host}</strong> into the Hugging Face cache:
      </Text>
      <PathText path={plan.folder} />
      <div className={classes['files']}>
        <DataTable label="Files of the model" items={plan.files} itemId={(file) => file.name} columns={columns} />
      </div>
    </div>
  );
}

function buttonText({ files }: DownloadPlan): string {
  const missing = files.filter(({ present }) => !present);
  if (missing.length === 0) return 'Add it: all is there';
  return `Get ${plural(missing.length, 'file')}, ${formatBytes(missing.reduce((sum, { bytes }) => sum + bytes, 0))}`;
}
