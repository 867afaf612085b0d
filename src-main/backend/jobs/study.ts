import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterReference, StudyConfig, StudyRecord } from '../../../src-shared/domain/study.ts';
import { commonModel, resolveReference } from '../library/adapters.ts';
import { resolveDataset } from '../library/datasets.ts';
import { taskSettingsFor } from '../library/task-settings.ts';
import type { Services } from '../services.ts';
import { computeFields } from './compute-fields.ts';
import { defineJob } from './define-job.ts';

/** Runs a study on adapters that are there by now. */
export const studyJob = defineJob({
  kind: 'study',
  payload: z.object({ studyId: z.string() }),
  references({ studyId }, store) {
    const study = store.studies.find(studyId);
    return study === null ? [] : referencesOf(study.config);
  },
  async execute({ studyId }, context, { home, store, hub }) {
    const study = requireStudy(store, studyId);
    const references = referencesOf(study.config);
    const adapters = references.map((reference) => resolveReference(store, reference));
    const model = commonModel(store, adapters);
    const dataset = await resolveDataset({ store, hub }, study.config.dataset);
    store.studies.setRunning(studyId);
    hub.listChanged('studies');
    const answer = await context.runEngine({
      kind: 'study',
      ...computeFields(store),
      config: study.config,
      modelDirectory: model.path,
      dataset: dataset.source,
      settings: taskSettingsFor(store, adapters),
      adapters: references.map((reference, index) => ({
        reference,
        directory: home.absolute(adapters[index]?.folder ?? ''),
      })),
    });
    store.studies.finish(studyId, {
      status: 'completed',
      result: answer.result,
      error: null,
      finishedAt: Date.now(),
    });
    hub.listChanged('studies');
    return { status: 'completed', result: { studyId }, message: 'The study is complete.' };
  },
  settle({ studyId }, { status, error }, { store, hub }) {
    if (store.studies.find(studyId) === null) return;
    store.studies.finish(studyId, {
      status,
      result: null,
      error: error === null ? null : { code: error.code, message: error.message, hint: error.hint },
      finishedAt: Date.now(),
    });
    hub.listChanged('studies');
  },
});

/** Every reference of a study in the order in which they occur. */
export function referencesOf(config: StudyConfig): AdapterReference[] {
  switch (config.kind) {
    case 'lambda':
      return config.pairs.flatMap((pair) => [pair.from, pair.to]);
    case 'pruning':
      return config.adapters.map((one) => one.adapter);
    case 'merging':
      return config.groups.flatMap((group) => group.adapters);
  }
}

export function requireStudy(store: Services['store'], id: string): StudyRecord {
  const study = store.studies.find(id);
  if (study === null) throw new StudioError('not_found', `There is no study "${id}" in the studio.`);
  return study;
}
