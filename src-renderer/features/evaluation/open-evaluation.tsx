import { modals } from '@mantine/modals';
import { EvaluationPanel } from './evaluation-panel.tsx';
import type { Evaluated } from './use-evaluation.ts';

/** Opens a dialog in which a base or an adapter is evaluated. */
export function openEvaluation(evaluated: Evaluated): void {
  modals.open({ title: `Evaluate ${evaluated.name}`, children: <EvaluationPanel evaluated={evaluated} /> });
}
