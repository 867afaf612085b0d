import { Button, Skeleton, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useLastAnswer, useRequest } from '../../api/query.ts';
import { useActions } from '../../components/actions/action-registry.ts';
import { pageActions } from '../../components/actions/page-actions.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Select } from '../../components/form/choices.tsx';
import { DropZone } from '../../components/form/drop-zone.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { playgroundStrings } from '../../strings/playground.ts';
import { ExampleCanvas } from '../data/example-canvas.tsx';
import { LabeledClassTemplates } from '../templates/class-templates-input.tsx';
import { ModelPanel } from './model-panel.tsx';
import classes from './playground.module.css';
import { usePlayground } from './playground-store.ts';
import type { useClassification } from './use-classification.ts';
import type { PlaygroundInput } from './use-playground-form.ts';

const words = playgroundStrings.image;
const shownExamples = 24;

type Classification = ReturnType<typeof useClassification>;

/** Choice of classifier, adapters and image: a file, or an example of a dataset. */
export function ImageForm({
  models,
  form,
  isBusy,
}: Pick<PlaygroundInput, 'models'> & { form: Classification; isBusy: boolean }) {
  useActions([{ ...pageActions.classify, disabledReason: form.problem, run: form.classify }]);
  return (
    <Stack gap={12} p={12}>
      <ModelPanel models={models} model={form.model} fitting={form.fitting} columns={form.columns} />
      {form.isZeroShot ? <ZeroShotClasses classNames={form.classNames} classTemplates={form.classTemplates} /> : null}
      <Panel title={words.title} note={words.orDrop}>
        <Stack gap={12}>
          <Button variant="default" onClick={form.choose} loading={form.isStarting}>
            {words.choose}
          </Button>
          {form.unreadable === null ? null : <ErrorNote error={form.unreadable} />}
          <Examples form={form} />
        </Stack>
      </Panel>
      <Button onClick={form.classify} disabled={form.problem !== null || isBusy} loading={form.isStarting}>
        {words.classify}
      </Button>
      <Text size="xs" c="dimmed" ta="center">
        {form.problem ?? 'Ctrl+Enter'}
      </Text>
    </Stack>
  );
}

/** Test images of a dataset: at first of that of the first adapter. */
function Examples({ form }: { form: Classification }) {
  const { fitting, columns, picked } = form;
  const datasets = useRequest('datasets.list', {}).data?.filter(
    ({ description }) =>
      description.task === 'image-classification' && description.splits.some(({ name }) => name === 'test'),
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const [offset, setOffset] = useState(0);
  const own = fitting.find(({ id }) => columns.includes(id))?.datasetId;
  const dataset = datasets?.find(({ id }) => id === (chosen ?? own)) ?? datasets?.[0];
  const input = { id: dataset?.id ?? '', split: 'test', offset, limit: shownExamples } as const;
  const answer = useRequest('datasets.preview', input, { enabled: dataset !== undefined });
  const examples = useLastAnswer(answer.data);
  if (datasets === undefined || dataset === undefined) return null;
  const { labels, splits } = dataset.description;
  const total = splits.find(({ name }) => name === 'test')?.exampleCount ?? 0;
  return (
    <Stack gap={8}>
      <Select
        label={words.examples}
        data={datasets.map(({ id, name }) => ({ value: id, label: name }))}
        value={dataset.id}
        allowDeselect={false}
        onChange={(id) => {
          setChosen(id);
          setOffset(0);
        }}
      />
      {answer.error ? (
        <ErrorNote error={answer.error} />
      ) : examples === undefined ? (
        <Skeleton h={120} />
      ) : (
        <div className={classes['examples']}>
          {examples.map((example) => {
            const label = labels[example.label] ?? String(example.label);
            const image = { kind: 'example', dataset: dataset.id, split: 'test', index: example.index } as const;
            const isPicked =
              picked?.image.kind === 'example' &&
              picked.image.dataset === dataset.id &&
              picked.image.index === example.index;
            return (
              <button
                key={example.index}
                type="button"
                className={classes['example']}
                title={words.example(label, example.index)}
                aria-label={words.example(label, example.index)}
                aria-pressed={isPicked}
                onClick={() => form.pickExample(image, example, labels)}
              >
                <ExampleCanvas example={example} label={label} />
              </button>
            );
          })}
        </div>
      )}
      <Button
        variant="default"
        disabled={total <= shownExamples}
        onClick={() => setOffset(offset + shownExamples < total ? offset + shownExamples : 0)}
      >
        {words.more}
      </Button>
    </Stack>
  );
}

/** The page takes a dropped image anywhere. */
export function ImageDrop({ form, children }: { form: Classification; children: React.ReactNode }) {
  return (
    <DropZone
      message={words.drop}
      onPaths={([path]) => {
        if (path !== undefined) form.take(path);
      }}
    >
      {children}
    </DropZone>
  );
}

/** The classes that CLIP compares an image with. */
function ZeroShotClasses({ classNames, classTemplates }: { classNames: string; classTemplates: string }) {
  return (
    <Panel title={words.classes}>
      <Stack gap={12}>
        <Textarea
          label={words.classesLabel}
          description={words.classesHelp}
          placeholder={words.classesPlaceholder}
          autosize
          minRows={2}
          maxRows={8}
          value={classNames}
          onChange={(event) => usePlayground.setState({ classNames: event.currentTarget.value })}
        />
        <LabeledClassTemplates
          value={classTemplates}
          onChange={(lines) => usePlayground.setState({ classTemplates: lines })}
        />
      </Stack>
    </Panel>
  );
}
