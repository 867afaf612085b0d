import { StudioError } from '../../../src-shared/contract/errors.ts';
import { reportSections } from '../../../src-shared/domain/app/report.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { RunConfig, RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { pruningStudy } from '../../../src-shared/studies/adapters/pruning.ts';
import type { StudyConfig } from '../../../src-shared/studies/index.ts';
import { interpolationStudy } from '../../../src-shared/studies/interpolation/interpolation.ts';
import { mergingStudy } from '../../../src-shared/studies/merging/merging.ts';
import { adapterVariant } from '../../engine/api/adapters.ts';
import { newId } from '../../store/identifiers.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { reportJob } from '../reports/report-job.ts';
import { createRun } from '../runs/runs.ts';
import { createStudy } from '../studies/studies.ts';
import { type DemoPlan, demoRunConfig, fullPlan, ownPlan, quickPlan } from './demo-plan.ts';

interface DemoRun {
  readonly run: RunRecord;
  readonly coto: boolean;
  readonly seed: number;
}

interface Side {
  readonly label: string;
  readonly coto: boolean;
}

interface DemoRequest {
  readonly quick: boolean;
  readonly seeds?: readonly number[] | undefined;
  /** The run to compare instead of the bundled one. */
  readonly config?: RunConfig | undefined;
}

/** Queues the whole demo study: every run, the three studies on them, and the report on all. */
export async function startDemo(services: HandlerServices, { quick, seeds, config }: DemoRequest) {
  const usual = config === undefined ? (quick ? quickPlan : fullPlan) : ownPlan(config, quick);
  const plan = seeds === undefined ? usual : { ...usual, seeds: [...new Set(seeds)] };
  if (plan.seeds.length < 2)
    throw new StudioError(
      'invalid_input',
      'The demo needs two different seeds: it merges them.',
      'Give e.g. 1 and 2.',
    ).at('seeds');
  const demoId = newId('demo');
  const { title } = plan;
  const variant = adapterVariant(plan.run.adapter.variant).declaration.label;
  const sides: Side[] = [
    { label: variant, coto: false },
    { label: `${variant} + CoTo`, coto: true },
  ];
  const runs: DemoRun[] = [];
  const jobs: JobRecord[] = [];
  const studies: StudyRecord[] = [];
  for (const seed of plan.seeds)
    for (const { label, coto } of sides) {
      const created = await createRun(services, {
        name: `${label} · seed ${seed}`,
        config: demoRunConfig(plan, seed, coto),
        tags: ['demo', demoId],
        studyId: demoId,
      });
      runs.push({ run: created.run, coto, seed });
      jobs.push(created.job);
    }
  const trainings = [...jobs];
  for (const study of studyConfigs(plan, runs, sides)) {
    const name = `${title}: ${study.name}`;
    const created = await createStudy(services, { name, config: study.config, parentId: demoId, with: trainings });
    studies.push(created.study);
    jobs.push(created.job);
  }
  const reportId = newId('report');
  const report = services.queue.add(
    reportJob,
    { title: `${title}: report`, subjectId: reportId, after: jobs.map((job) => job.id) },
    {
      reportId,
      note: '',
      sections: reportSections.map(({ id }) => id),
      name: `${title} · ${new Date().toISOString().slice(0, 10)}`,
      runIds: runs.map(({ run }) => run.id),
      studyIds: studies.map((study) => study.id),
    },
  );
  return { demoId, runs: runs.map(({ run }) => run), studies, jobs: [...jobs, report], reportJobId: report.id };
}

function studyConfigs(
  plan: DemoPlan,
  runs: readonly DemoRun[],
  sides: readonly Side[],
): { name: string; config: StudyConfig }[] {
  const { dataset, eval_samples } = plan.run;
  const pairsOf = (coto: boolean) =>
    pairs(runs.filter((run) => run.coto === coto).map(({ run }) => ({ runId: run.id })));
  return [
    {
      name: 'merging seeds',
      config: mergingStudy.configSchema.parse({
        kind: mergingStudy.kind,
        dataset,
        eval_samples,
        groups: sides.flatMap(({ label, coto }) => pairsOf(coto).map((adapters) => ({ label, coto, adapters }))),
      }),
    },
    {
      name: 'interpolation between seeds',
      config: interpolationStudy.configSchema.parse({
        kind: interpolationStudy.kind,
        dataset,
        eval_samples,
        points: plan.lambdaPoints,
        pairs: sides.flatMap(({ label, coto }) => pairsOf(coto).map(([from, to]) => ({ label, coto, from, to }))),
      }),
    },
    {
      name: 'pruning',
      config: pruningStudy.configSchema.parse({
        kind: pruningStudy.kind,
        dataset,
        eval_samples,
        grids: [{ method: 'magnitude', values: [...plan.sparsities] }],
        adapters: runs.map(({ run, coto, seed }) => ({ label: run.name, coto, seed, adapter: { runId: run.id } })),
      }),
    },
  ];
}

/** All pairs of `items`, in order. */
function pairs<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((first, index) => items.slice(index + 1).map((second): [T, T] => [first, second]));
}
