// @vitest-environment happy-dom
import { waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { ForecastPanel, useForecast } from '../../../../src-renderer/features/studies/forecast-panel.tsx';
import { TunedBadge } from '../../../../src-renderer/features/studies/tuned-badge.tsx';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { studyConfigSchema } from '../../../../src-shared/studies/index.ts';
import { backend } from '../../fake-backend.ts';
import { renderHookInWindow, renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.asked = [];
  backend.answers = {};
});

const config = studyConfigSchema.parse({ kind: 'ablation', run: {}, grid: { coto: [null, {}] }, seeds: [1] });

test('a new study says what it trains, what it can detect and what speaks against it', async () => {
  backend.answers = {
    'studies.forecast': () => ({
      trainings: 2,
      extensions: 0,
      done: 1,
      scores: 2,
      seconds: 75,
      warnings: ['One seed decides nothing.'],
      power: { metric: 'accuracy', seeds: 1, examples: 500, comparisons: 1, difference: 0.042, scores: [] },
    }),
  };
  const view = renderInWindow(<ForecastPanel config={config} />);
  await waitFor(() => expect(view.getByText('One seed decides nothing.')).toBeTruthy());
  expect(view.container.textContent).toContain('Up to 2 new runs (1 reused). 2 evaluations.');
  expect(view.container.textContent).toContain(
    'Can detect differences in accuracy between these two adapters of about 4.2 points (1 seed and 500 test examples).',
  );
  expect(backend.inputsOf('studies.forecast')).toEqual([{ config }]);
});

test('a study that cannot start says why instead', async () => {
  backend.answers = {
    'studies.forecast': () => {
      throw new StudioError('invalid_input', 'metric: the task has no metric "bleu".', 'Choose one of accuracy, loss.');
    },
  };
  const view = renderInWindow(<ForecastPanel config={config} />);
  await waitFor(() => expect(view.getByRole('alert').textContent).toContain('no metric "bleu"'));
  expect(view.getByRole('alert').textContent).toContain('Choose one of accuracy, loss.');
});

test('the badge names the verdict and what it rests on, and is absent where nothing is compared', async () => {
  backend.answers = {
    'studies.tuned': (of) =>
      'runIds' in of ? { state: 'untuned', reason: 'The learning rate of "DoRA" was not chosen by a sweep.' } : null,
  };
  const view = renderInWindow(
    <>
      <TunedBadge of={{ runIds: ['a', 'b'] }} />
      <TunedBadge of={{ studyId: 's' }} />
    </>,
  );
  await waitFor(() =>
    expect(view.getByLabelText('untuned: The learning rate of "DoRA" was not chosen by a sweep.')).toBeTruthy(),
  );
  expect(view.getAllByText(/tuned/)).toHaveLength(1);
  expect(backend.inputsOf('studies.tuned')).toHaveLength(2);
});

test('the badge of a sweep whose best rate is the last reads "at the edge of the grid", not "tuned"', async () => {
  backend.answers = {
    'studies.tuned': () => ({ state: 'edge', reason: '1 of 2 chosen rates is the lowest or highest that was tried.' }),
  };
  const view = renderInWindow(<TunedBadge of={{ studyId: 's' }} />);
  await waitFor(() => expect(view.getByText('at the edge of the grid')).toBeTruthy());
  expect(view.queryByText('tuned')).toBeNull();
});

test('the settings of a study that the backend refuses keep it from being started', async () => {
  backend.answers = {
    'studies.forecast': () => {
      throw new StudioError('invalid_input', 'grid: "initial_p" is no setting of a run.');
    },
  };
  const { result } = renderHookInWindow(() => useForecast(config));
  await waitFor(() => expect(result.current.error?.message).toBe('grid: "initial_p" is no setting of a run.'));
});
