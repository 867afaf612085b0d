import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { useAction } from '../../../api/query.ts';
import { runStrings } from '../../../strings/run.ts';

const words = runStrings.resume;

/** Resumes a run, by default from its last checkpoint. Asks first where the run was refused because its files have changed. */
export function useResumeRun(failureTitle: string = words.failed) {
  const resume = useAction('runs.resume', { failureTitle });
  const resumeRun = ({ id, name, error }: Pick<RunRecord, 'id' | 'name' | 'error'>, folder?: string): void => {
    const input = { id, ...(folder === undefined ? {} : { folder }) };
    if (error?.code !== 'inputs_changed') {
      resume.mutate(input);
      return;
    }
    modals.openConfirmModal({
      title: words.anywayQuestion(name),
      children: (
        <>
          <Text mb={8}>{error.message}</Text>
          <Text>{words.anywayConsequence}</Text>
        </>
      ),
      labels: { confirm: words.anyway, cancel: words.cancel },
      onConfirm: () => resume.mutate({ ...input, anyway: true }),
    });
  };
  return { resumeRun, isPending: resume.isPending };
}
