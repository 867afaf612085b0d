import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { DownloadPlan, PlannedModel } from '../../../src-shared/domain/models/hub.ts';
import { bestChoice } from '../../../src-shared/domain/models/model-memory.ts';
import { useAction } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Select } from '../../components/form/choices.tsx';
import { formatBytes, formatCount, plural } from '../../components/format/format.ts';
import { PathText } from '../../components/format/path-text.tsx';
import { type DataColumn, DataTable } from '../../components/table/data-table.tsx';
import { modelsStrings } from '../../strings/models.ts';
import classes from './models.module.css';
import { Verdict } from './train-memory.tsx';

type PlannedFile = DownloadPlan['files'][number];

/** Name in the list for weights outside of GGUF files. */
const safetensors = 'safetensors';

const columns: readonly DataColumn<PlannedFile>[] = [
  { id: 'name', header: 'File', value: (file) => file.name, cell: (file) => <code>{file.name}</code> },
  {
    id: 'bytes',
    header: 'Size',
    align: 'right',
    value: (file) => file.bytes,
    cell: (file) => (file.present ? 'already downloaded' : formatBytes(file.bytes)),
  },
];

interface HubDialogProps {
  opened: boolean;
  /** The name that the dialog opens with. */
  repository?: string;
  onClose: () => void;
  onStarted: (job: JobRecord) => void;
}

/** Downloads a model from the hub in two steps: finding what it consists of, then fetching just that. */
export function HubDialog({ opened, repository = '', onClose, onStarted }: HubDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Download from Hugging Face" size="lg">
      <HubForm repository={repository} onClose={onClose} onStarted={onStarted} />
    </Modal>
  );
}

/** Empty each time the dialog opens: its state goes with the closed dialog. */
function HubForm(input: HubDialogInput) {
  const { onClose } = input;
  const hub = useHubDialog(input);
  const { plan, failure } = hub;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        hub.submit();
      }}
    >
      <Stack gap={12}>
        <Text className={classes['help'] ?? ''}>
          Find shows the model’s family, memory and files. Nothing is downloaded before you agree.
        </Text>
        <Group gap={12} align="flex-end" wrap="nowrap">
          <TextInput
            label="Model"
            placeholder="org/name or org/name:Q4_K_M"
            value={hub.repository}
            onChange={(event) => hub.setRepository(event.currentTarget.value)}
            data-autofocus
            style={{ flex: 1 }}
          />
          <TextInput
            label="Revision"
            value={hub.revision}
            onChange={(event) => hub.setRevision(event.currentTarget.value)}
            style={{ width: 140 }}
          />
        </Group>
        {failure ? <ErrorNote error={failure} /> : null}
        {plan ? <Plan plan={plan} isBusy={hub.isBusy} onChoose={hub.choose} /> : null}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={!hub.canSubmit} loading={hub.isBusy}>
            {plan ? buttonText(plan) : 'Find'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface PlanProps {
  plan: DownloadPlan;
  isBusy: boolean;
  onChoose: (quantization: string | null) => void;
}

function Plan({ plan, isBusy, onChoose }: PlanProps) {
  const idOf = (quantization: string | null) => quantization ?? safetensors;
  return (
    <div>
      {plan.formats.length > 1 ? (
        <Select
          label={modelsStrings.weightFormat}
          description={modelsStrings.weightFormatHelp}
          data={plan.formats.map(({ quantization, bytes }) => ({
            value: idOf(quantization),
            label: `${idOf(quantization)} (${formatBytes(bytes)})`,
          }))}
          value={idOf(plan.quantization)}
          onChange={(chosen) => onChoose(chosen === safetensors ? null : chosen)}
          allowDeselect={false}
          disabled={isBusy}
          mb={12}
        />
      ) : null}
      {plan.model ? <PlannedModelFacts model={plan.model} /> : null}
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

/** Family and size of a model, and the memory to train it on this machine. */
function PlannedModelFacts({ model: { family, architecture, parameterCount, memory } }: { model: PlannedModel }) {
  const best = memory && bestChoice(memory);
  return (
    <Stack gap={2} mb={12}>
      <Text size="sm">
        <strong>{family}</strong> ({architecture}), {modelsStrings.parameters(formatCount(parameterCount))}
      </Text>
      {memory && best ? (
        <Text size="sm">
          {modelsStrings.plannedMemory(
            formatBytes(best.bytes),
            modelsStrings.batchOf(best.per_device_train_batch_size, best.gradient_accumulation_steps),
            formatBytes(memory.freeMemoryBytes),
          )}{' '}
          <Verdict verdict={best.verdict} />
        </Text>
      ) : null}
    </Stack>
  );
}

function buttonText({ files }: DownloadPlan): string {
  const missing = files.filter(({ present }) => !present);
  if (missing.length === 0) return 'Add (already downloaded)';
  return `Download ${plural(missing.length, 'file')} (${formatBytes(missing.reduce((sum, { bytes }) => sum + bytes, 0))})`;
}

interface HubDialogInput {
  repository: string;
  onClose: () => void;
  onStarted: (job: JobRecord) => void;
}

/** The model asked for, the plan of its download once it is found, and what to do next: find it, or download it. */
function useHubDialog({ repository: first, onClose, onStarted }: HubDialogInput) {
  const [repository, setRepository] = useState(first);
  const [revision, setRevision] = useState('main');
  const [plan, setPlan] = useState<DownloadPlan | null>(null);
  const [failure, setFailure] = useState<Error | null>(null);
  const find = useAction('models.plan', {
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
  /** A plan is of what was asked for: another name needs another. */
  const change = (set: (value: string) => void) => (value: string) => {
    set(value);
    setPlan(null);
    setFailure(null);
  };
  const asked = { repository: repository.trim(), revision: revision.trim() || 'main' };
  const choose = (quantization: string | null) => find.mutate({ ...asked, quantization });
  return {
    repository,
    revision,
    plan,
    failure,
    setRepository: change(setRepository),
    setRevision: change(setRevision),
    canSubmit: asked.repository !== '',
    /** Plans the download of another form of the weights: a GGUF file of that type, or null for safetensors. */
    choose,
    isBusy: find.isPending || download.isPending,
    submit: () => {
      if (plan) download.mutate({ ...asked, quantization: plan.quantization });
      else find.mutate(asked);
    },
  };
}
