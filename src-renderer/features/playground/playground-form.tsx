import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Text,
  Textarea,
  Tooltip,
} from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/catalog.ts';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { ParameterFields } from '../../components/form/parameter-fields.tsx';
import { plural } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { CotoMark } from '../runs/coto-mark.tsx';
import { columnLimit, type Message, requestOf, toggleColumn } from './draft.ts';
import classes from './playground.module.css';
import { changeDraft, showGeneration, usePlayground } from './playground-store.ts';

interface PlaygroundFormProps {
  /** Language models only. */
  models: readonly ModelRecord[];
  adapters: readonly AdapterRecord[];
  catalog: Catalog | undefined;
  /** Whether a text is being written, or waits to be. */
  isWriting: boolean;
  onStop: () => void;
}

/** Who writes, from what, and how tokens are chosen. */
export function PlaygroundForm({ models, adapters, catalog, isWriting, onStop }: PlaygroundFormProps) {
  const { draft } = usePlayground();
  const model = models.find(({ id }) => id === draft.modelId) ?? models[0];
  const fitting = adapters.filter(({ modelId }) => modelId === model?.id);
  const columns = draft.columns.filter((column) => column === null || fitting.some(({ id }) => id === column));
  const abilities = useRequest(
    'generation.abilities',
    { model: model?.id ?? '' },
    { enabled: model !== undefined },
  ).data;
  const kind = abilities?.chat ? draft.kind : 'text';
  const request = requestOf({ ...draft, columns, kind }, model?.id ?? null);
  const start = useAction('generation.start', {
    failureTitle: 'Nothing was written',
    onSuccess: (job) => {
      const names = columns.map((column) => adapters.find(({ id }) => id === column)?.name ?? 'Base');
      if (typeof request !== 'string') showGeneration(job.id, request, names);
    },
  });
  const problem = abilities?.problem ?? (typeof request === 'string' ? request : null);
  const write = () => {
    if (problem === null && typeof request !== 'string' && !isWriting) start.mutate(request);
  };
  return (
    <Stack
      gap={12}
      p={12}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) write();
      }}
    >
      <Panel title="Model" note={`up to ${columnLimit} side by side`}>
        <Stack gap={8}>
          <Select
            aria-label="Language model"
            data={models.map(({ id, name }) => ({ value: id, label: name }))}
            value={model?.id ?? null}
            onChange={(modelId) => changeDraft({ modelId, columns: [null] })}
            allowDeselect={false}
          />
          {[null, ...fitting].map((adapter) => {
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
          {fitting.length === 0 ? (
            <Text size="xs" c="dimmed">
              Adapters of this model appear here, to be set beside it.
            </Text>
          ) : null}
          {abilities?.problem ? <ErrorNote error={{ message: abilities.problem, hint: null }} /> : null}
        </Stack>
      </Panel>
      <Panel title="Prompt">
        <Stack gap={8}>
          {abilities?.chat ? (
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
              placeholder="The model goes on from here"
              autosize
              minRows={4}
              maxRows={14}
              value={draft.text}
              onChange={(event) => changeDraft({ text: event.currentTarget.value })}
            />
          ) : (
            <Conversation messages={draft.messages} />
          )}
        </Stack>
      </Panel>
      <Group grow>
        <Button onClick={write} disabled={problem !== null || isWriting} loading={start.isPending}>
          Write
        </Button>
        <Button variant="default" onClick={onStop} disabled={!isWriting}>
          Stop
        </Button>
      </Group>
      <Text size="xs" c="dimmed" ta="center">
        {problem ?? `${plural(columns.length, 'text')} of up to ${plural(draft.maxNewTokens, 'token')}; Ctrl+Enter`}
      </Text>
      <Panel title="Sampling">
        <Stack gap={8}>
          <ParameterFields
            specs={catalog?.sampling.parameters ?? []}
            values={draft.sampling}
            onChange={(sampling) => changeDraft({ sampling })}
          />
          <NumberInput
            label="New tokens at most"
            min={1}
            max={1_000_000}
            step={32}
            allowDecimal={false}
            value={draft.maxNewTokens}
            onChange={(value) => changeDraft({ maxNewTokens: Math.max(1, Math.round(Number(value) || 1)) })}
          />
          <NumberInput
            label="Seed"
            description="The same seed gives the same text"
            allowDecimal={false}
            value={draft.seed}
            onChange={(value) => changeDraft({ seed: Math.round(Number(value) || 0) })}
          />
          <Checkbox
            label="bfloat16 where it is faster"
            description="Products with the base then round: about twice as fast for large models, other words now and then"
            checked={draft.computeDtype === 'auto'}
            onChange={(event) => changeDraft({ computeDtype: event.currentTarget.checked ? 'auto' : 'float32' })}
          />
          <Textarea
            label="Stop strings"
            description="One a line; the text ends before the first of them"
            autosize
            minRows={1}
            maxRows={4}
            value={draft.stop}
            onChange={(event) => changeDraft({ stop: event.currentTarget.value })}
          />
        </Stack>
      </Panel>
    </Stack>
  );
}

const roles = [
  { value: 'system', label: 'System' },
  { value: 'user', label: 'User' },
  { value: 'assistant', label: 'Assistant' },
];

function Conversation({ messages }: { messages: readonly Message[] }) {
  const put = (index: number, changes: Partial<Message>) =>
    changeDraft({ messages: messages.map((message, at) => (at === index ? { ...message, ...changes } : message)) });
  return (
    <>
      {messages.map((message, index) => (
        <div key={index} className={classes['message']}>
          <Select
            aria-label={`Role of message ${index + 1}`}
            data={roles}
            value={message.role}
            allowDeselect={false}
            onChange={(role) => {
              if (role === 'system' || role === 'user' || role === 'assistant') put(index, { role });
            }}
          />
          <Tooltip label="Remove the message">
            <ActionIcon
              aria-label={`Remove message ${index + 1}`}
              disabled={messages.length === 1}
              onClick={() => changeDraft({ messages: messages.filter((_, at) => at !== index) })}
            >
              <IconX size={14} />
            </ActionIcon>
          </Tooltip>
          <Textarea
            aria-label={`Message ${index + 1}`}
            autosize
            minRows={2}
            maxRows={10}
            value={message.content}
            onChange={(event) => put(index, { content: event.currentTarget.value })}
          />
        </div>
      ))}
      <Button variant="default" onClick={() => changeDraft({ messages: [...messages, { role: 'user', content: '' }] })}>
        Add a message
      </Button>
    </>
  );
}
