// @vitest-environment happy-dom
import { expect, test } from 'vitest';
import { ChartControls, initialView } from '../../../../src-renderer/features/runs/chart-controls.tsx';
import { renderInWindow } from '../../window.tsx';

const change = () => undefined;

test('offers no smoothing for evaluations, which are drawn as they were measured', () => {
  const view = renderInWindow(<ChartControls view={initialView} onChange={change} />);
  const disabled = () => view.container.querySelectorAll('.mantine-Slider-root [data-disabled]').length > 0;
  expect(disabled()).toBe(false);
  view.rerender(<ChartControls view={initialView} onChange={change} evaluations />);
  expect(disabled()).toBe(true);
  expect(view.getByTitle('Evaluations are never smoothed.')).toBeTruthy();
});
