import { Button, Group, Modal, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import {
  type Quantization,
  quantizationSchema,
  quantizations,
} from '../../../src-shared/domain/models/quantization.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { modelsStrings } from '../../strings/models.ts';
import classes from './models.module.css';

interface QuantizeDialogProps {
  model: ModelRecord;
  opened: boolean;
  onClose: () => void;
  onStarted: (job: JobRecord) => void;
}

const strings = modelsStrings.quantize;

/** Chooses how a base is quantized, by what its files take then, and starts it. */
export function QuantizeDialog({ model, opened, onClose, onStarted }: QuantizeDialogProps) {
  const dialog = useQuantizeDialog({ model, opened, onClose, onStarted });
  const { plan, failure } = dialog;
  return (
    <Modal opened={opened} onClose={onClose} title={strings.title(model.name)} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          dialog.submit();
        }}
      >
        <Stack gap={12}>
          <Text className={classes['help'] ?? ''}>{strings.help}</Text>
          {failure ? <ErrorNote error={failure} /> : null}
          <Radio.Group label={strings.type} value={dialog.type} onChange={dialog.setType}>
            <Stack gap={8} mt={4}>
              {quantizations.map(({ id, label, words }) => {
                const choice = plan?.choices.find(({ type }) => type === id);
                const size = plan && choice ? strings.sizes(plan.beforeBytes, choice.afterBytes) : '';
                const isOut = plan !== null && choice === undefined;
                return (
                  <Radio key={id} value={id} disabled={isOut} label={strings.choice(label, size)} description={words} />
                );
              })}
            </Stack>
          </Radio.Group>
          <TextInput
            label={strings.name}
            value={dialog.name}
            onChange={(event) => dialog.setName(event.currentTarget.value)}
          />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              {strings.cancel}
            </Button>
            <Button type="submit" disabled={!plan} loading={dialog.isBusy}>
              {strings.start}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

interface QuantizeDialogInput {
  model: ModelRecord;
  opened: boolean;
  onClose: () => void;
  onStarted: (job: JobRecord) => void;
}

/** The type and the name that are chosen, what the files take then, and the start. */
function useQuantizeDialog({ model, opened, onClose, onStarted }: QuantizeDialogInput) {
  const [ownType, setType] = useState<Quantization | null>(null);
  const [ownName, setName] = useState<string | null>(null);
  const sizes = useRequest('models.quantizations', { id: model.id }, { enabled: opened });
  const quantize = useAction('models.quantize', {
    onSuccess: (job) => {
      onStarted(job);
      onClose();
    },
    // The dialog says it.
    onError: () => undefined,
  });
  const type = ownType ?? sizes.data?.choices[0]?.type ?? 'nf4';
  const name = ownName ?? `${model.name}-${type}`;
  return {
    type,
    setType: (chosen: string) => setType(quantizationSchema.parse(chosen)),
    name,
    setName,
    plan: sizes.data ?? null,
    failure: sizes.error ?? quantize.error,
    isBusy: quantize.isPending,
    submit: () => quantize.mutate({ id: model.id, type, ...(name.trim() === '' ? {} : { name: name.trim() }) }),
  };
}
