import { Badge, Button, Group, Stack } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { DatasetDescription, DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { firstProblem } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate } from '../../app/routes.tsx';
import { copyLinkItem } from '../../components/actions/copy-link-item.tsx';
import { removalItem } from '../../components/feedback/confirm.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { notifyDeleted, undoMilliseconds } from '../../components/feedback/undo.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { formatBytes, plural } from '../../components/format/format.ts';
import { PathText } from '../../components/format/path-text.tsx';
import { Prose } from '../../components/format/prose.tsx';
import { Detail } from '../../components/layout/detail.tsx';
import { MoreMenu } from '../../components/layout/page.tsx';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { dataStrings } from '../../strings/data.ts';
import { trainFromData } from '../train/open-train.ts';
import { balanceWords, classBalanceFigure } from './class-balance.ts';
import { imageSizeWords, splitWords } from './content.ts';
import { ExampleGrid } from './example-grid.tsx';
import { ImageDuplicatesPanel } from './image-duplicates.tsx';
import { byPlace, ProblemList } from './problem-list.tsx';
import { taskWords } from './reading.ts';
import { TextExamples } from './text-examples.tsx';
import { TextPanels } from './text-panels.tsx';

/** Details of a dataset: splits, class balance, images, problems, license and provenance. */
export function DatasetDetail({ dataset }: { dataset: DatasetRecord }) {
  const { description } = dataset;
  const theme = useFigureTheme();
  const catalog = useRequest('app.catalog', {}).data;
  const format = catalog?.datasetReaders.find(({ id }) => id === dataset.source.reader)?.label ?? dataset.source.reader;
  const balance = useMemo(() => classBalanceFigure(description, theme), [description, theme]);
  const remove = useAction('datasets.remove', {
    failureTitle: `${dataset.name} was not removed`,
    onSuccess: () => {
      notifyDeleted('datasets', [dataset.id], `Removed “${dataset.name}”`);
      navigate('/data', { replace: true });
    },
  });
  return (
    <Detail
      title={dataset.name}
      note={dataset.bundled ? <Badge color="gray">bundled</Badge> : null}
      actions={
        <>
          <Button variant="default" onClick={() => void trainFromData(dataset)}>
            Train on this data
          </Button>
          <MoreMenu
            label={`More actions for ${dataset.name}`}
            about={dataset.name}
            items={[
              copyLinkItem('dataset', dataset.id),
              removalItem({
                label: 'Remove from the list',
                disabledReason: dataset.bundled ? 'Bundled datasets can’t be removed.' : null,
                question: dataStrings.removeQuestion(dataset.name),
                consequence: 'It is removed from the list; files on disk are untouched.',
                onConfirm: () => remove.mutate({ id: dataset.id, undoMilliseconds }),
              }),
            ]}
          />
        </>
      }
    >
      <Panel title="Dataset">
        <Facts
          items={[
            {
              label: 'Task',
              value: taskWords(description),
            },
            {
              label: 'Examples',
              value: splitWords(description).join(', '),
            },
            ...imageFacts(description),
            { label: 'Size', value: formatBytes(description.sizeBytes) },
            { label: 'Format', value: format },
            { label: 'License', value: dataset.licence ?? 'not stated' },
            { label: 'Location', value: <PathText path={dataset.source.path} /> },
          ]}
        />
      </Panel>
      {description.text === null ? (
        <>
          <ImageOptions key={dataset.id} dataset={dataset} />
          <ImageDuplicatesPanel dataset={dataset} />
        </>
      ) : (
        <TextPanels dataset={dataset} text={description.text} />
      )}
      {description.text?.repairs?.length ? (
        <Panel title={dataStrings.repairs.repaired}>
          <ProblemList problems={description.text.repairs} title={dataStrings.repairs.repaired} />
        </Panel>
      ) : null}
      {description.problems.length > 0 ? (
        <Panel title="Problems" note={`${plural(description.problems.length, 'problem')} found when it was read`}>
          <ProblemList problems={byPlace(description.problems)} />
        </Panel>
      ) : null}
      {description.labels.length > 0 ? (
        <Panel>
          <Figure figure={balance} height={220} name={`${balanceWords(description).title} of ${dataset.name}`} />
        </Panel>
      ) : null}
      {description.text === null ? (
        <ExampleGrid dataset={dataset} />
      ) : (
        <TextExamples dataset={dataset} text={description.text} />
      )}
      {dataset.provenance ? (
        <Panel title="Provenance">
          <Prose text={dataset.provenance} />
        </Panel>
      ) : null}
    </Detail>
  );
}

/** Facts that only image datasets have. */
function imageFacts({ image, text }: DatasetDescription): { label: string; value: string }[] {
  if (text !== null) return [];
  return [{ label: 'Image size', value: image === null ? 'various' : imageSizeWords(image) }];
}

/** The options of a reader of images, and the dataset imported again by them; nothing where its reader declares none. */
function ImageOptions({ dataset }: { dataset: DatasetRecord }) {
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
