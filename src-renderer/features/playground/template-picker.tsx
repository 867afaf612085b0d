import { Button, Code, Group, Select, Stack, Text, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { modals } from '@mantine/modals';
import { useRef } from 'react';
import type { ChosenTemplate } from '../../../src-shared/domain/chat.ts';
import type { TemplateChoices } from '../../../src-shared/domain/generation.ts';
import { useLastAnswer, useRequest } from '../../api/query.ts';
import { playgroundStrings } from '../../strings/playground.ts';
import { ownTemplate, saidMessages } from './draft.ts';
import classes from './playground.module.css';
import { changeDraft, usePlayground } from './playground-store.ts';

const words = playgroundStrings.template;

/** The template of a choice in the picker. */
export function templateOf(id: string, { own, known }: TemplateChoices, current: ChosenTemplate): ChosenTemplate {
  if (id === 'own') return ownTemplate;
  const named = own.find(({ name }) => `own:${name}` === id);
  if (named) return { id, text: named.text };
  const published = known.find((template) => `known:${template.id}` === id);
  return published ? { id, text: published.text } : { id: 'custom', text: current.text ?? textOf(current, own) };
}

/** The Jinja of a choice: the model's own default has none of its own. */
function textOf({ text }: ChosenTemplate, own: TemplateChoices['own']): string {
  return text ?? own[0]?.text ?? '';
}

/** Which template writes the conversation as a prompt, with a way to look at both and to change it. */
export function TemplatePicker({ modelId }: { modelId: string }) {
  const { template } = usePlayground().draft;
  const choices = useRequest('generation.templates', { model: modelId }).data;
  if (choices === undefined) return null;
  const { own, known } = choices;
  return (
    <Group gap={8} align="flex-end" wrap="nowrap">
      <Select
        label={words.label}
        style={{ flex: 1, minWidth: 0 }}
        allowDeselect={false}
        data={[
          {
            group: words.groupOwn,
            items: own.map(({ name }, index) =>
              index === 0 ? { value: 'own', label: words.own } : { value: `own:${name}`, label: words.ownNamed(name) },
            ),
          },
          { group: words.groupKnown, items: known.map(({ id, label }) => ({ value: `known:${id}`, label })) },
          { group: words.custom, items: [{ value: 'custom', label: words.custom }] },
        ].filter(({ items }) => items.length > 0)}
        value={template.id === 'own' && own.length === 0 ? null : template.id}
        onChange={(id) => {
          if (id !== null) changeDraft({ template: templateOf(id, choices, template) });
        }}
      />
      <Button
        variant="default"
        onClick={() =>
          modals.open({
            title: words.editTitle,
            size: 'xl',
            children: <TemplateEditor modelId={modelId} choices={choices} />,
          })
        }
      >
        {words.edit}
      </Button>
    </Group>
  );
}

/** The template beside the prompt that it makes of the conversation; a fault says its line and leads there. */
export function TemplateEditor({ modelId, choices }: { modelId: string; choices: TemplateChoices }) {
  const { draft } = usePlayground();
  const field = useRef<HTMLTextAreaElement>(null);
  const text = textOf(draft.template, choices.own);
  const [template] = useDebouncedValue(text, 250);
  const said = saidMessages(draft);
  const messages = said.some(({ role }) => role !== 'system')
    ? said
    : [...said, { role: 'user', content: words.example }];
  const answer = useRequest('generation.render', { model: modelId, messages, template }).data;
  const rendered = useLastAnswer(answer);
  const problem = rendered?.problem ?? null;
  const goTo = (line: number) => {
    const lines = text.split('\n');
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    field.current?.focus();
    field.current?.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  };
  return (
    <Stack gap={12}>
      <Textarea
        ref={field}
        label={words.text}
        description={words.textHelp}
        autosize
        minRows={8}
        maxRows={16}
        spellCheck={false}
        classNames={{ input: classes['jinja'] ?? '' }}
        value={text}
        error={problem === null ? null : words.line(problem.line, problem.message)}
        onChange={(event) => changeDraft({ template: { id: 'custom', text: event.currentTarget.value } })}
      />
      {problem?.line == null ? null : (
        <Group>
          <Button variant="default" onClick={() => goTo(problem.line ?? 1)}>
            {words.toLine(problem.line)}
          </Button>
        </Group>
      )}
      {rendered?.prompt == null ? null : (
        <div>
          <Group justify="space-between" mb={4}>
            <Text size="sm" fw={500}>
              {words.preview}
            </Text>
            <Text size="xs" c="dimmed">
              {words.tokens(rendered.tokens ?? 0)}
            </Text>
          </Group>
          <Code
            block
            mah={220}
            className={classes['rendered'] ?? ''}
            aria-label={words.preview}
            role="region"
            tabIndex={0}
          >
            {rendered.prompt}
          </Code>
        </div>
      )}
      <Group justify="space-between">
        <Button
          variant="default"
          disabled={draft.template.id === 'own' || choices.own.length === 0}
          onClick={() => changeDraft({ template: ownTemplate })}
        >
          {words.reset}
        </Button>
        <Button onClick={() => modals.closeAll()}>{words.done}</Button>
      </Group>
    </Stack>
  );
}
