import { Button, Checkbox, Group, Stack, Text, Textarea } from '@mantine/core';
import type { BenchmarkChat } from '../../../src-shared/domain/evaluation/benchmark.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { Select } from '../../components/form/choices.tsx';
import { CountInput } from '../../components/form/count-input.tsx';
import { DropZone } from '../../components/form/drop-zone.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { benchmarksStrings as words } from '../../strings/benchmarks.ts';
import { AdapterChoice } from '../studies/adapter-choice.tsx';
import classes from '../studies/studies.module.css';
import { TaskChoice } from './task-choice.tsx';
import { type BenchmarkStart, useBenchmarkForm } from './use-benchmark-form.ts';

interface NewBenchmarkProps {
  start: BenchmarkStart;
  onStarted: (job: JobRecord) => void;
}

/** Form for a benchmark: tasks, a base and its adapters, and the share of each task to run. */
export function NewBenchmark({ start, onStarted }: NewBenchmarkProps) {
  const form = useBenchmarkForm(start, onStarted);
  return (
    <DropZone message={words.drop} onPaths={(paths) => form.setTasks(paths[0] ?? form.tasks)}>
      <div className={classes['form']}>
        <div className={classes['main']}>
          <TaskChoice {...form} />
          <Panel title={words.model}>
            <Select
              aria-label={words.model}
              placeholder={form.models.length === 0 ? words.noModels : ''}
              searchable
              allowDeselect={false}
              data={form.models.map(({ id, name }) => ({ value: id, label: name }))}
              value={form.modelId}
              onChange={form.setModel}
            />
          </Panel>
          <AdapterChoice
            adapters={form.adapters}
            chosen={form.selected}
            onChange={form.setChosen}
            words={{ note: words.adaptersNote, label: words.adaptersLabel, none: words.noAdapters }}
          />
          <Panel title={words.settings}>
            <Group gap={12} grow align="start">
              <CountInput
                label={words.limit}
                description={words.limitHelp}
                step={100}
                value={form.limit}
                onChange={(count) => form.setLimit(count ?? 0)}
              />
              <CountInput
                label={words.fewShot}
                description={words.fewShotHelp}
                max={1000}
                value={form.shots}
                onChange={form.setShots}
              />
            </Group>
            <ChatFields chat={form.chat} onChange={form.setChat} />
          </Panel>
        </div>
        <div className={classes['side']}>
          <Panel title={words.cost}>
            <Text size="sm" c="dimmed">
              {form.problem ?? words.total(form.found?.length ?? 0, 1 + form.selected.length, form.examples)}
            </Text>
          </Panel>
          <Button disabled={form.problem !== null} loading={form.isStarting} onClick={form.start}>
            {words.start}
          </Button>
        </div>
      </div>
    </DropZone>
  );
}

/** Fields for prompts as conversations, with their system message. */
function ChatFields({ chat, onChange }: { chat: BenchmarkChat; onChange: (chat: BenchmarkChat) => void }) {
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
