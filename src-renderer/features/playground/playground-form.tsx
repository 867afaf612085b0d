import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { generationParameters } from '../../../src-shared/domain/generation/generation.ts';
import { useActions } from '../../components/actions/action-registry.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { Segments } from '../../components/form/segments.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import { ChatsPanel } from './chats-panel.tsx';
import { Conversation } from './conversation.tsx';
import { ModelPanel } from './model-panel.tsx';
import { changeDraft } from './playground-store.ts';
import { TemplatePicker } from './template-picker.tsx';
import { type PlaygroundInput, usePlaygroundForm } from './use-playground-form.ts';

const generation = { parameters: generationParameters(), card: 'guide/playground' };
const words = playgroundStrings.prompt;

interface PlaygroundFormProps extends PlaygroundInput {
  onStop: () => void;
}

/** Form for the model, adapters, prompt and sampling of a generation. */
export function PlaygroundForm(props: PlaygroundFormProps) {
  const { models, catalog, isWriting, onStop } = props;
  const form = usePlaygroundForm(props);
  const { draft, columns, kind, model } = form;
  useActions([
    {
      id: 'generate',
      label: words.generate,
      scope: 'page',
      shortcut: 'mod+Enter',
      whileTyping: true,
      disabledReason: form.problem,
      run: form.generate,
    },
  ]);
  return (
    <Stack gap={12} p={12}>
      <ModelPanel models={models} model={model} fitting={form.fitting} columns={columns}>
        {form.modelProblem === null ? null : <ErrorNote error={{ message: form.modelProblem, hint: null }} />}
      </ModelPanel>
      <ChatsPanel />
      <Panel title={words.title}>
        <Stack gap={8}>
          <Segments
            aria-label={words.kind}
            data={[
              { value: 'text', label: words.text },
              { value: 'chat', label: words.chat },
            ]}
            value={kind}
            onChange={(value) => changeDraft({ kind: value === 'chat' ? 'chat' : 'text' })}
          />
          {kind === 'text' ? (
            <Textarea
              aria-label={words.label}
              placeholder={words.placeholder}
              autosize
              minRows={4}
              maxRows={14}
              value={draft.text}
              onChange={(event) => changeDraft({ text: event.currentTarget.value })}
            />
          ) : (
            <>
              {model === undefined ? null : <TemplatePicker modelId={model.id} />}
              <Textarea
                label={words.system}
                placeholder={words.systemPlaceholder}
                autosize
                minRows={1}
                maxRows={6}
                value={draft.system}
                onChange={(event) => changeDraft({ system: event.currentTarget.value })}
              />
              <Conversation messages={draft.messages} onChange={(messages) => changeDraft({ messages })} />
            </>
          )}
        </Stack>
      </Panel>
      <Group grow>
        <Button onClick={form.generate} disabled={form.problem !== null || isWriting} loading={form.isStarting}>
          {words.generate}
        </Button>
        <Button variant="default" onClick={onStop} disabled={!isWriting}>
          {words.stop}
        </Button>
      </Group>
      <Text size="xs" c="dimmed" ta="center">
        {form.problem ?? words.ready(columns.length, form.maxNewTokens ?? 0)}
      </Text>
      <Panel title={words.sampling}>
        <Stack gap={12}>
          {form.defaultsNote === null ? null : (
            <Text size="xs" c="dimmed" role="note">
              {form.defaultsNote}
            </Text>
          )}
          <ParameterForm
            declaration={catalog?.sampling ?? { parameters: [] }}
            values={draft.sampling}
            bases={form.bases}
            onChange={(sampling) => changeDraft({ sampling })}
          />
          <ParameterForm
            declaration={generation}
            values={draft.settings}
            bases={form.bases}
            onChange={(settings) => changeDraft({ settings })}
          />
        </Stack>
      </Panel>
    </Stack>
  );
}
