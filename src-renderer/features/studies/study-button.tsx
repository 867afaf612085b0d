import { Button } from '@mantine/core';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import type { StudyInput, StudyKind } from '../../../src-shared/studies/define-study.ts';
import { useAction } from '../../api/query.ts';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { studiesStrings } from '../../strings/studies.ts';
import { compose } from './compose.ts';

interface StudyButtonProps {
  kind: StudyKind;
  input: StudyInput;
  /** Reason why nothing can start; null if the kind decides. */
  refusal: string | null;
  onStarted: (study: StudyRecord) => void;
}

/** Starts a study of what is chosen; where there can be none, its title says why. */
export function StudyButton({ kind, input, refusal, onStarted }: StudyButtonProps) {
  const create = useAction('studies.create', {
    failureTitle: studiesStrings.notStarted,
    onSuccess: ({ study }) => {
      notifySuccess(studiesStrings.queued, study.name);
      onStarted(study);
    },
  });
  const { config, reason } = compose(kind, input);
  const why = refusal ?? reason;
  return (
    <Button
      variant="default"
      disabled={why !== null}
      title={why ?? kind.declaration.summary}
      loading={create.isPending}
      onClick={() => config && create.mutate({ config })}
    >
      {kind.offeredBy?.action ?? kind.declaration.label}
    </Button>
  );
}
