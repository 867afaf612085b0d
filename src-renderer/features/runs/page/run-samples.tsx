import { Skeleton, Table, Text, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import {
  isSampled,
  type RunSamples,
  type SampleAnswer,
  type SampledStep,
  type SampleInput,
} from '../../../../src-shared/domain/runs/run-samples.ts';
import { spreadOver } from '../../../../src-shared/results/shown-steps.ts';
import { useRequest } from '../../../api/query.ts';
import { EmptyState } from '../../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../../components/feedback/error-note.tsx';
import { formatCount, formatDuration, formatPercent } from '../../../components/format/format.ts';
import { Panel } from '../../../components/layout/panel.tsx';
import { runStrings } from '../../../strings/run.ts';
import { ExampleCanvas } from '../../data/example-canvas.tsx';
import classes from './run-samples.module.css';

const words = runStrings.samples;
/** Evaluations that are shown side by side. */
const maxSteps = 8;

/** Shows the run's answers to the same prompts, texts or images at each evaluation. */
export function RunSamplesPanel({ run }: { run: RunRecord }) {
  const active = run.status === 'running';
  const { data, error } = useRequest('runs.samples', { id: run.id }, { refetchInterval: active ? 2000 : false });
  if (error) return <ErrorNote error={error} />;
  if (!data) return <Skeleton h={200} />;
  const last = data.steps.at(-1);
  if (last === undefined) return <EmptyState>{emptyText(run)}</EmptyState>;
  const steps = spreadOver(data.steps, maxSteps);
  const shown = steps.length < data.steps.length ? words.shownOf(steps.length, data.steps.length) : null;
  if (data.inputs.every(({ kind }) => kind === 'prompt'))
    return (
      <div className={classes['prompts']}>
        <Text size="sm" c="dimmed">
          {[
            words.greedy,
            words.cost(formatDuration(last.milliseconds / 1000)),
            ...(shown === null ? [] : [shown]),
          ].join(' ')}
        </Text>
        {data.inputs.map((input, place) => (
          // The inputs of a run do not change, and the same prompt may be there twice.
          <WrittenSample key={place} input={input} place={place} steps={steps} />
        ))}
      </div>
    );
  return (
    <Panel title={words.title} note={shown} flush>
      <ClassTable samples={{ ...data, steps }} />
    </Panel>
  );
}

function emptyText({ status, config }: RunRecord): string {
  if (status === 'running' || status === 'queued') return words.waiting;
  return isSampled(config) ? words.none : words.off;
}

function WrittenSample({ input, place, steps }: { input: SampleInput; place: number; steps: readonly SampledStep[] }) {
  if (input.kind !== 'prompt') return null;
  return (
    <Panel title={words.prompt(place + 1)}>
      <pre className={classes['text']}>{input.text}</pre>
      <Table aria-label={words.answersTo(place + 1)} verticalSpacing={4} horizontalSpacing={12} mt={8}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th ta="right" w={80}>
              {runStrings.step}
            </Table.Th>
            <Table.Th>{words.answer}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {steps.map(({ step, answers }) => (
            <Table.Tr key={step}>
              <Table.Td ta="right" className={classes['top'] ?? ''}>
                {formatCount(step)}
              </Table.Td>
              <Table.Td>
                <pre className={classes['text']}>{answers[place]?.text || words.nothing}</pre>
              </Table.Td>
            </Table.Tr>
          ))}
          {input.reference === null ? null : (
            <Table.Tr>
              <Table.Td ta="right" c="dimmed" className={classes['top'] ?? ''}>
                {words.data}
              </Table.Td>
              <Table.Td c="dimmed">
                <pre className={classes['text']}>{input.reference}</pre>
              </Table.Td>
            </Table.Tr>
          )}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}

function ClassTable({ samples: { inputs, steps } }: { samples: RunSamples }) {
  return (
    <Table.ScrollContainer minWidth={300}>
      <Table aria-label={words.title} verticalSpacing={4} horizontalSpacing={12}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.example}</Table.Th>
            <Table.Th>{words.truth}</Table.Th>
            {steps.map(({ step }) => (
              <Table.Th key={step}>{words.atStep(step)}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {inputs.map((input, place) => (
            <Table.Tr key={place}>
              <Table.Td>
                <Example input={input} place={place} />
              </Table.Td>
              <Table.Td>{input.kind === 'prompt' ? '' : input.truth}</Table.Td>
              {steps.map(({ step, answers }) => (
                <Table.Td key={step}>
                  <Answer answer={answers[place]} />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Example({ input, place }: { input: SampleInput; place: number }) {
  if (input.kind !== 'image') return <div className={classes['words']}>{input.text}</div>;
  return (
    <div className={classes['image']}>
      <ExampleCanvas example={{ ...input, index: place + 1, label: 0 }} label={input.truth} />
    </div>
  );
}

/** The top class with its probability, and whether it is right. */
function Answer({ answer }: { answer: SampleAnswer | undefined }) {
  if (answer === undefined) return '–';
  const { text, probability, isRight } = answer;
  return (
    <span className={classes['answer']} data-right={isRight ?? undefined}>
      {isRight === null ? null : isRight ? <IconCheck size={14} aria-hidden /> : <IconX size={14} aria-hidden />}
      {isRight === null ? null : <VisuallyHidden>{isRight ? words.right : words.wrong}</VisuallyHidden>}
      <span>{text}</span>
      {probability === null ? null : (
        <Text span size="xs" c="dimmed">
          {formatPercent(probability)} %
        </Text>
      )}
    </span>
  );
}
