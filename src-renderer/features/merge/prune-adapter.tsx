import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { firstProblem } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { Select } from '../../components/form/choices.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';

interface PruneAdapterProps {
  adapter: Pick<AdapterRecord, 'id' | 'name'>;
  onStarted: () => void;
}

/** Prunes or resizes one adapter, with no score: also where its base is not in the studio. */
export function PruneAdapter({ adapter, onStarted }: PruneAdapterProps) {
  const methods = useRequest('app.catalog', {}).data?.pruneMethods ?? [];
  const [id, setId] = useState('svd');
  const [values, setValues] = useState<ParameterValues>({});
  const method = methods.find((one) => one.id === id) ?? methods[0];
  const start = useAction('prune.start', {
    failureTitle: 'The adapter was not pruned',
    onSuccess: () => {
      notifySuccess('Pruning queued', `It will be added to your adapters beside ${adapter.name}.`);
      onStarted();
    },
  });
  if (method === undefined) return null;
  return (
    <Stack gap={12}>
      <Select
        label="Method"
        data={methods.map(({ id: value, label }) => ({ value, label }))}
        value={method.id}
        allowDeselect={false}
        onChange={(value) => {
          setId(value ?? method.id);
          setValues({});
        }}
      />
      <Text size="sm" c="dimmed">
        {method.summary}
      </Text>
      <ParameterForm declaration={method} values={values} onChange={setValues} error={start.error} showHelp="below" />
      {start.error ? <ErrorNote error={start.error} /> : null}
      <Group justify="flex-end">
        <Button
          onClick={() => start.mutate({ adapterId: adapter.id, method: method.id, parameters: values })}
          disabled={firstProblem(method.parameters, values) !== null}
          loading={start.isPending}
        >
          Prune
        </Button>
      </Group>
    </Stack>
  );
}
