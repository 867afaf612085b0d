import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { modals } from '@mantine/modals';
import { useId, useState } from 'react';
import { adapterFieldsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import type { DatasetRecord, TextExample } from '../../../src-shared/domain/data/dataset.ts';
import { answerNotes } from '../../../src-shared/domain/evaluation/answer-counts.ts';
import type { ChatMessage } from '../../../src-shared/domain/generation/chat-message.ts';
import type { TemplateChoices } from '../../../src-shared/domain/generation/generation.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import {
  tokensRemedy,
  type UntrainedToken,
  untrainedNote,
} from '../../../src-shared/domain/models/untrained-tokens.ts';
import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import { isTemplateText } from '../../../src-shared/domain/runs/task.ts';
import { useLastAnswer, useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Select } from '../../components/form/choices.tsx';
import { FieldFrame } from '../../components/form/parameter-field.tsx';
import { trainStrings } from '../../strings/train.ts';
import { TokenView } from '../data/token-view.tsx';
import { TemplateText } from '../templates/template-text.tsx';
import { defaultDraft } from './draft.ts';
import { setField, useTrainForm } from './draft-store.ts';
import { useRunField } from './use-run-field.ts';

const words = trainStrings.template;
const name = 'chat_template';
const usual = textOfValue(defaultDraft[name]);
const ownText = 'text';
const tokensName = 'adapter.trainable_token_indices';

interface TemplateFieldProps {
  model: ModelRecord;
  /** Dataset of the preview's example. */
  dataset: DatasetRecord | undefined;
  problem: string | undefined;
}

/** Choice of the chat template for the examples, with a way to view one of them and to write a custom template. */
export function TemplateField({ model, dataset, problem }: TemplateFieldProps) {
  const id = useId();
  const { value, frame } = useRunField(name);
  const choices = useRequest('generation.templates', { model: model.id }).data;
  const { own = [], known = [] } = choices ?? {};
  const chosen = isTemplateText(value) ? ownText : value;
  const data = [
    { value: 'auto', label: own.length > 0 ? words.auto : words.autoPlain },
    { value: 'none', label: words.none },
    { value: 'model', label: words.model, disabled: choices !== undefined && own.length === 0 },
    ...known.map((template) => ({ value: template.id, label: template.label })),
    { value: ownText, label: words.own },
  ];
  const edit = () => openEditor(model, dataset);
  const { notes, untrained } = useAnswerNotes(model, dataset, value);
  const note =
    notes.length === 0 && untrained.length === 0 ? null : (
      <>
        {notes.map((line) => (
          <div key={line}>{line}</div>
        ))}
        <UntrainedNote tokens={untrained} model={model} />
      </>
    );
  return (
    <FieldFrame id={id} {...frame} problem={problem} note={note} wide>
      <Group gap={8} wrap="nowrap">
        <Select
          id={id}
          style={{ flex: 1, minWidth: 0 }}
          data={data.some((one) => one.value === chosen) ? data : [...data, { value: chosen, label: chosen }]}
          value={chosen}
          allowDeselect={false}
          error={problem !== undefined}
          onChange={(next) => {
            if (next === null || next === chosen) return;
            if (next !== ownText) return setField(name, next);
            setField(name, jinjaOf(value, { own, known }));
            edit();
          }}
        />
        <Button variant="default" onClick={edit} disabled={choices === undefined}>
          {words.edit}
        </Button>
      </Group>
    </FieldFrame>
  );
}

/** Answers of the first training examples that a template leaves out, and those that the data exclude. */
function useAnswerNotes(model: ModelRecord, dataset: DatasetRecord | undefined, template: string) {
  const [chosen] = useDebouncedValue(template, 250);
  const hasTexts = dataset?.description.text != null;
  const request = { id: dataset?.id ?? '', model: model.id, chat_template: chosen };
  const answer = useRequest('datasets.lengths', request, { enabled: hasTexts });
  const { answers, untrained = [] } = answer.data ?? {};
  return { notes: answers === undefined ? [] : answerNotes(answers), untrained };
}

/** Tokens of the examples that the base never learned, with a button that trains them. */
function UntrainedNote({ tokens, model }: { tokens: readonly UntrainedToken[]; model: ModelRecord }) {
  const { draft } = useTrainForm();
  const settings = adapterFieldsSchema.partial().safeParse({
    trainable_token_indices: draft[tokensName] ?? null,
    modules_to_save: draft['adapter.modules_to_save'] ?? null,
    target_modules: draft['adapter.target_modules'],
  }).data;
  const note = untrainedNote(tokens, settings ?? {}, model.description);
  if (note === null) return null;
  return (
    <Group gap={8} wrap="nowrap">
      <span>{note}</span>
      <Button
        size="compact-xs"
        variant="default"
        style={{ flexShrink: 0 }}
        onClick={() => setField(tokensName, tokensRemedy(tokens, model.description))}
      >
        {words.trainTokens}
      </Button>
    </Group>
  );
}

function openEditor(model: ModelRecord, dataset: DatasetRecord | undefined): void {
  modals.open({
    title: words.title,
    size: 'xl',
    children: <RunTemplateEditor model={model} dataset={dataset} />,
  });
}

/** The template beside an example of the data as the model will read it; an edit makes it the run's own. */
export function RunTemplateEditor({ model, dataset }: Omit<TemplateFieldProps, 'problem'>) {
  const { value } = useRunField(name);
  const choices = useRequest('generation.templates', { model: model.id }).data;
  const texts = dataset?.description.text ? dataset : undefined;
  const example = useRequest(
    'datasets.texts',
    { id: texts?.id ?? '', split: 'train', limit: 1 },
    { enabled: texts !== undefined },
  ).data?.[0];
  // Null: as chosen. A text without a tag is no template yet, and is not the run's.
  const [typed, setTyped] = useState<string | null>(null);
  if (choices === undefined) return <Skeleton height={300} />;
  const text = typed ?? (value === 'none' ? '' : jinjaOf(value, choices));
  return (
    <Stack gap={12}>
      <TemplateText
        modelId={model.id}
        messages={messagesOf(example)}
        text={text}
        onChange={(next) => {
          setTyped(next);
          if (isTemplateText(next)) setField(name, next);
        }}
      >
        {(rendered) =>
          typed !== null && !isTemplateText(typed) ? (
            <Text size="sm" c="dimmed">
              {words.noTag}
            </Text>
          ) : texts === undefined || rendered?.problem ? null : (
            <Preview model={model} dataset={texts} template={value} />
          )
        }
      </TemplateText>
      <Group justify="space-between">
        <Button
          variant="default"
          disabled={value === usual && typed === null}
          onClick={() => {
            setTyped(null);
            setField(name, usual);
          }}
        >
          {words.reset}
        </Button>
        <Button onClick={() => modals.closeAll()}>{words.done}</Button>
      </Group>
    </Stack>
  );
}

interface PreviewProps {
  model: ModelRecord;
  dataset: DatasetRecord;
  template: string;
}

/** The first training example as the model reads it. */
function Preview({ model, dataset, template: current }: PreviewProps) {
  const { id } = dataset;
  const [template] = useDebouncedValue(current, 250);
  const answer = useRequest('datasets.tokens', {
    id,
    split: 'train',
    index: 0,
    model: model.id,
    chat_template: template,
  });
  const read = useLastAnswer(answer.data);
  if (answer.error) return <ErrorNote error={answer.error} />;
  if (read === undefined) return <Skeleton height={160} />;
  return (
    <section aria-label={words.preview(dataset.name)}>
      <TokenView read={read} modelName={words.thisTemplate} isStale={answer.data === undefined} />
    </section>
  );
}

/** The Jinja behind a choice. */
function jinjaOf(chosen: string, { own, known }: TemplateChoices): string {
  if (isTemplateText(chosen)) return chosen;
  const text = known.find(({ id }) => id === chosen)?.text ?? own[0]?.text ?? known[0]?.text ?? '';
  return isTemplateText(text) ? text : '';
}

/** Returns messages to check the template with; datasets without conversations get a single user message. */
function messagesOf(example: TextExample | undefined): ChatMessage[] {
  if (example?.messages) return [...example.messages];
  return [{ role: 'user', content: example?.prompt ?? example?.text ?? words.example }];
}
