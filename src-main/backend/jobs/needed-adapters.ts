import type { JobRecord } from '../../../src-shared/domain/job.ts';
import type { AdapterReference } from '../../../src-shared/domain/study.ts';
import type { Services } from '../services.ts';
import { payloadSchemas } from './payload.ts';
import { referencesOf } from './study.ts';

/** The job that waits or runs and needs the adapter; null where none does. */
export function jobThatNeeds(store: Services['store'], adapterId: string): JobRecord | null {
  return store.jobs.list(true).find((job) => neededAdapters(store, job).includes(adapterId)) ?? null;
}

function neededAdapters(store: Services['store'], job: JobRecord): string[] {
  const payload = store.jobs.payload(job.id);
  const idOf = (reference: AdapterReference): string | null =>
    'adapterId' in reference ? reference.adapterId : (store.runs.find(reference.runId)?.adapterId ?? null);
  const references: AdapterReference[] = [];
  switch (job.kind) {
    case 'merge':
      references.push(...payloadSchemas.merge.parse(payload).adapters);
      break;
    case 'prune':
      references.push(payloadSchemas.prune.parse(payload));
      break;
    case 'export':
      references.push(payloadSchemas.export.parse(payload));
      break;
    case 'evaluate':
      references.push(...payloadSchemas.evaluate.parse(payload).request.adapters.map(({ adapter }) => adapter));
      break;
    case 'generate':
      references.push(...payloadSchemas.generate.parse(payload).request.columns.filter((column) => column !== null));
      break;
    case 'study': {
      const study = store.studies.find(payloadSchemas.study.parse(payload).studyId);
      references.push(...(study ? referencesOf(study.config) : []));
      break;
    }
    case 'train':
    case 'report':
    case 'convert':
    case 'download':
    case 'import':
      break;
  }
  return references.flatMap((reference) => idOf(reference) ?? []);
}
