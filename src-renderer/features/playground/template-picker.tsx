import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { ChosenTemplate } from '../../../src-shared/domain/generation/chat.ts';
import type { TemplateChoices } from '../../../src-shared/domain/generation/generation.ts';
import { useRequest } from '../../api/query.ts';
import { Select } from '../../components/form/choices.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import { TemplateText } from '../templates/template-text.tsx';
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

/** Choice of the chat template for the prompt, with a way to view and change both. */
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

/** The template beside the prompt that it makes of the conversation. */
export function TemplateEditor({ modelId, choices }: { modelId: string; choices: TemplateChoices }) {
  const { draft } = usePlayground();
  const said = saidMessages(draft);
  const messages = said.some(({ role }) => role !== 'system')
    ? said
    : [...said, { role: 'user', content: words.example }];
  return (
    <Stack gap={12}>
      <TemplateText
        modelId={modelId}
        messages={messages}
        text={textOf(draft.template, choices.own)}
        onChange={(text) => changeDraft({ template: { id: 'custom', text } })}
      >
        {(rendered) =>
          rendered?.prompt == null ? null : (
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
          )
        }
      </TemplateText>
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
