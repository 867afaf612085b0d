import { useState } from 'react';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import { type Quantization, quantizationSchema } from '../../../src-shared/domain/models/quantization.ts';
import { useAction, useRequest } from '../../api/query.ts';

interface QuantizeDialogInput {
  model: ModelRecord;
  opened: boolean;
  onClose: () => void;
  onStarted: (job: JobRecord) => void;
}

/** The type and the name that are chosen, what the files take then, and the start. */
export function useQuantizeDialog({ model, opened, onClose, onStarted }: QuantizeDialogInput) {
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
