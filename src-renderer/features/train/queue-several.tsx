import { Button, Checkbox, Group, Modal, ScrollArea, Select, Stack, Table, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { request } from '../../api/client.ts';
import { useRequest } from '../../api/query.ts';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { plural } from '../../components/format/format.ts';
import { methodLabel } from '../runs/run-labels.ts';
import { useVariantNames } from '../runs/use-variant-names.ts';
import type { Draft } from './draft.ts';
import { useVariants } from './draft-store.ts';
import { expandGrid, type GridAxis, gridFields, shortName, valuesFromText } from './grid.ts';

interface QueueSeveralProps {
  opened: boolean;
  onClose: () => void;
  draft: Draft;
  name: string;
  tags: readonly string[];
}

/** A grid over seeds, CoTo on and off, and one numeric field: every combination becomes a run in the queue. */
export function QueueSeveral({ opened, onClose, draft, name, tags }: QueueSeveralProps) {
  const [seeds, setSeeds] = useState('1, 2');
  const [both, setBoth] = useState(true);
  const [field, setField] = useState<string | null>(null);
  const [values, setValues] = useState('');
  const [queueing, setQueueing] = useState(false);
  const variants = useVariants();
  const variantNames = useVariantNames();
  const { data: datasets } = useRequest('datasets.list', {});
  const axes: GridAxis[] = [
    { field: 'coto', values: both ? [false, true] : [] },
    ...(field === null ? [] : [{ field, values: valuesFromText(values) }]),
    { field: 'seed', values: valuesFromText(seeds) },
  ];
  const { runs, problem } = expandGrid(
    draft,
    axes,
    name.trim() === ''
      ? (config) =>
          `${methodLabel(config, variantNames)} · ${datasets?.find(({ id }) => id === config.dataset)?.name ?? config.dataset}`
      : name.trim(),
    variants,
  );
  const queue = async () => {
    setQueueing(true);
    let queued = 0;
    try {
      for (const run of runs) {
        await request('runs.create', {
          config: run.config,
          tags: [...tags],
          name: run.name,
        });
        queued++;
      }
      notifySuccess(`${plural(queued, 'run')} queued`);
      onClose();
    } catch (error) {
      notifyFailure(
        error instanceof Error ? error : new Error(String(error)),
        `${queued} of ${plural(runs.length, 'run')} queued`,
      );
    } finally {
      setQueueing(false);
    }
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Sweep" size="lg">
      <Stack gap={12}>
        <Text size="sm" c="dimmed">
          Every combination becomes a run of its own; what is not listed here is as in the form. Pair each seed with and
          without CoTo to compare the two.
        </Text>
        <Group grow align="flex-start">
          <TextInput
            label="Seeds"
            description="1, 2, 3 or 1-5"
            value={seeds}
            onChange={(event) => setSeeds(event.currentTarget.value)}
          />
          <Checkbox
            mt={44}
            label="Pair each run with a no-CoTo baseline"
            checked={both}
            onChange={(event) => setBoth(event.currentTarget.checked)}
          />
        </Group>
        <Group grow align="flex-start">
          <Select
            label="Sweep parameter"
            placeholder="none"
            description="any numeric setting"
            data={gridFields(draft, variants).map((candidate) => ({ value: candidate, label: candidate }))}
            value={field}
            onChange={setField}
            searchable
            clearable
          />
          <TextInput
            label={field === null ? 'Values' : `Values of ${shortName(field)}`}
            description="1e-3, 3e-3"
            disabled={field === null}
            value={values}
            onChange={(event) => setValues(event.currentTarget.value)}
          />
        </Group>
        {problem ? (
          <Text size="sm" c="var(--studio-failure)" role="alert">
            {problem}
          </Text>
        ) : (
          <ScrollArea.Autosize mah={220}>
            <Table verticalSpacing={2} aria-label="Runs of the grid">
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
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button onClick={queue} disabled={runs.length === 0} loading={queueing}>
            Queue {plural(runs.length, 'run')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
