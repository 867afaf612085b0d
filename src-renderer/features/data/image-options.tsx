import { Button, Group, Stack } from '@mantine/core';
import { useState } from 'react';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { firstProblem } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { Panel } from '../../components/layout/panel.tsx';

/** The options of a reader of images, and the dataset imported again by them; nothing where its reader declares none. */
export function ImageOptions({ dataset }: { dataset: DatasetRecord }) {
  const [values, setValues] = useState<ParameterValues>(dataset.source.options);
  const catalog = useRequest('app.catalog', {}).data;
  const reader = catalog?.datasetReaders.find(({ id }) => id === dataset.source.reader);
  const update = useAction('datasets.update', {
    onSuccess: ({ name }) => notifySuccess('Dataset re-imported', name),
    onError: () => undefined,
  });
  if (dataset.bundled || !reader || reader.parameters.length === 0) return null;
  return (
    <Panel title="Import options">
      <Stack gap={12}>
        <ParameterForm
          declaration={reader}
          values={values}
          onChange={setValues}
          error={update.error}
          showHelp="below"
        />
        {update.error ? <ErrorNote error={update.error} /> : null}
        <Group>
          <Button
            variant="default"
            onClick={() => update.mutate({ id: dataset.id, options: values })}
            disabled={firstProblem(reader.parameters, values) !== null}
            loading={update.isPending}
          >
            Re-import
          </Button>
        </Group>
      </Stack>
    </Panel>
  );
}
