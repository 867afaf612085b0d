import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/app/catalog.ts';
import { evaluationParameters } from '../../../src-shared/domain/evaluation/evaluation.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { firstProblem } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { pruningStudy } from '../../../src-shared/studies/adapters/pruning.ts';
import { nameAmong } from '../../../src-shared/studies/config/composing.ts';
import { useAction } from '../../api/query.ts';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { pruneStrings } from '../../strings/prune.ts';
import { useVariantNames } from '../runs/use-variant-names.ts';
import { studyAdapters } from '../studies/study-adapters.ts';
import { countPruned, firstChoices, type PruneChoices, patternChoices, studyParts, toggled } from './patterns.ts';

const usualSamples = 500;
/** A pruning study looks at 500 examples, where nothing else is asked for: it evaluates each adapter many times. */
export const pruneEvaluation = {
  declaration: { parameters: evaluationParameters(), card: 'guide/prune' },
  bases: { eval_samples: { value: usualSamples, from: 'preset' } },
} as const;

interface PruneInput {
  adapters: readonly AdapterRecord[];
  runs: readonly RunRecord[];
  catalog: Catalog | undefined;
  onStarted: (study: StudyRecord) => void;
}

/** State of the pruning form: the choices, what is missing, and the start. */
export function usePruneForm({ adapters, runs, catalog, onStarted }: PruneInput) {
  const variants = useVariantNames();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [choices, setChoices] = useState<PruneChoices>(firstChoices);
  const [dataset, setDataset] = useState<string | null>(null);
  const [evaluation, setEvaluation] = useState<ParameterValues>({});
  const [failure, setFailure] = useState<Error | null>(null);
  const create = useAction('studies.create', {
    onError: setFailure,
    onSuccess: ({ study }) => {
      setFailure(null);
      notifySuccess(pruneStrings.queued, study.name);
      onStarted(study);
    },
  });
  const methods = catalog?.pruneMethods ?? [];
  const patterns = patternChoices(methods);
  const parts = studyParts(methods, choices);
  const selected = adapters.filter((adapter) => chosen.includes(adapter.id));
  const studied = studyAdapters(selected, runs, variants);
  const bases = new Set(selected.map((adapter) => adapter.modelId));
  const usedDataset = dataset ?? selected.find((adapter) => adapter.datasetId !== null)?.datasetId ?? null;
  const problem =
    selected.length === 0
      ? pruneStrings.problems.adapter
      : bases.has(null)
        ? pruneStrings.problems.foreign
        : bases.size > 1
          ? pruneStrings.problems.bases
          : usedDataset === null
            ? pruneStrings.problems.dataset
            : (firstProblem(evaluationParameters(), evaluation) ?? (typeof parts === 'string' ? parts : null));
  return {
    methods,
    patterns,
    choices,
    chosen,
    setChosen,
    toggle: (key: string) => setChoices(toggled(patterns, choices, key)),
    setGrid: (method: string, text: string) => setChoices({ ...choices, grids: { ...choices.grids, [method]: text } }),
    setParameters: (method: string, values: ParameterValues) =>
      setChoices({ ...choices, parameters: { ...choices.parameters, [method]: values } }),
    dataset: usedDataset,
    setDataset,
    evaluation,
    setEvaluation,
    problem,
    evaluations: typeof parts === 'string' ? 0 : selected.length * (1 + countPruned(parts)),
    isStarting: create.isPending,
    /** Reason why the study did not start. */
    failure,
    start: () => {
      if (problem !== null || usedDataset === null || typeof parts === 'string') return;
      create.mutate({
        config: {
          kind: pruningStudy.kind,
          dataset: usedDataset,
          eval_samples: Number(evaluation['eval_samples'] ?? usualSamples),
          ...parts,
          adapters: studied.map((adapter) => ({
            label: nameAmong(adapter, studied),
            coto: adapter.coto,
            seed: adapter.seed,
            adapter: { adapterId: adapter.id },
          })),
        },
      });
    },
  };
}
