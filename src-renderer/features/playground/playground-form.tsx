import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { generationParameters } from '../../../src-shared/domain/generation/generation.ts';
import { continuesPrompt } from '../../../src-shared/domain/models/model.ts';
import { useActions } from '../../components/actions/action-registry.ts';
import { pageActions } from '../../components/actions/page-actions.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { Segments } from '../../components/form/segments.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import { ChatsPanel } from './chats-panel.tsx';
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
  const { draft, columns, kind, kinds, model } = form;
  const isPair = kind === 'pair';
  const isContinued = model === undefined || continuesPrompt(model.description);
  const label = isPair ? words.compare : words.generate;
  const isChat = kind === 'chat';
  useActions(
    // A conversation is sent beside its messages.
    isChat ? [] : [{ ...pageActions.generate, label, disabledReason: form.problem, run: form.generate }],
  );
  return (
    <Stack gap={12} p={12}>
      <ModelPanel models={models} model={model} fitting={form.fitting} columns={columns} hasBase={!isPair}>
        {form.modelProblem === null ? null : <ErrorNote error={{ message: form.modelProblem, hint: null }} />}
      </ModelPanel>
      <ChatsPanel />
      <Panel title={words.title}>
        <Stack gap={8}>
          <Segments
            aria-label={words.kind}
            data={kinds.map((value) => ({ value, label: words[value] }))}
            value={kind}
            onChange={(value) => changeDraft({ kind: kinds.find((one) => one === value) ?? 'text' })}
          />
          {!isChat ? (
            <Textarea
              aria-label={words.label}
              placeholder={isPair ? words.pairPlaceholder : isContinued ? words.placeholder : words.inputPlaceholder}
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
            </>
          )}
          {isPair
            ? draft.pair.map((answer, at) => (
                <Textarea
                  key={at}
                  label={words.answer(at + 1)}
                  autosize
                  minRows={2}
                  maxRows={8}
                  value={answer}
                  onChange={({ currentTarget: { value } }) => changeDraft({ pair: draft.pair.with(at, value) })}
                />
              ))
            : null}
        </Stack>
      </Panel>
      {isChat ? null : (
        <>
          <Group grow>
            <Button onClick={form.generate} disabled={form.problem !== null || isWriting} loading={form.isStarting}>
              {label}
            </Button>
            <Button variant="default" onClick={onStop} disabled={!isWriting}>
              {words.stop}
            </Button>
          </Group>
          <Text size="xs" c="dimmed" ta="center">
            {form.problem ??
              (isPair ? words.readyPair(columns.length) : words.ready(columns.length, form.maxNewTokens ?? 0))}
          </Text>
        </>
      )}
      {isPair ? null : (
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
      )}
    </Stack>
  );
}
