// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { defaultDraft } from '../../../../src-renderer/features/train/draft.ts';
import { EffectPanel } from '../../../../src-renderer/features/train/effect-panel.tsx';
import type { RunEstimate } from '../../../../src-renderer/features/train/use-run-draft.ts';
import { runConfigSchema } from '../../../../src-shared/domain/runs/run.ts';
import { backend, catalog, job } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.answers = { 'app.catalog': () => catalog };
});

const without = runConfigSchema.parse({ coto: null });
const draft = { ...defaultDraft, coto: true, learning_rate: '' };
/** Without steps, so that no figure is drawn. */
const estimate: RunEstimate = {
  trainableParameters: 10,
  totalParameters: 100,
  totalSteps: 0,
  trainExamples: 5,
  groups: [],
  targetModules: [],
  memory: [{ part: 'base', bytes: 1024 }],
  freeMemoryBytes: 4096,
  memoryDevice: null,
  largestTensorBytes: null,
  tensorBytes: 0,
  seconds: null,
  diskBytes: 0,
  stepMilliseconds: null,
  stepOfSameAdapter: false,
  microBatch: { size: 32, accumulation: 1 },
  yaml: 'model: base',
};
const noCheck = () => undefined;
test('a step is measured on request, and the expected time follows', async () => {
  backend.answers = {
    'app.catalog': () => catalog,
    'runs.timeSteps': () => job('timing', 'time-steps'),
    'jobs.get': () => ({ ...job('timing', 'time-steps'), status: 'completed' }),
    'jobs.result': () => ({ kind: 'time-steps', result: { milliseconds: 120, steps: 3 } }),
  };
  const config = runConfigSchema.parse({ coto: {} });
  const view = renderInWindow(
    <EffectPanel
      draft={defaultDraft}
      config={config}
      isCurrent={true}
      estimate={{ ...estimate, totalSteps: 100 }}
      blockers={[]}
      isRefused={false}
      failure={null}
      onCheckAgain={noCheck}
    />,
  );
  expect(view.getByLabelText('Estimate').textContent).toContain('measure it, or start a first run');
  fireEvent.click(view.getByRole('button', { name: 'Measure 3 steps' }));
  // 100 steps of 120 ms.
  await waitFor(() => expect(view.getByLabelText('Estimate').textContent).toContain('Expected time12 s'));
  expect(view.getByLabelText('Estimate').textContent).toContain('≈ 120 ms/step (measured now, without CoTo’s savings)');
});

const lastValid = 'from the last valid settings';

test('does not call CoTo off that was switched on beside an invalid field', () => {
  const view = renderInWindow(
    <EffectPanel
      draft={draft}
      config={without}
      isCurrent={false}
      estimate={estimate}
      failure={null}
      blockers={[]}
      isRefused={false}
      onCheckAgain={noCheck}
    />,
  );
  const schedule = view.getByLabelText('CoTo schedule');
  expect(schedule.textContent).toContain('Available once every field is valid.');
  expect(schedule.textContent).not.toMatch(/off|Turn on/);
});

test('marks what is shown of the last valid settings while a field is invalid', () => {
  const config = runConfigSchema.parse({ coto: {} });
  const panel = (isCurrent: boolean) => (
    <EffectPanel
      draft={draft}
      config={config}
      isCurrent={isCurrent}
      estimate={estimate}
      failure={null}
      blockers={[]}
      isRefused={false}
      onCheckAgain={noCheck}
    />
  );
  const view = renderInWindow(panel(false));
  const marked = () => view.queryAllByText(lastValid, { exact: false }).map(({ textContent }) => textContent);
  expect(marked()).toEqual([lastValid, `sample for seed ${config.seed}, ${lastValid}`, lastValid]);
  view.rerender(panel(true));
  expect(marked()).toEqual([]);
});

test('says what is missing where no settings were ever valid', () => {
  const view = renderInWindow(
    <EffectPanel
      draft={{ ...draft, coto: false }}
      config={null}
      isCurrent={false}
      estimate={undefined}
      failure={null}
      blockers={[]}
      isRefused={false}
      onCheckAgain={noCheck}
    />,
  );
  expect(view.getByLabelText('Estimate').textContent).toContain('Available once every field is valid.');
  expect(view.getByLabelText('CoTo schedule').textContent).toContain('Turn on CoTo');
});
