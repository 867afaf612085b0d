// @vitest-environment happy-dom
import { fireEvent, within } from '@testing-library/react';
import { useState } from 'react';
import { describe, expect, test } from 'vitest';
import { ParameterForm, type ParameterFormProps } from '../../../../src-renderer/components/form/parameter-form.tsx';
import { shownValue } from '../../../../src-renderer/components/form/parameter-origin.ts';
import { useHelpSheet } from '../../../../src-renderer/components/help/help-store.ts';
import { StudioError, toErrorValue } from '../../../../src-shared/contract/errors.ts';
import type { ParameterSpec, ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { metrics } from '../../../../src-shared/metrics/index.ts';
import { fieldOf, renderInWindow } from '../../window.tsx';

const specs: ParameterSpec[] = [
  { name: 'density', label: 'Density', type: 'number', default: 0.5, minimum: 0, maximum: 1, step: 0.1, help: 'Kept.' },
  { name: 'steps', label: 'Steps', type: 'integer', default: 10, above: 0, unit: 'steps', help: 'How long.' },
  { name: 'rescale', label: 'Rescale', type: 'boolean', default: true, help: 'Makes up for it.' },
  {
    name: 'sign',
    label: 'Sign',
    type: 'choice',
    default: 'total',
    choices: [
      { value: 'total', label: 'Total' },
      { value: 'frequency', label: 'Frequency' },
    ],
    help: 'Which wins.',
  },
  { name: 'seed', label: 'Seed', type: 'integer', default: null, nullable: true, empty: 'as the run', help: 'Draws.' },
  { name: 'ranks', label: 'Ranks', type: 'integer-map', default: {}, minimum: 1, help: 'By name.', advanced: true },
];

/** The form with its values kept, as a page keeps them. */
function Kept({ onValues, ...props }: Partial<ParameterFormProps> & { onValues?: (values: ParameterValues) => void }) {
  const [values, setValues] = useState<ParameterValues>(props.values ?? {});
  return (
    <ParameterForm
      declaration={{ parameters: specs }}
      {...props}
      values={values}
      onChange={(next) => {
        setValues(next);
        onValues?.(next);
      }}
    />
  );
}

function textIn(control: HTMLElement): string {
  return control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement ? control.value : '';
}

describe('a value says where it comes from', () => {
  test("the default, a model, a preset, or the person; a value that equals the base is the base's", () => {
    const [density] = specs;
    if (!density) throw new Error('no spec');
    expect(shownValue(density, {})).toEqual({ value: 0.5, origin: 'default', base: 0.5 });
    expect(shownValue(density, { density: 0.5 }).origin).toBe('default');
    expect(shownValue(density, { density: 0.2 })).toEqual({ value: 0.2, origin: 'yours', base: 0.5 });
    const bases = { density: { value: 0.9, from: 'model' } } as const;
    expect(shownValue(density, {}, bases)).toEqual({ value: 0.9, origin: 'model', base: 0.9 });
    expect(shownValue(density, { density: 0.5 }, bases).origin).toBe('yours');
  });

  test('and is reset one by one', () => {
    let values: ParameterValues = {};
    const view = renderInWindow(
      <Kept
        values={{ density: 0.2, steps: 3 }}
        bases={{ steps: { value: 5, from: 'preset' } }}
        onValues={(next) => {
          values = next;
        }}
      />,
    );
    expect(within(fieldOf(view, 'Rescale').frame).getByText('default')).toBeTruthy();
    expect(within(fieldOf(view, 'Density').frame).getByText('yours')).toBeTruthy();
    fireEvent.click(view.getByRole('button', { name: 'Reset Steps to 5' }));
    expect(values).toEqual({ density: 0.2 });
    expect(within(fieldOf(view, 'Steps').frame).getByText('preset')).toBeTruthy();
    expect(textIn(fieldOf(view, 'Steps').control)).toBe('5');
    fireEvent.click(view.getByRole('button', { name: 'Reset Density to 0.5' }));
    expect(values).toEqual({});
  });
});

test('the control comes before its help and its reset in the tab order, under its label and name', () => {
  const view = renderInWindow(<Kept values={{ density: 0.2 }} />);
  const { control, frame } = fieldOf(view, 'Density');
  const help = within(frame).getByRole('button', { name: 'Help: Density' });
  const reset = within(frame).getByRole('button', { name: 'Reset Density to 0.5' });
  const tabStops = [...frame.querySelectorAll('input, button')];
  expect(tabStops).toEqual([control, help, reset]);
  expect(within(frame).getByText('density', { selector: 'code' })).toBeTruthy();
});

test('a "?" asks for the help of its field above the declaration\'s document, and so does F1 in the control', () => {
  const view = renderInWindow(<Kept declaration={{ parameters: specs, card: 'methods/merging/ties' }} />);
  fireEvent.click(view.getByRole('button', { name: 'Help: Steps' }));
  expect(useHelpSheet.getState()).toEqual({
    open: true,
    trail: [{ document: 'methods/merging/ties', anchor: null }],
    field: { label: 'Steps', name: 'steps', help: 'How long.' },
  });
  fireEvent.keyDown(fieldOf(view, 'Density').control, { key: 'F1' });
  expect(useHelpSheet.getState().field?.label).toBe('Density');
});

test("shows a declaration's error beside the field, which names its help", () => {
  const view = renderInWindow(<Kept />);
  const { control, frame } = fieldOf(view, 'Density');
  fireEvent.change(control, { target: { value: '1.5' } });
  expect(within(frame).getByRole('alert').textContent).toBe('Must be at most 1.');
  expect(control.getAttribute('aria-describedby')).toContain(within(frame).getByRole('alert').id);
  const help = control.getAttribute('aria-describedby')?.split(' ').at(-1) ?? '';
  expect(document.getElementById(help)?.textContent).toBe('Kept.');
  fireEvent.change(control, { target: { value: '0,25' } });
  expect(within(frame).queryByRole('alert')).toBeNull();
  fireEvent.change(control, { target: { value: 'much' } });
  expect(within(frame).getByRole('alert').textContent).toBe('Enter a number.');
});

test('numbers keep what is typed, step by the arrow keys within their range, and may be null', () => {
  let values: ParameterValues = {};
  const view = renderInWindow(
    <Kept
      onValues={(next) => {
        values = next;
      }}
    />,
  );
  const density = fieldOf(view, 'Density').control;
  fireEvent.change(density, { target: { value: '2e-1' } });
  expect([values['density'], textIn(density)]).toEqual([0.2, '2e-1']);
  fireEvent.keyDown(density, { key: 'ArrowUp' });
  expect(values['density']).toBe(0.3);
  fireEvent.change(density, { target: { value: '0.95' } });
  fireEvent.keyDown(density, { key: 'ArrowUp' });
  expect(values['density']).toBe(1);
  const seed = fieldOf(view, 'Seed').control;
  expect(seed.getAttribute('placeholder')).toBe('as the run');
  fireEvent.change(seed, { target: { value: '7' } });
  expect(values['seed']).toBe(7);
  fireEvent.change(seed, { target: { value: '' } });
  expect(values['seed']).toBeNull();
});

test('maps are written a line each', () => {
  let values: ParameterValues = {};
  const view = renderInWindow(
    <Kept
      onValues={(next) => {
        values = next;
      }}
    />,
  );
  expect(view.queryByText('Ranks')).toBeNull();
  fireEvent.click(view.getByRole('button', { name: 'More settings' }));
  const ranks = fieldOf(view, 'Ranks');
  fireEvent.change(ranks.control, { target: { value: 'q_proj=16\nv_proj: 8' } });
  expect(values['ranks']).toEqual({ q_proj: 16, v_proj: 8 });
  fireEvent.change(ranks.control, { target: { value: 'q_proj' } });
  expect(within(ranks.frame).getByRole('alert', { hidden: true }).textContent).toBe('Enter name=number, one per line.');
});

test('seldom changed ones are folded away until one of them is wrong', () => {
  const view = renderInWindow(<Kept values={{ ranks: { q_proj: 4 } }} />);
  const more = view.getByRole('button', { name: 'More settings (1 changed)' });
  expect(more.getAttribute('aria-expanded')).toBe('false');
  fireEvent.click(more);
  expect(more.getAttribute('aria-expanded')).toBe('true');
  const faulty = renderInWindow(<Kept values={{ ranks: { q_proj: 0 } }} />);
  const [, second] = faulty.getAllByRole('button', { name: 'More settings (1 changed)' });
  expect(second?.getAttribute('aria-expanded')).toBe('true');
});

test('groups have headings where there are several; disabled fields stay to be read', () => {
  const grouped: ParameterSpec[] = specs.slice(0, 2).map((spec, index) => ({ ...spec, group: `Group ${index}` }));
  const view = renderInWindow(<Kept declaration={{ parameters: grouped }} disabled={['steps']} />);
  expect(view.getAllByRole('heading').map((heading) => heading.textContent)).toEqual(['Group 0', 'Group 1']);
  expect(fieldOf(view, 'Steps').control).toHaveProperty('disabled', true);
  expect(fieldOf(view, 'Density').control).toHaveProperty('disabled', false);
});

test('module names are a word, a list or a regular expression', () => {
  let values: ParameterValues = {};
  const targets: ParameterSpec = {
    name: 'target_modules',
    label: 'Target modules',
    type: 'text-or-list',
    default: 'all-linear',
    choices: [{ value: 'all-linear', label: 'all-linear' }],
    help: 'Where.',
  };
  const view = renderInWindow(
    <Kept
      declaration={{ parameters: [targets] }}
      suggestions={{ target_modules: ['q_proj', 'v_proj'] }}
      onValues={(next) => {
        values = next;
      }}
    />,
  );
  fireEvent.click(view.getByRole('radio', { name: 'by name' }));
  expect(values['target_modules']).toEqual(['q_proj', 'v_proj']);
  fireEvent.click(view.getByRole('checkbox', { name: 'q_proj' }));
  expect(values['target_modules']).toEqual(['v_proj']);
  fireEvent.click(view.getByRole('radio', { name: 'regex' }));
  expect(values['target_modules']).toBe('.*\\.(q_proj|v_proj)');
  fireEvent.click(view.getByRole('radio', { name: 'all-linear' }));
  expect(values['target_modules']).toBe('all-linear');
});

test('a dependent value has a field while the value it depends on applies, or while its own is invalid', () => {
  const scale: ParameterSpec = {
    name: 'scale',
    label: 'Scale',
    type: 'number',
    default: 1,
    above: 0,
    help: 'By counts.',
    when: { name: 'sign', values: ['frequency'] },
  };
  const declaration = { parameters: [...specs, scale] };
  const shown = (values: ParameterValues) =>
    renderInWindow(<ParameterForm declaration={declaration} values={values} onChange={() => undefined} />);
  const first = shown({});
  expect(first.queryByText('Scale')).toBeNull();
  first.unmount();
  const second = shown({ sign: 'frequency' });
  expect(second.getByText('Scale')).toBeDefined();
  second.unmount();
  expect(shown({ scale: -1 }).getByText('Scale')).toBeDefined();
});

test('a field that stays as it is is not drawn again with each letter typed in another', () => {
  let drawings = 0;
  const watched: ParameterSpec = {
    ...{ name: 'modules', label: 'Modules', type: 'text-list', default: [] },
    get help() {
      drawings++;
      return 'Which of them.';
    },
  };
  const parameters = [...specs, watched];
  // Pages create new suggestions at each render.
  const view = renderInWindow(<Kept declaration={{ parameters }} suggestions={{ modules: ['q_proj'] }} />);
  const before = drawings;
  expect(before).toBeGreaterThan(0);
  fireEvent.change(fieldOf(view, 'Steps').control, { target: { value: '20' } });
  expect(textIn(fieldOf(view, 'Steps').control)).toBe('20');
  expect(drawings).toBe(before);
});

describe('an error of the backend', () => {
  const error = new StudioError('refused', 'Two adapters have different ranks.', 'Use cat.');

  test.each(['density', 'parameters.density'])('marks the parameter that it names: %s', (path) => {
    const named = StudioError.fromValue({ ...toErrorValue(error), field: path });
    const view = renderInWindow(<Kept error={named} />);
    const { control, frame } = fieldOf(view, 'Density');
    expect(control.getAttribute('aria-invalid')).toBe('true');
    expect(frame.textContent?.includes('Two adapters have different ranks. Use cat.')).toBe(true);
    expect(fieldOf(view, 'Steps').control.getAttribute('aria-invalid')).not.toBe('true');
  });

  test('marks nothing where it names a field of another form', () => {
    const view = renderInWindow(
      <Kept error={StudioError.fromValue({ ...toErrorValue(error), field: 'learning_rate' })} />,
    );
    expect(view.container.textContent?.includes('different ranks')).toBe(false);
  });
});

test('a field for a metric offers every declared metric, and takes any other text', async () => {
  const metric: ParameterSpec = {
    ...{
      name: 'metric',
      label: 'Metric',
      type: 'text',
      names: 'metric',
      default: null,
      nullable: true,
      help: 'Which.',
    },
  };
  let known: ParameterValues = {};
  const view = renderInWindow(<Kept declaration={{ parameters: [metric] }} onValues={(values) => (known = values)} />);
  const { control: field } = fieldOf(view, 'Metric');
  fireEvent.focus(field);
  fireEvent.click(field);
  const options = await view.findAllByRole('option', { hidden: true });
  expect(options.map(({ textContent }) => textContent)).toEqual(metrics.map(({ id, label }) => `${label} ${id}`));
  fireEvent.change(field, { target: { value: 'eval_f1_micro' } });
  expect(known['metric']).toBe('eval_f1_micro');
});
