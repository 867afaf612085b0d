import { Button, Checkbox, Group, Modal, ScrollArea, Stack, Table, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Segments } from '../../components/form/segments.tsx';
import { formatBytes, formatDuration } from '../../components/format/format.ts';
import { trainStrings } from '../../strings/train.ts';
import { ForecastPanel } from '../studies/forecast-panel.tsx';
import type { Draft } from './draft.ts';
import { Axis } from './sweep-axis.tsx';
import classes from './train.module.css';
import { useSweep } from './use-sweep.ts';

interface SweepDialogProps {
  onClose: () => void;
  draft: Draft;
  name: string;
  tags: readonly string[];
  metric: string;
}

/** A sweep over any fields of the form, each with its values, on several seeds: what it takes, then its start. */
export function SweepDialog(props: SweepDialogProps) {
  const sweep = useSweep(props);
  const { axes, fields, runs, problem, forecast } = sweep;
  const byName = new Map(fields.map((spec) => [spec.name, spec]));
  // The forecast of a study says its time: it reuses runs, and trains several together.
  const isStudy = sweep.kind === 'study';
  const cannotStart = isStudy ? sweep.study === null : runs.length === 0;
  return (
    <Modal opened onClose={props.onClose} title={trainStrings.sweepTitle} size={820}>
      <Stack gap={12}>
        <Text size="sm" c="dimmed">
          {trainStrings.sweepHelp}
        </Text>
        {axes.map((axis, at) => (
          <Axis
            key={at}
            axis={axis}
            spec={axis.field === null ? undefined : byName.get(axis.field)}
            fields={fields.filter(({ name }) => name === axis.field || axes.every((other) => other.field !== name))}
            onChange={(changes) => sweep.setAxis(at, changes)}
            onRemove={axes.length > 1 || axis.field !== null ? () => sweep.removeAxis(at) : null}
          />
        ))}
        <Group gap={24} align="flex-end">
          <Button variant="default" leftSection={<IconPlus size={14} />} onClick={sweep.addAxis}>
            {trainStrings.addField}
          </Button>
          <TextInput
            label={trainStrings.seeds}
            w={160}
            value={sweep.seeds}
            placeholder={trainStrings.seedsExample}
            onChange={(event) => sweep.setSeeds(event.currentTarget.value)}
          />
          <Checkbox
            pb={6}
            label={trainStrings.pair}
            checked={sweep.paired}
            onChange={(event) => sweep.setPaired(event.currentTarget.checked)}
          />
        </Group>
        <Group gap={12}>
          <Segments
            aria-label={trainStrings.startAs}
            value={sweep.kind}
            onChange={(value) => sweep.setKind(value === 'runs' ? 'runs' : 'study')}
            data={[
              { value: 'study', label: trainStrings.asStudy },
              { value: 'runs', label: trainStrings.asRuns },
            ]}
          />
          <Text size="xs" c="dimmed" style={{ flex: 1 }}>
            {isStudy ? trainStrings.asStudyHelp : trainStrings.asRunsHelp}
          </Text>
        </Group>
        {problem ? (
          <Text size="sm" c="var(--studio-failure)" role="alert">
            {problem}
          </Text>
        ) : (
          <>
            <Text size="sm" role="status">
              {trainStrings.sweepTakes(
                runs.length,
                isStudy || forecast === undefined
                  ? undefined
                  : forecast.seconds === null
                    ? null
                    : formatDuration(forecast.seconds),
                forecast === undefined ? null : formatBytes(forecast.diskBytes),
              )}
            </Text>
            {isStudy && sweep.study ? <ForecastPanel config={sweep.study} /> : null}
            <ScrollArea.Autosize
              mah={isStudy ? 120 : 220}
              viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': trainStrings.sweepRuns }}
            >
              <Table verticalSpacing={2} aria-label={trainStrings.sweepRuns}>
                <Table.Tbody>
                  {runs.map((run, index) => (
                    <Table.Tr key={run.name}>
                      <Table.Td w={40} ta="right" c="dimmed">
                        {index + 1}
                      </Table.Td>
                      <Table.Td>{run.name}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </ScrollArea.Autosize>
          </>
        )}
        <Group justify="flex-end" className={classes['footer'] ?? ''}>
          <Button variant="default" onClick={props.onClose}>
            {trainStrings.close}
          </Button>
          <Button onClick={sweep.start} disabled={cannotStart || problem !== null} loading={sweep.isStarting}>
            {isStudy ? trainStrings.startStudy : trainStrings.queueRuns(runs.length)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
