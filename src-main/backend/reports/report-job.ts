import { join } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { reportRequestSchema } from '../../../src-shared/domain/app/report.ts';
import type { DiagnosedFinding } from '../../../src-shared/domain/runs/diagnosis.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { evaluationCurves, lossCurve } from '../../../src-shared/metrics/curves.ts';
import { writeFolderAtomic } from '../../files/atomic.ts';
import { defineJob } from '../jobs/define-job.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { diagnoseRun } from '../runs/diagnose-run.ts';
import { requireRun } from '../runs/training-record.ts';
import { studyYaml } from '../studies/study-files.ts';
import { requireStudy } from '../studies/study-records.ts';
import { tunedRuns, tunedStudy } from '../studies/tuned.ts';
import type { ReportOptions } from './options.ts';

/** Buckets of a curve: more than the width of a report's figure in pixels. */
const wholeRun = { from: null, to: null, buckets: 1024 };

const { note, sections } = reportRequestSchema.shape;

/**
 * Writes runs and studies as one HTML file below the home. Its folder takes its name once it is whole; killed before its row is
 * stored, it is added as the home is opened.
 */
export const reportJob = defineJob({
  kind: 'report',
  // Jobs of earlier versions have no note and all sections.
  payload: z.object({
    reportId: z.string(),
    name: z.string(),
    runIds: z.array(z.string()),
    studyIds: z.array(z.string()),
    note,
    sections,
  }),
  references: () => [],
  async execute({ reportId, name, note: text, sections: chosen, runIds, studyIds }, _context, services) {
    const { home, store, hub, plotlyScript, resourcesDirectory } = services;
    const runs = runIds.map((id) => requireRun(store, id));
    const studies = studyIds.map((id) => requireStudy(store, id));
    if (runs.length + studies.length === 0)
      throw new StudioError('invalid_input', 'A report needs at least one run or study.');
    const models = [...new Set(runs.map((one) => one.modelId))].flatMap((id) => store.models.find(id) ?? []);
    const datasets = [...new Set(runs.map((one) => one.datasetId))].flatMap((id) => store.datasets.find(id) ?? []);
    // Imported on demand: drawing and writing code is not needed before.
    const { writeReport } = await import('./index.ts');
    const directory = home.absolute('reports', reportId);
    const content = {
      name,
      note: text,
      sections: chosen,
      runs,
      studies,
      models,
      datasets,
      curves: new Map(
        runs.map(({ id }) => [
          id,
          new Map(
            [lossCurve, ...evaluationCurves].map(({ metric }) => [metric, store.history.curve(id, metric, wholeRun)]),
          ),
        ]),
      ),
      activation: new Map(runs.map(({ id }) => [id, store.history.activationShares(id, wholeRun.buckets)])),
      samples: new Map(runs.map(({ id }) => [id, store.samples.find(id)])),
      diagnoses: await diagnosesOf(services, chosen.includes('diagnosis') ? runs : []),
      studyYaml: new Map(studies.map((study) => [study.id, studyYaml(services, study)])),
      tuned: {
        runs: await tunedRuns(services, runIds),
        studies: new Map(
          await Promise.all(studies.map(async (study) => [study.id, await tunedStudy(services, study)] as const)),
        ),
      },
      plotlyScript,
      fonts: join(resourcesDirectory, 'fonts'),
      createdAt: Date.now(),
    };
    await writeFolderAtomic(directory, async (temporary) => {
      await writeReport({ ...content, path: join(temporary, 'report.html') });
    });
    const path = join(directory, 'report.html');
    const { createdAt } = content;
    store.reports.insert({ id: reportId, name, note: text, path: home.relative(path), runIds, studyIds, createdAt });
    hub.listChanged('reports');
    return { status: 'completed', result: { reportId }, message: `Report written to ${path}` };
  },
});

/** Findings about each run, one after the other: they read the datasets. */
async function diagnosesOf(services: HandlerServices, runs: readonly RunRecord[]): Promise<ReportOptions['diagnoses']> {
  const found = new Map<string, DiagnosedFinding[]>();
  for (const run of runs) found.set(run.id, await diagnoseRun(services, run));
  return found;
}
