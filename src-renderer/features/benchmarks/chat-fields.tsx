import { Checkbox, Stack, Textarea } from '@mantine/core';
import type { BenchmarkChat } from '../../../src-shared/domain/evaluation/benchmark.ts';
import { benchmarksStrings as words } from '../../strings/benchmarks.ts';

/** Fields for prompts as conversations, with their system message. */
export function ChatFields({ chat, onChange }: { chat: BenchmarkChat; onChange: (chat: BenchmarkChat) => void }) {
  const { apply_chat_template, fewshot_as_multiturn, system_instruction } = chat;
  return (
    <Stack gap={12} mt={12}>
      <Checkbox
        label={words.chatTemplate}
        description={words.chatTemplateHelp}
        checked={apply_chat_template}
        onChange={({ currentTarget }) => onChange({ ...chat, apply_chat_template: currentTarget.checked })}
      />
      {apply_chat_template ? (
        <Checkbox
          label={words.multiturn}
          description={words.multiturnHelp}
          checked={fewshot_as_multiturn}
          onChange={({ currentTarget }) => onChange({ ...chat, fewshot_as_multiturn: currentTarget.checked })}
        />
      ) : null}
      <Textarea
        label={words.system}
        description={words.systemHelp}
        autosize
        minRows={1}
        maxRows={6}
        value={system_instruction ?? ''}
        onChange={({ currentTarget }) => onChange({ ...chat, system_instruction: currentTarget.value || null })}
      />
    </Stack>
  );
}
