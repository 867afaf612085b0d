import { useDebouncedValue } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { z } from 'zod';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { type StudyConfig, studyConfigSchema } from '../../../src-shared/studies/index.ts';
import { request } from '../../api/client.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { plural } from '../../components/format/format.ts';
import { trainStrings } from '../../strings/train.ts';
import { methodLabel } from '../runs/run-labels.ts';
import { useVariantNames } from '../runs/use-variant-names.ts';
import { checkDraft, type Draft } from './draft.ts';
import { useVariants } from './draft-store.ts';
import { axisValues, type Sweep, sweepFields, sweepGrid, sweepRuns, valuesFromText } from './sweep.ts';

/** An axis while it is set up. */
export interface AxisDraft {
  readonly field: string | null;
  readonly text: string;
  readonly chosen: readonly string[];
}

export type SweepKind = 'study' | 'runs';

const emptyAxis: AxisDraft = { field: null, text: '', chosen: [] };

interface SweepInput {
  draft: Draft;
  name: string;
  tags: readonly string[];
  /** Metric of the study. */
  metric: string;
  onClose: () => void;
}

/** A sweep over the form's fields: its runs, what they take, and its start as a study or as runs of their own. */
export function useSweep({ draft, name, tags, metric, onClose }: SweepInput) {
  const [axes, setAxes] = useState<readonly AxisDraft[]>([emptyAxis]);
  const [seeds, setSeeds] = useState('1-3');
  const [paired, setPaired] = useState(true);
  const [kind, setKind] = useState<SweepKind>('study');
  const [queueing, setQueueing] = useState(false);
  const variants = useVariants();
  const variantNames = useVariantNames();
  const datasets = useRequest('datasets.list', {}).data;
  const fields = useMemo(() => sweepFields(draft, variants), [draft, variants]);
  const given = valuesFromText(seeds);
  const sweep: Sweep = {
    axes: axes.flatMap(({ field, text, chosen }) => {
      const spec = fields.find((one) => one.name === field);
      return spec === undefined ? [] : [{ field: spec.name, values: axisValues(spec, text, chosen) }];
    }),
    seeds: given.filter((seed) => typeof seed === 'number'),
    paired,
  };
  const whole = name.trim();
  const expanded = sweepRuns(
    draft,
    sweep,
    whole === ''
      ? (config) =>
          `${methodLabel(config, variantNames)} · ${datasets?.find(({ id }) => id === config.dataset)?.name ?? config.dataset}`
      : whole,
    variants,
  );
  const problem = given.some((seed) => typeof seed !== 'number') ? trainStrings.seedsAreNumbers : expanded.problem;
  const runs = problem === null ? expanded.runs : [];
  const study = problem === null && kind === 'study' ? studyOf(draft, sweep, metric, variants) : null;
  // The runs are made in every rendering: only their text tells whether they are others.
  const text = JSON.stringify(runs.map(({ config }) => config));
  const [settled] = useDebouncedValue(text, 400);
  const configs = useMemo(() => z.array(runConfigSchema).parse(JSON.parse(settled)), [settled]);
  const forecast = useRequest('runs.forecast', { configs }, { enabled: configs.length > 0 });
  const create = useAction('studies.create', {
    failureTitle: trainStrings.studyNotStarted,
    onSuccess: ({ study: started }) => {
      notifySuccess(trainStrings.studyQueued, started.name);
      onClose();
      navigate(pathOf('studies', started.id));
    },
  });
  const queueRuns = async () => {
    setQueueing(true);
    let queued = 0;
    try {
      for (const run of runs) {
        await request('runs.create', { config: run.config, tags: [...tags], name: run.name });
        queued++;
      }
      notifySuccess(trainStrings.runsQueued(queued));
      onClose();
      navigate('/runs');
    } catch (error) {
      notifyFailure(error, `${queued} of ${plural(runs.length, 'run')} queued`);
    } finally {
      setQueueing(false);
    }
  };
  const setAxis = (at: number, changes: Partial<AxisDraft>) =>
    setAxes(axes.map((axis, place) => (place === at ? { ...axis, ...changes } : axis)));
  return {
    axes,
    fields,
    seeds,
    paired,
    kind,
    runs,
    problem: problem ?? study?.problem ?? (settled === text ? forecast.error?.message : null) ?? null,
    study: study?.config ?? null,
    /** Forecast of exactly these runs; undefined until it is loaded. */
    forecast: settled === text ? forecast.data : undefined,
    isStarting: queueing || create.isPending,
    setAxis,
    setSeeds,
    setPaired,
    setKind,
    addAxis: () => setAxes([...axes, emptyAxis]),
    removeAxis: (at: number) => setAxes(axes.filter((_, place) => place !== at)),
    start: () => {
      if (kind === 'runs') void queueRuns();
      else if (study?.config) create.mutate({ config: study.config, ...(whole === '' ? {} : { name: whole }) });
    },
  };
}

/** The ablation study of a sweep, each run compared with its baseline where it has one; else why there is none. */
function studyOf(
  draft: Draft,
  sweep: Sweep,
  metric: string,
  variants: Parameters<typeof checkDraft>[1],
): { readonly config: StudyConfig | null; readonly problem: string | null } {
  const { config } = checkDraft(draft, variants);
  const grid = sweepGrid(draft, sweep, variants);
  if (config === null) return { config: null, problem: trainStrings.someInvalid };
  if (Object.keys(grid).length === 0) return { config: null, problem: trainStrings.nothingVaries };
  const parsed = studyConfigSchema.safeParse({
    kind: 'ablation',
    run: config,
    grid,
    seeds: sweep.seeds.length > 0 ? sweep.seeds : [config.seed],
    metric,
    reference: sweep.paired ? { coto: null } : null,
  });
  return parsed.success
    ? { config: parsed.data, problem: null }
    : { config: null, problem: parsed.error.issues[0]?.message ?? '' };
}
