import type { ComponentType } from 'react';
import { vi } from 'vitest';
import type { JobRecord } from '../../../../src-shared/domain/jobs/job.ts';
import { type ModelRecord, modelRecordSchema } from '../../../../src-shared/domain/models/model.ts';
import { renderInWindow } from '../../window.tsx';

/** A base of a few numbers. */
const model = modelRecordSchema.parse({
  id: 'm',
  name: 'tiny',
  path: '/tiny',
  bundled: false,
  provenance: null,
  createdAt: 1,
  description: {
    family: 'llama',
    architecture: 'LlamaForCausalLM',
    kind: 'causal-lm',
    parameterCount: 10,
    sizeBytes: 20,
    dtype: 'BF16',
    layerCount: 1,
    hiddenSize: 2,
    labels: [],
    image: null,
    linears: [],
    fingerprint: 'f',
  },
});

interface DialogProps {
  readonly model: ModelRecord;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onStarted: (job: JobRecord) => void;
}

/** Opens a dialog that starts a job on a base, with the ids of the jobs that were started. */
export function openedDialog(Dialog: ComponentType<DialogProps>) {
  const started: string[] = [];
  const close = vi.fn();
  const view = renderInWindow(
    <Dialog model={model} opened onClose={close} onStarted={({ id }) => void started.push(id)} />,
  );
  return { view, started, close };
}
