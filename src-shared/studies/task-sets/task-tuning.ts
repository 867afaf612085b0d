import { z } from 'zod';
import type { StudyFigure, StudyTable } from '../define-study.ts';
import { tuningSchema, tuningTable } from '../grid/tuning.ts';
import { tuningFigures } from '../grid/tuning-figures.ts';

/** The sweep of every variant on one task. */
export const taskTuningSchema = tuningSchema.extend({ task: z.string() });
export type TaskTuning = z.infer<typeof taskTuningSchema>;

interface TunedTasks {
  readonly tuning: readonly TaskTuning[];
}

/** The sweep of each task; none where no learning rate was swept. */
export function taskTuningTables({ tuning }: TunedTasks): StudyTable[] {
  return tuning.map((sweep) => tuningTable(sweep, sweep.task));
}

export function taskTuningFigures({ tuning }: TunedTasks): StudyFigure[] {
  return tuning.flatMap((sweep) => tuningFigures(sweep, sweep.task));
}
