// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { emptyDraft } from '../../../../src-renderer/features/playground/draft.ts';
import { PlaygroundForm } from '../../../../src-renderer/features/playground/playground-form.tsx';
import { usePlayground } from '../../../../src-renderer/features/playground/playground-store.ts';
import { modelRecordSchema } from '../../../../src-shared/domain/model.ts';
import { adapter, backend, catalog, job } from '../../fake-backend.ts';
import { fieldOf, renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const model = modelRecordSchema.parse({
  id: 'base',
  name: 'Small Llama',
  bundled: false,
  path: '/models/base',
  provenance: null,
  createdAt: 0,
  description: {
    family: 'llama',
    architecture: 'LlamaForCausalLM',
    kind: 'causal-lm',
    parameterCount: 1,
    sizeBytes: 1,
    dtype: 'F32',
    layerCount: 1,
    hiddenSize: 8,
    labels: [],
    image: null,
    text: { vocabularySize: 10, maxPositions: 16 },
    linears: [],
    fingerprint: 'f',
  },
});

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'generation.abilities': () => ({ problem: null, chat: false, defaults: { values: {}, note: null } }),
    'generation.start': () => job('j', 'generate'),
  };
  usePlayground.setState({ draft: emptyDraft, asked: null, columns: [] }, true);
});

test('a text is asked for with the settings that are changed, once nothing is missing or wrong', async () => {
  const view = renderInWindow(
    <PlaygroundForm
      models={[model]}
      adapters={[adapter('a'), adapter('elsewhere', { modelId: 'other' })]}
      catalog={catalog}
      isWriting={false}
      onStop={() => undefined}
    />,
  );
  const generate = view.getByRole('button', { name: 'Generate' });
  expect(generate).toHaveProperty('disabled', true);
  expect(view.getByText('Enter a prompt.')).toBeTruthy();
  expect(view.queryByText('elsewhere')).toBeNull();
  fireEvent.change(view.getByRole('textbox', { name: 'Prompt' }), { target: { value: 'Once' } });
  fireEvent.click(view.getByRole('checkbox', { name: 'a' }));
  fireEvent.change(fieldOf(view, 'Temperature').control, { target: { value: '11' } });
  expect(view.getByText('Temperature: Must be at most 10.')).toBeTruthy();
  fireEvent.change(fieldOf(view, 'Temperature').control, { target: { value: '0' } });
  fireEvent.change(fieldOf(view, 'Max new tokens').control, { target: { value: '7' } });
  await waitFor(() => expect(generate).toHaveProperty('disabled', false));
  fireEvent.click(generate);
  await waitFor(() => expect(usePlayground.getState().asked?.names).toEqual(['Base', 'a']));
  expect(backend.inputsOf('generation.start')).toMatchObject([
    {
      model: 'base',
      columns: [null, { adapterId: 'a' }],
      prompt: { kind: 'text', text: 'Once' },
      max_new_tokens: 7,
      sampling: { temperature: 0 },
    },
  ]);
});

test("what the model's generation_config.json sets is shown as the model's, and asked for", async () => {
  backend.answers['generation.abilities'] = () => ({
    problem: null,
    chat: false,
    defaults: { values: { temperature: 0.6, max_new_tokens: 32 }, note: 'Ignored: top_p is 3' },
  });
  const view = renderInWindow(
    <PlaygroundForm models={[model]} adapters={[]} catalog={catalog} isWriting={false} onStop={() => undefined} />,
  );
  const shown = (label: string) => {
    const { control, frame } = fieldOf(view, label);
    const origin = frame.querySelector('[data-origin]');
    return [
      control instanceof HTMLInputElement ? control.value : '',
      origin?.textContent,
      origin?.getAttribute('title'),
    ];
  };
  await waitFor(() => expect(shown('Temperature')).toEqual(['0.6', 'model', 'From the model']));
  expect(shown('Max new tokens')).toEqual(['32', 'model', 'From the model']);
  expect(shown('Seed')).toEqual(['0', 'default', 'The default']);
  expect(view.getByRole('note').textContent).toBe('Ignored: top_p is 3');
  fireEvent.change(view.getByRole('textbox', { name: 'Prompt' }), { target: { value: 'Once' } });
  fireEvent.change(fieldOf(view, 'Max new tokens').control, { target: { value: '8' } });
  expect(shown('Max new tokens')).toEqual(['8', 'yours', 'Changed by you']);
  fireEvent.click(view.getByRole('button', { name: 'Generate' }));
  await waitFor(() => expect(backend.inputsOf('generation.start')).toHaveLength(1));
  expect(backend.inputsOf('generation.start')).toMatchObject([{ max_new_tokens: 8, sampling: { temperature: 0.6 } }]);
  fireEvent.click(view.getByRole('button', { name: 'Reset Max new tokens to 32' }));
  expect(shown('Max new tokens')).toEqual(['32', 'model', 'From the model']);
});
