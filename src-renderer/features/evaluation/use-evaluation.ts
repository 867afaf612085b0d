import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { evaluationParameters } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { comparesWithTexts } from '../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { firstProblem } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { usualClassTemplates } from '../../../src-shared/tasks/class-templates.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { isActive, useJob, useJobResult } from '../jobs/use-job.ts';
import { classTemplatesFault } from '../templates/class-templates-input.tsx';

/** Subject of the evaluation: a base, alone or with an adapter. */
export interface Evaluated {
  readonly name: string;
  /** Null: the adapter's base is not in the studio. */
  readonly modelId: string | null;
  readonly adapter: Pick<AdapterRecord, 'id' | 'datasetId'> | null;
}

/** The choices of an evaluation, what is still missing, its start, its job and its result. */
export function useEvaluation({ name, modelId, adapter }: Evaluated) {
  const [chosen, setDataset] = useState<string | null>(adapter?.datasetId ?? null);
  const [values, setValues] = useState<ParameterValues>({});
  const [classTemplates, setClassTemplates] = useState<string | null>(null);
  const [against, setAgainst] = useState<string | null>(null);
  const [jobId, setJobId] = useState<string | null>(null);
  const [saved, setSaved] = useState<string | null>(null);
  const all = useRequest('datasets.list', {}).data ?? [];
  const fits = useRequest(
    'evaluate.datasets',
    { model: modelId ?? '', adapterId: adapter?.id ?? null },
    { enabled: modelId !== null },
  ).data;
  const misfits = new Map(fits?.flatMap(({ datasetId, problem: why }) => (why === null ? [] : [[datasetId, why]])));
  const model = useRequest('models.list', {}).data?.find(({ id }) => id === modelId);
  const adapters = useRequest('adapters.list', {}, { enabled: adapter !== null }).data ?? [];
  // An adapter is scored with the texts that it was trained with.
  const asksForTexts = adapter === null && model !== undefined && comparesWithTexts(model.description);
  const job = useJob(jobId);
  const result = useJobResult(job, 'evaluate');
  const start = useAction('evaluate.start', {
    failureTitle: `${name} was not evaluated`,
    onSuccess: ({ id }, { predictions }) => {
      setJobId(id);
      setSaved(predictions ?? null);
    },
  });
  const problem =
    modelId === null
      ? 'The base of this adapter is not in the studio: add it on the Models page.'
      : chosen === null
        ? 'Choose the dataset to evaluate on.'
        : (misfits.get(chosen) ??
          firstProblem(evaluationParameters(), values) ??
          (classTemplates === null ? null : classTemplatesFault(classTemplates)));
  const begin = (predictions: string | null) => {
    if (problem !== null || modelId === null || chosen === null) return;
    const { eval_samples } = values;
    start.mutate({
      model: modelId,
      dataset: chosen,
      adapters: adapter === null ? [] : [{ adapter: { adapterId: adapter.id } }],
      ...(typeof eval_samples === 'number' ? { eval_samples } : {}),
      ...(asksForTexts && classTemplates !== null ? { settings: { class_templates: classTemplates } } : {}),
      ...(against === null ? {} : { against: { adapterId: against } }),
      predictions,
    });
  };
  return {
    /** Datasets that fit; the others follow with the reason. */
    datasets: all.filter(({ id }) => !misfits.has(id)),
    misfits: all.flatMap(({ id, name: title }) => {
      const why = misfits.get(id);
      return why === undefined ? [] : [{ id, name: title, why }];
    }),
    dataset: chosen,
    setDataset,
    /** Adapters of the same base, to compare this one with. */
    others: adapters.filter((other) => adapter !== null && other.id !== adapter.id && other.modelId === modelId),
    against,
    setAgainst,
    values,
    setValues,
    /** Texts of the classes, where the base is compared with them; null where it is not. */
    classTemplates: asksForTexts ? (classTemplates ?? usualClassTemplates) : null,
    setClassTemplates,
    problem,
    isBusy: start.isPending || isActive(job),
    job,
    result,
    /** The file of predictions that the job wrote, once it has. */
    saved: job?.status === 'completed' ? saved : null,
    evaluate: () => begin(null),
    savePredictions: async () => {
      try {
        const file = await window.coto.dialogs.saveFile({
          title: `Save the predictions of ${name}`,
          defaultName: `${name.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')}-predictions.jsonl`,
          filters: [{ name: 'JSON Lines', extensions: ['jsonl'] }],
        });
        if (file) begin(file);
      } catch (error) {
        notifyFailure(error, 'The predictions were not saved');
      }
    },
  };
}
