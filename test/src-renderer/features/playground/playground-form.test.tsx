// @vitest-environment happy-dom
import { act, fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { Conversation } from '../../../../src-renderer/features/playground/conversation.tsx';
import { PlaygroundForm } from '../../../../src-renderer/features/playground/playground-form.tsx';
import { PlaygroundResult } from '../../../../src-renderer/features/playground/playground-result.tsx';
import {
  changeDraft,
  emptyPlayground,
  usePlayground,
} from '../../../../src-renderer/features/playground/playground-store.ts';
import type { ChatRecord } from '../../../../src-shared/domain/generation/chat.ts';
import { modelRecordSchema } from '../../../../src-shared/domain/models/model.ts';
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

const kept: ChatRecord = {
  id: 'chat-0001',
  name: 'Whales',
  modelId: 'base',
  createdAt: 0,
  updatedAt: 0,
  content: {
    columns: [null],
    kind: 'chat',
    text: '',
    pair: ['', ''],
    system: 'Be brief.',
    messages: [{ role: 'user', content: 'Where is the whale?' }],
    turns: [],
    lastTurn: null,
    template: { id: 'known:chatml', text: '{{ chatml }}' },
    settings: {},
    sampling: {},
    answers: [{ name: 'Base', text: 'In the sea.', finish: 'end' }],
  },
};

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'generation.abilities': () => ({ problem: null, chat: false, defaults: { values: {}, note: null } }),
    'generation.start': () => job('j', 'generate'),
    'generation.templates': () => ({
      own: [],
      known: [{ id: 'chatml', label: 'ChatML', text: '{{ chatml }}' }],
    }),
    'generation.render': ({ template }) =>
      template === '{% if'
        ? { prompt: null, tokens: null, problem: { message: 'it ends in the middle of a tag', line: 1 } }
        : { prompt: `${template}`, tokens: 3, problem: null },
    'chats.list': () => [{ id: 'chat-0001', name: 'Whales', modelId: 'base', updatedAt: 0 }],
    'chats.get': () => kept,
    'chats.save': () => kept,
    'chats.remove': () => ({ ok: true }),
  };
  usePlayground.setState(emptyPlayground, true);
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
  // The chat is saved at once, named after the start of its prompt, while the answers are pending.
  await waitFor(() =>
    expect(backend.inputsOf('chats.save')).toMatchObject([
      { name: 'Once', modelId: 'base', content: { text: 'Once', columns: [null, 'a'], answers: [] } },
    ]),
  );
});

test('two answers to a prompt are compared by the reward adapters alone', async () => {
  backend.answers['generation.scorers'] = () => ['judge'];
  const view = renderInWindow(
    <PlaygroundForm
      models={[model]}
      adapters={[adapter('judge'), adapter('writer')]}
      catalog={catalog}
      isWriting={false}
      onStop={() => undefined}
    />,
  );
  fireEvent.click(await view.findByRole('radio', { name: 'Two answers' }));
  expect(view.queryByRole('checkbox', { name: 'writer' })).toBeNull();
  expect(view.queryByRole('checkbox', { name: 'Base' })).toBeNull();
  expect(view.getByText('Choose a reward adapter.')).toBeTruthy();
  fireEvent.click(view.getByRole('checkbox', { name: 'judge' }));
  expect(view.getByText('Enter two answers.')).toBeTruthy();
  fireEvent.change(view.getByRole('textbox', { name: 'Prompt' }), { target: { value: 'Where is it?' } });
  fireEvent.change(view.getByRole('textbox', { name: 'Answer 1' }), { target: { value: 'In Paris.' } });
  fireEvent.change(view.getByRole('textbox', { name: 'Answer 2' }), { target: { value: 'Nowhere.' } });
  const compare = view.getByRole('button', { name: 'Compare' });
  await waitFor(() => expect(compare).toHaveProperty('disabled', false));
  fireEvent.click(compare);
  await waitFor(() =>
    expect(backend.inputsOf('generation.start')).toMatchObject([
      {
        columns: [{ adapterId: 'judge' }],
        prompt: { kind: 'pair', text: 'Where is it?', answers: ['In Paris.', 'Nowhere.'] },
      },
    ]),
  );
});

test('an encoder with a reward adapter has the form of two answers alone', async () => {
  backend.answers['generation.scorers'] = () => ['judge'];
  const encoder = { ...model, description: { ...model.description, kind: 'text-classification' as const } };
  const view = renderInWindow(
    <PlaygroundForm
      models={[encoder]}
      adapters={[adapter('judge')]}
      catalog={catalog}
      isWriting={false}
      onStop={() => undefined}
    />,
  );
  expect(await view.findByRole('textbox', { name: 'Answer 2' })).toBeTruthy();
  expect(view.queryByRole('radio', { name: 'Text' })).toBeNull();
});

test('the answer with the higher reward is marked as preferred', () => {
  usePlayground.setState({
    asked: {
      jobId: null,
      modelId: 'base',
      prompt: { kind: 'pair', text: 'Where is it?', answers: ['In Paris.', 'Nowhere.'] },
      names: ['judge'],
      turnId: null,
      isKept: true,
    },
    columns: [
      {
        text: 'Reward of answer 1: -0.5000\nReward of answer 2: -1.2500\nPreferred: answer 1',
        rates: null,
        finish: 'end',
      },
    ],
  });
  const view = renderInWindow(<PlaygroundResult job={undefined} waitsFor={undefined} />);
  const shown = view.getByRole('region', { name: 'Rewards of judge' }).textContent;
  expect(shown).toBe('Answer 1 (preferred): reward −0.5000In Paris.Answer 2: reward −1.250Nowhere.');
});

test.each([
  ['causal-lm', 'Was it good? Yes.', 'Text for the model to continue'],
  ['seq2seq-lm', 'Was it good?\n Yes.', 'Input text of the model'],
] as const)(
  'shows the text of a model of the kind %s behind its prompt, or below it',
  async (kind, text, placeholder) => {
    const own = { ...model, description: { ...model.description, kind } };
    backend.answers['models.list'] = () => [own];
    usePlayground.setState({
      asked: {
        jobId: null,
        modelId: 'base',
        prompt: { kind: 'text', text: 'Was it good?' },
        names: ['Base'],
        turnId: null,
        isKept: true,
      },
      columns: [{ text: ' Yes.', rates: null, finish: 'end' }],
    });
    const view = renderInWindow(
      <>
        <PlaygroundForm models={[own]} adapters={[]} catalog={catalog} isWriting={false} onStop={() => undefined} />
        <PlaygroundResult job={undefined} waitsFor={undefined} />
      </>,
    );
    await waitFor(() => expect(view.getByRole('region', { name: 'Text of Base' }).textContent).toBe(text));
    expect(view.getByRole('textbox', { name: 'Prompt' }).getAttribute('placeholder')).toBe(placeholder);
  },
);

test("shows the settings of the model's generation_config.json as the model's, and requests them", async () => {
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

const form = (
  <>
    <PlaygroundForm models={[model]} adapters={[]} catalog={catalog} isWriting={false} onStop={() => undefined} />
    <Conversation
      models={[model]}
      adapters={[]}
      catalog={catalog}
      job={undefined}
      waitsFor={undefined}
      onStop={() => undefined}
    />
  </>
);

test('a model without a chat template takes a published one; a broken one says its line', async () => {
  usePlayground.setState({ draft: { ...emptyPlayground.draft, kind: 'chat' } });
  const view = renderInWindow(form);
  fireEvent.change(await view.findByRole('textbox', { name: 'Message' }), { target: { value: 'Hi' } });
  expect(await view.findByText(/has no chat template of its own/)).toBeTruthy();
  fireEvent.click(await view.findByRole('combobox', { name: 'Chat template' }));
  fireEvent.click(await view.findByText('ChatML'));
  await waitFor(() => expect(view.getByRole('button', { name: 'Send' })).toHaveProperty('disabled', false));
  fireEvent.change(view.getByRole('textbox', { name: 'System prompt' }), { target: { value: 'Be brief.' } });
  fireEvent.click(view.getByRole('button', { name: 'Send' }));
  await waitFor(() => expect(backend.inputsOf('generation.start')).toHaveLength(1));
  expect(backend.inputsOf('generation.start')).toMatchObject([
    {
      prompt: {
        kind: 'chat',
        template: '{{ chatml }}',
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ],
      },
    },
  ]);
  fireEvent.click(view.getByRole('button', { name: 'Preview and edit…' }));
  const editor = await view.findByRole('textbox', { name: 'Template (Jinja)' });
  expect(await view.findByRole('region', { name: 'Rendered prompt' })).toBeTruthy();
  fireEvent.change(editor, { target: { value: '{% if' } });
  expect(await view.findByText('Line 1: it ends in the middle of a tag')).toBeTruthy();
  expect(await view.findByText('Chat template: Line 1: it ends in the middle of a tag')).toBeTruthy();
  expect(usePlayground.getState().draft.template).toEqual({ id: 'custom', text: '{% if' });
});

test('a chat kept before turns existed is opened as it was left, and a new one begins beside it', async () => {
  const view = renderInWindow(form);
  fireEvent.click(await view.findByRole('button', { name: 'Whales' }));
  expect(await view.findByText('Where is the whale?')).toBeTruthy();
  expect(view.getByRole('region', { name: 'Answer of Base' }).textContent).toContain('In the sea.');
  expect(view.getByDisplayValue('Be brief.')).toBeTruthy();
  expect(usePlayground.getState()).toMatchObject({ chatId: 'chat-0001', asked: null });
  fireEvent.click(view.getByRole('button', { name: 'New chat' }));
  expect(usePlayground.getState()).toMatchObject({ chatId: null, asked: null, draft: { system: 'Be brief.' } });
  expect(view.queryByText('Where is the whale?')).toBeNull();
});

test('texts of one model are gone once another model is chosen, and are kept under their own', async () => {
  usePlayground.setState({
    draft: { ...emptyPlayground.draft, modelId: 'base', text: 'Once' },
    asked: {
      jobId: 'j',
      modelId: 'base',
      prompt: { kind: 'text', text: 'Once' },
      names: ['Base'],
      turnId: null,
      isKept: false,
    },
    columns: [{ text: ' upon', rates: null, finish: null }],
  });
  const view = renderInWindow(<PlaygroundResult job={job('j', 'generate')} waitsFor={undefined} />);
  expect(view.getByRole('region', { name: 'Text of Base' }).textContent).toBe('Once upon');
  act(() => changeDraft({ modelId: 'other' }));
  expect(view.queryByRole('region', { name: 'Text of Base' })).toBeNull();
  backend.answers['jobs.result'] = () => ({
    kind: 'generate',
    result: {
      prompt: 'Once',
      columns: [
        {
          ...{ text: ' upon a time', finish: 'end', promptTokens: 1, promptSeconds: 0.1 },
          ...{ newTokens: 3, generationSeconds: 1 },
        },
      ],
    },
  });
  view.rerender(<PlaygroundResult job={{ ...job('j', 'generate'), status: 'completed' }} waitsFor={undefined} />);
  await waitFor(() => expect(backend.inputsOf('chats.save')).toMatchObject([{ name: 'Once', modelId: 'base' }]));
  act(() => changeDraft({ modelId: 'base' }));
  expect(view.getByRole('region', { name: 'Text of Base' }).textContent).toBe('Once upon a time');
});
