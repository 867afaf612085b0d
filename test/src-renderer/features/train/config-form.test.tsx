// @vitest-environment happy-dom
import { act, fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ConfigForm } from '../../../../src-renderer/features/train/config-form.tsx';
import { checkDraft } from '../../../../src-renderer/features/train/draft.ts';
import { resetForm, setField, useTrainForm } from '../../../../src-renderer/features/train/draft-store.ts';
import { parametersOfVariant } from '../../../../src-renderer/features/train/run-fields.ts';
import { useRunDraft } from '../../../../src-renderer/features/train/use-run-draft.ts';
import { adapterParameters } from '../../../../src-shared/domain/adapters/adapter.ts';
import { noColumns } from '../../../../src-shared/domain/data/dataset.ts';
import { plainLinear } from '../../../../src-shared/domain/models/model.ts';
import { cotoDeclaration, usedSettings } from '../../../../src-shared/domain/runs/coto.ts';
import { runParameters } from '../../../../src-shared/domain/runs/run.ts';
import { backend, dataset, catalog as small, textModel } from '../../fake-backend.ts';
import { fieldOf, renderHookInWindow, renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

/** A second variant that shares the rank and adds a parameter that no form knows of. */
const catalog = {
  ...small,
  adapterVariants: [
    ...small.adapterVariants,
    {
      id: 'new',
      label: 'New',
      summary: 'Made up.',
      parameters: [
        ...(small.adapterVariants[0]?.parameters ?? []),
        { name: 'twist', label: 'Twist', type: 'number' as const, default: 0.5, maximum: 1, help: 'Of the update.' },
      ],
    },
  ],
};

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'app.catalog': () => catalog };
  resetForm();
});

function Form() {
  const { draft } = useTrainForm();
  const { problems } = checkDraft(draft, catalog.adapterVariants);
  return <ConfigForm models={[]} datasets={[]} catalog={catalog} problems={problems} targetOutcome="" />;
}

test('every declared setting of a run has a field, those of the chosen variant among them', () => {
  const view = renderInWindow(<Form />);
  for (const more of view.getAllByRole('button', { name: /More settings/ })) fireEvent.click(more);
  const shown = [
    ...runParameters().filter(({ group }) => group !== 'Task'),
    ...adapterParameters(),
    ...parametersOfVariant(catalog.adapterVariants[0]),
    ...cotoParameters({ schedule: 'coto', curve: 'linear' }),
  ];
  for (const { label } of shown) expect(view.getAllByText(label, { selector: 'label' }), label).toHaveLength(1);
  expect(view.queryByText('Twist')).toBeNull();
});

test('a schedule and a curve bring their own settings, and every setting of CoTo has a field with some of them', () => {
  const view = renderInWindow(<Form />);
  const seen = new Set<string>();
  for (const [schedule, curve] of [
    ['coto', 'linear'],
    ['coto', 'step'],
    ['random-ranks', 'exponential'],
    ['lisa', 'linear'],
  ] as const) {
    act(() => setField('coto.schedule', schedule));
    act(() => setField('coto.curve', curve));
    const used = cotoParameters({ schedule, curve });
    for (const { label, name } of cotoDeclaration.parameters) {
      const isUsed = used.some((one) => one.name === name);
      expect(view.queryAllByText(label, { selector: 'label' }), `${schedule}: ${label}`).toHaveLength(isUsed ? 1 : 0);
      if (isUsed) seen.add(name);
    }
  }
  expect(seen.size).toBe(cotoDeclaration.parameters.length);
});

function cotoParameters(chosen: Parameters<typeof usedSettings>[0]) {
  const used = [...usedSettings(chosen)].map((name) => `coto.${name}`);
  return cotoDeclaration.parameters.filter(({ name }) => used.includes(name));
}

test('another variant brings its parameters, and keeps values of equal names', () => {
  const view = renderInWindow(<Form />);
  fireEvent.change(fieldOf(view, 'Rank').control, { target: { value: '4' } });
  act(() => setField('adapter.variant', 'new'));
  expect(fieldOf(view, 'Rank').control).toHaveProperty('value', '4');
  fireEvent.change(fieldOf(view, 'Twist').control, { target: { value: '2' } });
  expect(view.getByRole('alert').textContent).toBe('Must be at most 1.');
  fireEvent.change(fieldOf(view, 'Twist').control, { target: { value: '0.25' } });
  const { config } = checkDraft(useTrainForm.getState().draft, catalog.adapterVariants);
  expect(config?.adapter).toMatchObject({ variant: 'new', parameters: { r: 4, twist: 0.25 } });
});

test('a run that is whole is asked about and started; one that is not keeps the last in sight', async () => {
  const { result } = renderHookInWindow(() => useRunDraft());
  await waitFor(() => expect(backend.inputsOf('runs.estimate').length).toBeGreaterThan(0));
  act(() => setField('learning_rate', ''));
  expect(result.current.isWhole).toBe(false);
  expect([...result.current.problems]).toEqual([['learning_rate', 'Enter a number.']]);
  expect(result.current.config?.learning_rate).toBe(1e-3);
  act(() => result.current.start());
  expect(backend.inputsOf('runs.create')).toEqual([]);
  act(() => setField('learning_rate', 5e-4));
  expect(result.current.changed).toBe(1);
  act(() => result.current.start());
  await waitFor(() => expect(backend.inputsOf('runs.create')).toHaveLength(1));
  expect(backend.inputsOf('runs.create')).toMatchObject([{ config: { learning_rate: 5e-4 }, tags: [] }]);
});

describe('on a base that reads texts', () => {
  const linear = (name: string, parameter?: string) => ({
    ...{ ...plainLinear, name, aliases: [], checkpointKey: name, layer: 0, isHead: false, hasBias: false },
    ...{ inFeatures: 8, outFeatures: 8 },
    ...(parameter === undefined ? {} : { expert: { parameter, index: 0, count: 2 } }),
  });
  const writer = textModel('writer');
  const mixture = {
    ...textModel('mixture'),
    description: {
      ...writer.description,
      kind: 'seq2seq-lm' as const,
      linears: [0, 1].flatMap((layer) => [
        linear(`model.layers.${layer}.self_attn.q_proj`),
        linear(`model.layers.${layer}.mlp.experts.0.gate_up_proj`, `model.layers.${layer}.mlp.experts.gate_up_proj`),
        linear(`model.layers.${layer}.mlp.experts.0.down_proj`, `model.layers.${layer}.mlp.experts.down_proj`),
      ]),
    },
  };
  const pairs = dataset('pairs', 'pairs', {
    task: 'text',
    labels: [],
    image: null,
    text: {
      ...{ shape: 'columns', columnNames: ['prompt', 'completion'], labelKind: 'none', splitRule: '' },
      columns: { ...noColumns, prompt: 'prompt', completion: 'completion' },
      ...{ rowCount: 1, faultyRows: 0 },
      duplicates: {
        ...{ comparedRows: 0, withinTrain: 0, withinTest: 0, across: 0, nearComparedRows: 0, nearAcross: 0 },
      },
    },
  });
  const shownFor = (id: string) => {
    setField('model', id);
    setField('dataset', 'pairs');
    const { problems } = checkDraft(useTrainForm.getState().draft, catalog.adapterVariants);
    const view = renderInWindow(
      <ConfigForm
        models={[writer, mixture]}
        datasets={[pairs]}
        catalog={catalog}
        problems={problems}
        targetOutcome=""
      />,
    );
    for (const more of view.getAllByRole('button', { name: /More settings/ })) fireEvent.click(more);
    return view;
  };

  test('the task that is chosen automatically is named by its label', () => {
    expect(shownFor('mixture').getByText('auto: Text to text')).toBeTruthy();
  });

  test("the parameters of a mixture's experts are offered, and asked of no other base", async () => {
    const view = shownFor('mixture');
    const { control } = fieldOf(view, 'Target parameters');
    fireEvent.focus(control);
    fireEvent.click(control);
    const options = await view.findAllByRole('option', { hidden: true });
    expect(options.map(({ textContent }) => textContent)).toEqual([
      'mlp.experts.gate_up_proj',
      'mlp.experts.down_proj',
    ]);
    view.unmount();
    expect(shownFor('writer').queryByText('Target parameters')).toBeNull();
  });
});
