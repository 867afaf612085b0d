import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/catalog.ts';
import { evaluationParameters } from '../../../src-shared/domain/evaluation.ts';
import type { ParameterSpec, ParameterValues } from '../../../src-shared/domain/parameter.ts';
import { firstProblem, knownValues } from '../../../src-shared/domain/parameter-check.ts';
import { useAction, useLastAnswer, useRequest } from '../../api/query.ts';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { useVariantNames } from '../runs/use-variant-names.ts';
import { emptyBench } from './bench-memory.ts';
import { changeBench, useBench } from './bench-store.ts';
import { comparableGroups, lambdaPairs } from './lambda-pairs.ts';

/** On the bench a first look is enough: so many examples of each task, where nothing else is asked for. */
export const benchEvaluation: { parameters: readonly ParameterSpec[] } = {
  parameters: evaluationParameters.map((spec) =>
    spec.name === 'eval_samples' ? { ...spec, default: emptyBench.evalSamples } : spec,
  ),
};

/** What is chosen on the bench, what the preflight says of it, and the merge and the two studies that it can start. */
export function useMergePanel(chosen: readonly AdapterRecord[], catalog: Catalog | undefined) {
  const { bench, method, parameters, name, evalSamples } = useBench();
  const variants = useVariantNames();
  const declaration = catalog?.mergeMethods.find((candidate) => candidate.id === method);
  const problem = firstProblem(declaration?.parameters ?? [], parameters);
  const adapters = bench.map(({ adapterId, weight }) => ({ adapterId, weight }));
  const [asked] = useDebouncedValue({ adapters, method, parameters }, 150);
  // Values that the declaration refuses have their sentence beside the field: the last preflight stays in sight meanwhile.
  const isAsked = asked.adapters.length > 0 && firstProblem(declaration?.parameters ?? [], asked.parameters) === null;
  const preflight = useRequest('merge.preflight', asked, { enabled: isAsked });
  const lines = useLastAnswer(preflight.data);
  const refused = lines?.some((line) => line.verdict === 'refused') ?? false;
  const evaluation = useEvaluation(evalSamples);
  const merge = useAction('merge.start', {
    failureTitle: 'The merge was not started',
    onSuccess: (job) => changeBench({ mergeJobId: job.id }),
  });
  const createStudy = useAction('studies.create', {
    failureTitle: 'The study was not started',
    onSuccess: ({ study }) => {
      changeBench({ studyId: study.id });
      notifySuccess('Study queued', study.name);
    },
  });
  const dataset = commonDataset(chosen);
  const pairs = lambdaPairs(chosen, variants);
  const groups = comparableGroups(chosen, variants);
  const pairRefused = lines?.some((line) => line.verdict === 'refused' && line.check !== 'weights') ?? false;
  const datasetReason =
    dataset === null ? 'The adapters were trained on different datasets, or do not say on which.' : null;
  return {
    bench,
    method,
    declaration,
    parameters,
    name,
    preflight: { error: preflight.error, lines },
    evaluation,
    canMerge: bench.length > 0 && !refused && lines !== undefined && problem === null && evaluation.problem === null,
    isMerging: merge.isPending,
    isCreating: createStudy.isPending,
    /** Why there can be no λ study of what is on the bench; null where there can. */
    pairReason: pairRefused
      ? 'The preflight refuses this pair.'
      : pairs === null
        ? 'A λ study needs exactly two adapters, or two with and two without CoTo.'
        : datasetReason,
    groupReason:
      groups.length === 0 || groups.some((group) => group.adapters.length < 2)
        ? 'Comparing methods needs two or more seeds of each kind of adapter.'
        : datasetReason,
    /** Another method keeps the values of parameters that it declares too. */
    chooseMethod: (next: string) => {
      const specs = catalog?.mergeMethods.find(({ id }) => id === next)?.parameters ?? [];
      changeBench({ method: next, parameters: knownValues(specs, parameters) });
    },
    setParameters: (next: ParameterValues) => changeBench({ parameters: next }),
    setName: (next: string) => changeBench({ name: next }),
    merge: () =>
      merge.mutate({
        adapters,
        method,
        parameters,
        eval_samples: evalSamples,
        ...(name.trim() === '' ? {} : { name: name.trim() }),
      }),
    startLambda: () => {
      if (pairs === null || dataset === null) return;
      createStudy.mutate({
        config: {
          kind: 'lambda',
          dataset,
          eval_samples: evalSamples,
          method: method === 'weight-average' ? 'weight-average' : 'factor-average',
          pairs: pairs.map(({ label, coto, from, to }) => ({
            label,
            coto,
            from: { adapterId: from.id },
            to: { adapterId: to.id },
          })),
        },
      });
    },
    startMerging: () => {
      if (dataset === null) return;
      createStudy.mutate({
        config: {
          kind: 'merging',
          dataset,
          eval_samples: evalSamples,
          groups: groups.map(({ label, coto, adapters: members }) => ({
            label,
            coto,
            adapters: members.map((member) => ({ adapterId: member.id })),
          })),
        },
      });
    },
  };
}

/** The number of examples as it is typed; the bench takes it as soon as it is one. */
function useEvaluation(evalSamples: number) {
  const [typed, setTyped] = useState<ParameterValues>({ eval_samples: evalSamples });
  return {
    values: typed,
    problem: firstProblem(benchEvaluation.parameters, typed),
    change: (values: ParameterValues) => {
      setTyped(values);
      const next = values['eval_samples'] ?? emptyBench.evalSamples;
      if (firstProblem(benchEvaluation.parameters, values) === null && typeof next === 'number')
        changeBench({ evalSamples: next });
    },
  };
}

/** The dataset that all these adapters were made for, else null. */
function commonDataset(adapters: readonly AdapterRecord[]): string | null {
  const ids = new Set(adapters.map((adapter) => adapter.datasetId));
  const [only] = ids;
  return ids.size === 1 && only ? only : null;
}
