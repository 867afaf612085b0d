import { Button, Checkbox, Group, SegmentedControl, Select, Stack, Text, Textarea } from '@mantine/core';
import { generationParameters } from '../../../src-shared/domain/generation.ts';
import { useActions } from '../../components/actions/action-registry.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { plural } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { CotoMark } from '../runs/coto-mark.tsx';
import { Conversation } from './conversation.tsx';
import { columnLimit, toggleColumn } from './draft.ts';
import classes from './playground.module.css';
import { changeDraft } from './playground-store.ts';
import { type PlaygroundInput, usePlaygroundForm } from './use-playground-form.ts';

const generation = { parameters: generationParameters, card: 'guide/playground' };

interface PlaygroundFormProps extends PlaygroundInput {
  onStop: () => void;
}

/** Which model and adapters generate, from what prompt, and how tokens are chosen. */
export function PlaygroundForm(props: PlaygroundFormProps) {
  const { models, catalog, isWriting, onStop } = props;
  const form = usePlaygroundForm(props);
  const { draft, columns, kind } = form;
  useActions([
    {
      id: 'generate',
      label: 'Generate',
      scope: 'page',
      shortcut: 'mod+Enter',
      whileTyping: true,
      disabledReason: form.problem,
      run: form.generate,
    },
  ]);
  return (
    <Stack gap={12} p={12}>
      <Panel title="Model" note={`up to ${columnLimit} side by side`}>
        <Stack gap={8}>
          <Select
            aria-label="Language model"
            data={models.map(({ id, name }) => ({ value: id, label: name }))}
            value={form.model?.id ?? null}
            onChange={(modelId) => changeDraft({ modelId, columns: [null] })}
            allowDeselect={false}
          />
          {[null, ...form.fitting].map((adapter) => {
            const id = adapter?.id ?? null;
            return (
              <Checkbox
                key={id ?? 'base'}
                checked={columns.includes(id)}
                disabled={!columns.includes(id) && columns.length >= columnLimit}
                onChange={() => changeDraft({ columns: toggleColumn(columns, id) })}
                label={
                  <span className={classes['choice']}>
                    <span className={classes['name']}>{adapter?.name ?? 'Base'}</span>
                    <CotoMark on={adapter?.coto != null} />
                  </span>
                }
              />
            );
          })}
          {form.fitting.length === 0 ? (
            <Text size="xs" c="dimmed">
              Adapters of this model appear here, to compare with it.
            </Text>
          ) : null}
          {form.modelProblem === null ? null : <ErrorNote error={{ message: form.modelProblem, hint: null }} />}
        </Stack>
      </Panel>
      <Panel title="Prompt">
        <Stack gap={8}>
          {form.hasChat ? (
            <SegmentedControl
              aria-label="Kind of prompt"
              data={[
                { value: 'text', label: 'Text' },
                { value: 'chat', label: 'Chat' },
              ]}
              value={kind}
              onChange={(value) => changeDraft({ kind: value === 'chat' ? 'chat' : 'text' })}
            />
          ) : null}
          {kind === 'text' ? (
            <Textarea
              aria-label="Prompt"
              placeholder="Text for the model to continue"
              autosize
              minRows={4}
              maxRows={14}
              value={draft.text}
              onChange={(event) => changeDraft({ text: event.currentTarget.value })}
            />
          ) : (
            <Conversation messages={draft.messages} onChange={(messages) => changeDraft({ messages })} />
          )}
        </Stack>
      </Panel>
      <Group grow>
        <Button onClick={form.generate} disabled={form.problem !== null || isWriting} loading={form.isStarting}>
          Generate
        </Button>
        <Button variant="default" onClick={onStop} disabled={!isWriting}>
          Stop
        </Button>
      </Group>
      <Text size="xs" c="dimmed" ta="center">
        {form.problem ??
          `${plural(columns.length, 'text')} of up to ${plural(form.maxNewTokens ?? 0, 'token')}; Ctrl+Enter`}
      </Text>
      <Panel title="Sampling">
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
