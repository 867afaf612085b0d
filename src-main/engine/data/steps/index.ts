import type { DataStep } from '../../../../src-shared/domain/data-steps.ts';
import { dropDuplicates } from './drop-duplicates.ts';
import { dropFaulty } from './drop-faulty.ts';
import { dropLeaks } from './drop-leaks.ts';
import { renameLabel } from './rename-label.ts';
import { sample } from './sample.ts';
import type { StepWork } from './step.ts';

/** Every step, by its name. */
export function stepWork(step: DataStep): StepWork {
  switch (step.step) {
    case 'drop-faulty':
      return dropFaulty();
    case 'drop-duplicates':
      return dropDuplicates();
    case 'drop-leaks':
      return dropLeaks();
    case 'sample':
      return sample(step.rows, step.seed);
    case 'rename-label':
      return renameLabel(step.from, step.to);
  }
}
