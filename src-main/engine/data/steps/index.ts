import type { DataStep, RowStep } from '../../../../src-shared/domain/data/data-steps.ts';
import { changeTexts } from './change-texts.ts';
import { dropDuplicates } from './drop-duplicates.ts';
import { dropFaulty } from './drop-faulty.ts';
import { dropLeaks } from './drop-leaks.ts';
import { dropNearLeaks } from './drop-near-leaks.ts';
import { mergeLabels } from './merge-labels.ts';
import { renameLabel } from './rename-label.ts';
import { repair } from './repair.ts';
import { sample } from './sample.ts';
import type { StepWork } from './step.ts';
import { unescapeHtml } from './unescape-html.ts';

/** Every step of all rows, by its name; `row-steps.ts` has those of one. */
export function stepWork(step: Exclude<DataStep, RowStep>): StepWork {
  switch (step.step) {
    case 'repair':
      return repair();
    case 'trim':
      return changeTexts((text) => text.trim());
    case 'unescape':
      return changeTexts(unescapeHtml);
    case 'drop-faulty':
      return dropFaulty();
    case 'drop-duplicates':
      return dropDuplicates();
    case 'drop-leaks':
      return dropLeaks();
    case 'drop-near-leaks':
      return dropNearLeaks();
    case 'sample':
      return sample(step.rows, step.seed);
    case 'merge-labels':
      return mergeLabels();
    case 'rename-label':
      return renameLabel(step.from, step.to);
  }
}
