import { useState } from 'react';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { DownloadPlan } from '../../../src-shared/domain/models/hub.ts';
import { useAction } from '../../api/query.ts';

interface HubDialogInput {
  onClose: () => void;
  onStarted: (job: JobRecord) => void;
}

/** The model asked for, the plan of its download once it is found, and what to do next: find it, or download it. */
export function useHubDialog({ onClose, onStarted }: HubDialogInput) {
  const [repository, setRepository] = useState('');
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
