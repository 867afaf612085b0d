import { Badge, Button } from '@mantine/core';
import { IconMinimize, IconPencil, IconTarget, IconTextPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import { useAction } from '../../api/query.ts';
import { navigate } from '../../app/routes.tsx';
import { copyLinkItem } from '../../components/actions/copy-link-item.tsx';
import { removalItem } from '../../components/feedback/confirm.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifyDeleted, undoMilliseconds } from '../../components/feedback/undo.tsx';
import { askName } from '../../components/form/name-dialog.tsx';
import { formatBytes, formatCount, plural } from '../../components/format/format.ts';
import { HashText, PathText } from '../../components/format/path-text.tsx';
import { Prose } from '../../components/format/prose.tsx';
import { Detail } from '../../components/layout/detail.tsx';
import { MoreMenu } from '../../components/layout/page.tsx';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { type DataColumn, DataTable } from '../../components/table/data-table.tsx';
import { modelsStrings } from '../../strings/models.ts';
import { imageSizeWords } from '../data/content.ts';
import { openEvaluation } from '../evaluation/open-evaluation.tsx';
import { trainFromModel } from '../train/open-train.ts';
import { AddTokensDialog } from './add-tokens-dialog.tsx';
import { groupModules, type ModuleGroup } from './module-groups.ts';
import { QuantizeDialog } from './quantize-dialog.tsx';
import { TrainMemory, useModelMemories } from './train-memory.tsx';

const columns: readonly DataColumn<ModuleGroup>[] = [
  {
    id: 'suffix',
    header: 'Module',
    help: 'The last part of its name: what target_modules names',
    value: (group) => group.suffix,
    cell: (group) => <code title={group.example}>{group.suffix}</code>,
  },
  { id: 'layers', header: 'Layers', value: (group) => group.layers, cell: (group) => group.layers || '–' },
  { id: 'count', header: 'Count', align: 'right', value: (group) => group.count },
  { id: 'in', header: 'In', align: 'right', value: (group) => group.inFeatures },
  { id: 'out', header: 'Out', align: 'right', value: (group) => group.outFeatures },
  {
    id: 'weights',
    header: 'Parameters each',
    align: 'right',
    value: (group) => group.parameters,
    cell: (group) => formatCount(group.parameters),
  },
  {
    id: 'use',
    header: 'Role',
    help: modelsStrings.roleHelp,
    value: roleOf,
    cell: roleOf,
  },
];

function roleOf({ isHead, isExpert }: ModuleGroup): string {
  const { head, expert, adapter } = modelsStrings.roles;
  return isHead ? head : isExpert ? expert : adapter;
}

/** Number of layers in the encoder of a model with encoder and decoder; null for other models. */
function encoderLayers({ kind, linears }: ModelRecord['description']): number | null {
  if (kind !== 'seq2seq-lm') return null;
  const layers = linears.flatMap(({ name, layer }) => (name.startsWith('encoder.') && layer !== null ? [layer] : []));
  return new Set(layers).size;
}

/** Details of a model: sizes, modules that can carry adapters, labels and provenance. */
export function ModelDetail({ model, onStarted }: { model: ModelRecord; onStarted: (job: JobRecord) => void }) {
  const { description } = model;
  const [isQuantizing, setQuantizing] = useState(false);
  const [isAdding, setAdding] = useState(false);
  const remove = useAction('models.remove', {
    failureTitle: `${model.name} was not removed`,
    onSuccess: () => {
      notifyDeleted('models', [model.id], `Removed “${model.name}”`);
      navigate('/models', { replace: true });
    },
  });
  const rename = useAction('models.rename', { failureTitle: modelsStrings.rename.failed });
  const memories = useModelMemories();
  // The backend leaves out models whose folder is gone; an answer from before the model was added tells nothing.
  const isGone =
    memories.data?.some(({ modelId }) => modelId === model.id) === false && memories.dataUpdatedAt > model.createdAt;
  const groups = groupModules(description.linears);
  const experts = description.linears.find(({ expert }) => expert !== undefined)?.expert;
  const carriers = description.linears.filter((linear) => !linear.isHead).length;
  return (
    <Detail
      title={model.name}
      note={model.bundled ? <Badge color="gray">bundled</Badge> : null}
      actions={
        <>
          <Button variant="default" disabled={isGone} onClick={() => void trainFromModel(model.id)}>
            Fine-tune
          </Button>
          <MoreMenu
            label={`More actions for ${model.name}`}
            about={model.name}
            items={[
              {
                label: 'Evaluate…',
                icon: <IconTarget size={16} />,
                onClick: () => openEvaluation({ name: model.name, modelId: model.id, adapter: null }),
              },
              {
                label: modelsStrings.quantize.action,
                icon: <IconMinimize size={16} />,
                onClick: () => setQuantizing(true),
              },
              {
                label: modelsStrings.addTokens.action,
                icon: <IconTextPlus size={16} />,
                disabledReason: description.text === null ? modelsStrings.addTokens.noText : null,
                onClick: () => setAdding(true),
              },
              {
                label: modelsStrings.rename.item,
                icon: <IconPencil size={16} />,
                onClick: () =>
                  askName({
                    ...modelsStrings.rename,
                    name: model.name,
                    onName: (name) => rename.mutate({ id: model.id, name }),
                  }),
              },
              copyLinkItem('base', model.id),
              removalItem({
                label: 'Remove from the list',
                disabledReason: model.bundled ? 'Bundled models can’t be removed.' : null,
                question: modelsStrings.removeQuestion(model.name),
                consequence:
                  'It is removed from the list. A folder that the studio made is deleted; other files on disk are untouched.',
                onConfirm: () => remove.mutate({ id: model.id, undoMilliseconds }),
              }),
            ]}
          />
        </>
      }
    >
      <QuantizeDialog model={model} opened={isQuantizing} onClose={() => setQuantizing(false)} onStarted={onStarted} />
      <AddTokensDialog model={model} opened={isAdding} onClose={() => setAdding(false)} onStarted={onStarted} />
      {isGone ? <ErrorNote error={modelsStrings.folderGone} /> : null}
      <Panel title="Model">
        <Facts
          items={[
            { label: 'Family', value: `${description.family} (${description.architecture})` },
            { label: 'Parameters', value: formatCount(description.parameterCount) },
            { label: 'Size', value: `${formatBytes(description.sizeBytes)}, ${description.dtype}` },
            {
              label: 'Architecture',
              value: modelsStrings.layers(description.layerCount, description.hiddenSize, encoderLayers(description)),
            },
            ...(experts === undefined ? [] : [{ label: 'Experts', value: modelsStrings.experts(experts.count) }]),
            ...(description.image
              ? [
                  {
                    label: 'Input',
                    value: imageSizeWords(description.image),
                  },
                ]
              : []),
            ...(description.text
              ? [
                  {
                    label: description.image ? 'Texts' : 'Input',
                    value: modelsStrings.textInput(description.text.maxPositions, description.text.vocabularySize),
                  },
                ]
              : []),
            ...(description.ignoresImages ? [{ label: 'Images', value: modelsStrings.ignoredImages }] : []),
            ...(description.unusedHead
              ? [{ label: 'Head', value: modelsStrings.unusedHead(description.unusedHead) }]
              : []),
            ...(description.quantizedFrom
              ? [{ label: modelsStrings.quantize.from, value: description.quantizedFrom.name }]
              : []),
            {
              label: 'Fingerprint',
              value: <HashText hash={description.fingerprint} />,
              help: 'SHA-256 over config.json and the weights: adapters merge only on the same one',
            },
            { label: 'Folder', value: <PathText path={model.path} /> },
          ]}
        />
      </Panel>
      <TrainMemory model={model} onQuantize={() => setQuantizing(true)} />
      <Panel title="Target modules" note={`${plural(carriers, 'module')} adaptable`} flush>
        <DataTable
          label={`Target modules of ${model.name}`}
          items={groups}
          itemId={(group) => `${group.suffix}-${group.inFeatures}-${group.outFeatures}-${group.isExpert}`}
          columns={columns}
        />
      </Panel>
      {description.labels.length > 0 ? (
        <Panel title="Labels" note={modelsStrings.classes(description.labels.length)}>
          <LabelList labels={description.labels} />
        </Panel>
      ) : null}
      {model.provenance ? (
        <Panel title="Provenance">
          <Prose text={model.provenance} />
        </Panel>
      ) : null}
    </Detail>
  );
}

function LabelList({ labels }: { labels: readonly string[] }) {
  const first = labels.slice(0, 24);
  const rest = labels.slice(24);
  return (
    <div>
      {first.join(', ')}
      {rest.length > 0 ? (
        <details>
          <summary>{rest.length} more</summary>
          {rest.join(', ')}
        </details>
      ) : null}
    </div>
  );
}
