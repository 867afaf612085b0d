import { expect, test } from 'vitest';
import { drawnEvaluations } from '../../../../../src-renderer/features/runs/page/evaluation-card.tsx';
import { makeCurve } from '../../../../src-shared/curves/make-curve.ts';

test('draws the primary metric of a run of tagged words, in percent', () => {
  const metrics = ['eval_loss', 'eval_accuracy', 'eval_entity_f1', 'eval_entity_recall'];
  const curves = new Map(metrics.map((metric) => [metric, makeCurve(metric, [0, 1, 2], [0.1, 0.2, 0.3])]));
  const [first] = drawnEvaluations(curves);
  expect(first).toMatchObject({ metric: 'eval_entity_f1', factor: 100 });
});
