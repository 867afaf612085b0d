import { sweepStudy } from '../../../../src-shared/studies/grid/sweep.ts';
import { defineStudyWork } from '../define-study-work.ts';
import { gridCompared, gridDesign, gridFit, gridFold, gridNext, gridPlan, gridTunings } from './grid-work.ts';

/** Sweeps the learning rate of every cell with an equal budget, then trains and scores the cells at their best rates. */
export const sweepWork = defineStudyWork(sweepStudy, {
  fit: gridFit,
  plan: gridPlan,
  next: gridNext,
  design: gridDesign,
  tunings: gridTunings,
  compared: gridCompared,
  fold: (config, scoreOf) => ({ kind: 'sweep', ...gridFold(config, scoreOf) }),
});
