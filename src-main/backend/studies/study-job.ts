import { z } from 'zod';
import { registrationSchema } from '../../../src-shared/domain/studies/registration.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { studyWork } from '../../engine/api/studies.ts';
import { clock } from '../../store/clock.ts';
import { defineJob } from '../jobs/define-job.ts';
import { cancelStudy } from '../targets/cancel-runs.ts';
import { provenanceOf } from './provenance.ts';
import { runRounds } from './run-plan.ts';
import { PausedError, StudyLead } from './study-lead.ts';
import { requireStudy } from './study-records.ts';
import { recordTunings } from './tuned.ts';

const goesOn = 'Resume it to continue: finished work is not repeated.';

/** Runs the trainings and evaluations of a study and folds their results into its own. */
export const studyJob = defineJob({
  kind: 'study',
  payload: z.object({ studyId: z.string(), registration: registrationSchema.exactOptional() }),
  references({ studyId }, store) {
    const study = store.studies.find(studyId);
    if (study === null) return [];
    // Adapters given by run settings are trained again if they were deleted.
    return studyKind(study.kind)
      .references(study.config)
      .flatMap((adapter) => ('run' in adapter ? [] : adapter));
  },
  async execute({ studyId, registration }, context, services) {
    const { store, hub } = services;
    const { kind, config } = requireStudy(store, studyId);
    const work = studyWork(kind);
    store.studies.setOpen(studyId, 'running');
    hub.listChanged('studies');
    try {
      const lead = new StudyLead(services, studyId, context);
      const { scoreOf, tableOf, pairsOf, specs } = await runRounds(services, work, config, lead);
      const result = work.fold(config, scoreOf, tableOf, pairsOf);
      await recordTunings(services, studyId, work.tunings(config, result));
      const provenance = await provenanceOf(services, specs, context.job.id, registration);
      store.studies.finish(studyId, { status: 'completed', result, provenance, error: null, finishedAt: clock.now() });
      hub.listChanged('studies');
      return { status: 'completed', result: { studyId }, message: 'The study is complete.' };
    } catch (thrown) {
      if (!(thrown instanceof PausedError)) throw thrown;
      const error = { code: 'cancelled', message: 'The study was paused.', hint: goesOn };
      store.studies.finish(studyId, { status: 'interrupted', result: null, error, finishedAt: clock.now() });
      hub.listChanged('studies');
      return { status: 'paused', message: null };
    }
  },
  // A study that is not followed now still has runs elsewhere.
  cancel: (studyId, services) => cancelStudy(services, studyId),
  settle({ studyId }, { status, error }, { store, hub }) {
    if (store.studies.find(studyId) === null) return;
    const hint = status === 'interrupted' ? goesOn : (error?.hint ?? null);
    store.studies.finish(studyId, {
      status,
      result: null,
      error: error === null ? null : { code: error.code, message: error.message, hint },
      finishedAt: clock.now(),
    });
    hub.listChanged('studies');
  },
});
