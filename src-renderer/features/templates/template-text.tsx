import { Button, Group, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type ReactNode, useRef } from 'react';
import type { ChatMessage } from '../../../src-shared/domain/generation/chat-message.ts';
import type { RenderedPrompt } from '../../../src-shared/domain/generation/generation.ts';
import { useLastAnswer, useRequest } from '../../api/query.ts';
import { playgroundStrings } from '../../strings/playground.ts';
import classes from './templates.module.css';

const words = playgroundStrings.template;

interface TemplateTextProps {
  modelId: string;
  /** Messages that the preview renders. */
  messages: readonly ChatMessage[];
  text: string;
  onChange: (text: string) => void;
  /** Rendered messages; undefined before the first answer. */
  children: (rendered: RenderedPrompt | undefined) => ReactNode;
}

/** A chat template as Jinja to be edited; a fault says its line and leads there. */
export function TemplateText({ modelId, messages, text, onChange, children }: TemplateTextProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [template] = useDebouncedValue(text, 250);
  const answer = useRequest(
    'generation.render',
    { model: modelId, messages: [...messages], template },
    { enabled: template !== '' },
  ).data;
  const rendered = useLastAnswer(answer);
  const problem = rendered?.problem ?? null;
  const goTo = (line: number) => {
    const lines = text.split('\n');
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    field.current?.focus();
    field.current?.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  };
  return (
    <>
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
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {problem?.line == null ? null : (
        <Group>
          <Button variant="default" onClick={() => goTo(problem.line ?? 1)}>
            {words.toLine(problem.line)}
          </Button>
        </Group>
      )}
      {children(rendered)}
    </>
  );
}
