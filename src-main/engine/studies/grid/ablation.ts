import { ablationStudy } from '../../../../src-shared/studies/grid/ablation.ts';
import { defineStudyWork } from '../define-study-work.ts';
import { gridCompared, gridDesign, gridFit, gridFold, gridNext, gridPlan, gridTunings } from './grid-work.ts';

/**
 * Trains every cell of the grid on every seed and scores it alone, merged and pruned; cells share seeds and examples, so
 * that they can be paired.
 */
export const ablationWork = defineStudyWork(ablationStudy, {
  fit: gridFit,
  plan: gridPlan,
  next: gridNext,
  design: gridDesign,
  tunings: gridTunings,
  compared: gridCompared,
  fold: (config, scoreOf) => ({ kind: 'ablation', ...gridFold(config, scoreOf) }),
});
