import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/app/catalog.ts';
import { evaluationParameters } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { placeboParameters, tuningParameters } from '../../../src-shared/domain/merging/merge.ts';
import type { ParameterSpec, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { firstProblem, fittingValues } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { StudyKind } from '../../../src-shared/studies/define-study.ts';
import { studyKinds } from '../../../src-shared/studies/index.ts';
import { useAction, useLastAnswer, useRequest } from '../../api/query.ts';
import { useVariantNames } from '../runs/use-variant-names.ts';
import { studyAdapters } from '../studies/study-adapters.ts';
import { emptyBench } from './bench-memory.ts';
import { changeBench, useBench } from './bench-store.ts';

/** On the bench a first look is enough: so many examples of each task, where nothing else is asked for. */
export const benchEvaluation = {
  declaration: { parameters: evaluationParameters(), card: 'guide/merge' },
  bases: { eval_samples: { value: emptyBench.evalSamples, from: 'preset' } },
} as const;

/** Baselines that can be scored beside the merge. */
export const benchPlacebos = { declaration: { parameters: placeboParameters(), card: 'guide/merge' } } as const;
/** Training examples for methods that look at data, and for a search. */
export const benchTuning = { declaration: { parameters: tuningParameters(), card: 'guide/merge' } } as const;

/**
 * Returns the state of the merge panel: the choices, the preflight results, and the merge and studies that can start.
 */
export function useMergePanel(chosen: readonly AdapterRecord[], catalog: Catalog | undefined) {
  const { bench, method, parameters, name, evalSamples, tuningSamples, placebos, datasets } = useBench();
  const variants = useVariantNames();
  const declaration = catalog?.mergeMethods.find((candidate) => candidate.id === method);
  const problem = firstProblem(declaration?.parameters ?? [], parameters);
  const adapters = bench.map(({ adapterId, weight }) => ({
    adapterId,
    weight: typeof weight === 'number' ? weight : [...weight],
  }));
  const [asked] = useDebouncedValue({ adapters, method, parameters }, 150);
  // Values that the declaration refuses have their sentence beside the field: the last preflight stays in sight meanwhile.
  const isAsked = asked.adapters.length > 0 && firstProblem(declaration?.parameters ?? [], asked.parameters) === null;
  const preflight = useRequest('merge.preflight', asked, { enabled: isAsked });
  const lines = useLastAnswer(isAsked ? preflight.data : undefined);
  const refused = lines?.some((line) => line.verdict === 'refused') ?? false;
  const evaluation = useSamples(evaluationParameters(), 'eval_samples', evalSamples, (next) =>
    changeBench({ evalSamples: next }),
  );
  const tuning = useSamples(tuningParameters(), 'tuning_samples', tuningSamples, (next) =>
    changeBench({ tuningSamples: next }),
  );
  const looksAtData = declaration?.looksAtData === true || (parameters['search'] ?? 'none') !== 'none';
  const [failure, setFailure] = useState<Error | null>(null);
  const merge = useAction('merge.start', {
    onError: setFailure,
    onSuccess: (job) => changeBench({ mergeJobId: job.id }),
  });
  const further = useFurtherDatasets(chosen, datasets);
  const { data: runs = [] } = useRequest('runs.list', { archived: false });
  const input = {
    dataset: null,
    eval_samples: evalSamples,
    adapters: studyAdapters(chosen, runs, variants),
    run: null,
  };
  return {
    bench,
    method,
    declaration,
    parameters,
    name,
    preflight: { error: preflight.error, lines },
    evaluation,
    /** Null where nothing looks at data. */
    tuning: looksAtData ? tuning : null,
    placebos: {
      values: { placebos },
      change: (values: ParameterValues) => changeBench({ placebos: values['placebos'] === true }),
    },
    canMerge:
      bench.length > 0 &&
      !refused &&
      lines !== undefined &&
      problem === null &&
      evaluation.problem === null &&
      !(looksAtData && tuning.problem !== null),
    isBlocked: refused,
    isMerging: merge.isPending,
    /** Reason why the merge did not start. */
    failure,
    further: { ...further, change: (next: string[]) => changeBench({ datasets: next }) },
    /** The studies of what is on the bench: what each would be made of, and why there can be none; null: the kind may say. */
    studies: studyKinds
      .filter(({ offeredBy }) => offeredBy?.page === 'merge')
      .map((kind) => ({
        kind,
        input: { ...input, ...methodChoice(kind, declaration, parameters) },
        refusal: takesMethod(kind) ? problem : null,
      })),
    showStudy: (studyId: string) => changeBench({ studyId }),
    /** Another method keeps the values of parameters that it declares too. */
    chooseMethod: (next: string) => {
      const specs = catalog?.mergeMethods.find(({ id }) => id === next)?.parameters ?? [];
      changeBench({ method: next, parameters: fittingValues(specs, parameters) });
    },
    setParameters: (next: ParameterValues) => changeBench({ parameters: next }),
    setName: (next: string) => changeBench({ name: next }),
    merge: () => {
      setFailure(null);
      merge.mutate({
        adapters,
        method,
        parameters,
        datasets: further.chosen,
        eval_samples: evalSamples,
        tuning_samples: tuningSamples,
        placebos,
        ...(name.trim() === '' ? {} : { name: name.trim() }),
      });
    },
  };
}

/** Datasets that no adapter on the bench names and that some of them fit, and which of them are chosen. */
function useFurtherDatasets(chosen: readonly AdapterRecord[], kept: readonly string[]) {
  const { data: datasets = [] } = useRequest('datasets.list', {});
  const base = chosen[0]?.modelId ?? null;
  const fits = useRequest(
    'evaluate.datasets',
    { model: base ?? '', adapterId: chosen[0]?.id ?? null },
    { enabled: base !== null },
  );
  const own = new Set(chosen.map(({ datasetId }) => datasetId));
  const fitting = new Set(fits.data?.flatMap(({ datasetId, problem }) => (problem === null ? [datasetId] : [])));
  const offered = datasets.filter(({ id }) => fitting.has(id) && !own.has(id));
  return {
    offered: offered.map(({ id, name }) => ({ value: id, label: name })),
    chosen: kept.filter((id) => offered.some((one) => one.id === id)),
  };
}

/** A number of examples as it is typed; the bench takes it as soon as it is one. */
function useSamples(specs: readonly ParameterSpec[], key: string, current: number, onNumber: (next: number) => void) {
  const [typed, setTyped] = useState<ParameterValues>({ [key]: current });
  return {
    values: typed,
    problem: firstProblem(specs, typed),
    change: (values: ParameterValues) => {
      setTyped(values);
      const next = values[key] ?? specs.find(({ name }) => name === key)?.default;
      if (firstProblem(specs, values) === null && typeof next === 'number') onNumber(next);
    },
  };
}

/** A study that takes a merge method takes the one of the bench, with its parameters, if that makes an adapter. */
export function methodChoice(
  kind: StudyKind,
  method: Pick<Catalog['mergeMethods'][number], 'id' | 'makes'> | undefined,
  methodParameters: ParameterValues,
) {
  if (!takesMethod(kind) || method?.makes !== 'adapter') return { parameters: {} };
  return { parameters: { method: method.id }, methodParameters };
}

function takesMethod({ declaration }: StudyKind): boolean {
  return declaration.parameters.some(({ names }) => names === 'merge-method');
}
