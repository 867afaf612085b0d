import { IconAlertTriangle, IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import { useRequest } from '../../api/query.ts';
import { formatBytes, formatShortCount } from '../../components/format/format.ts';
import { trainStrings } from '../../strings/train.ts';
import { contentWords, splitWords } from '../data/content.ts';
import { type Draft, variantOf } from './draft.ts';
import { setField, useTrainForm } from './draft-store.ts';
import { ownChanges } from './preset-changes.ts';
import { PresetPicker } from './preset-picker.tsx';
import { presets } from './presets/index.ts';
import { RecordPicker } from './record-picker.tsx';
import classes from './train.module.css';

interface StepsProps {
  models: readonly ModelRecord[];
  datasets: readonly DatasetRecord[];
  variants: readonly Declaration[];
  problems: ReadonlyMap<string, string>;
}

/** Base → Data → Recipe: what was chosen in each, what is wrong with it, and the choice itself. */
export function Steps({ models, datasets, variants, problems }: StepsProps) {
  const { draft, preset } = useTrainForm();
  const [opened, setOpened] = useState<'model' | 'dataset' | 'recipe' | null>(null);
  const model = models.find(({ id }) => id === draft['model']);
  const dataset = datasets.find(({ id }) => id === draft['dataset']);
  const fits = useRequest('models.fits', { id: model?.id ?? '' }, { enabled: model !== undefined }).data;
  const misfit = fits?.datasets.find(({ id }) => id === dataset?.id)?.reason ?? null;
  const baseProblem = problems.get('model') ?? (dataset?.description.text ? (fits?.problem ?? null) : null);
  const holds = dataset === undefined ? null : dataset.description.text === null ? 'images' : 'texts';
  const close = () => setOpened(null);
  return (
    <>
      <ol className={classes['steps']} aria-label={trainStrings.steps} data-tour="setup">
        <Step
          number={1}
          field="model"
          title={trainStrings.base}
          value={model?.name ?? textOfValue(draft['model'])}
          detail={model ? modelSummary(model) : trainStrings.ofPath}
          problem={baseProblem}
          onOpen={() => setOpened('model')}
        />
        <Step
          number={2}
          field="dataset"
          title={trainStrings.data}
          value={dataset?.name ?? textOfValue(draft['dataset'])}
          detail={dataset ? datasetDetail(dataset) : trainStrings.ofPath}
          problem={problems.get('dataset') ?? misfit}
          onOpen={() => setOpened('dataset')}
        />
        <Step
          number={3}
          field="recipe"
          title={trainStrings.recipe}
          value={presets.find(({ id }) => id === preset?.id)?.label ?? trainStrings.noPreset}
          detail={[recipeDetail(draft, variants), trainStrings.own(ownChanges(draft, preset, variants))]
            .filter(Boolean)
            .join(' · ')}
          problem={null}
          onOpen={() => setOpened('recipe')}
        />
      </ol>
      <RecordPicker
        opened={opened === 'model'}
        onClose={close}
        title={trainStrings.chooseBase}
        filter={trainStrings.filterModels}
        add={{ label: trainStrings.addModel, to: '/models' }}
        chosen={model?.id ?? null}
        onChoose={(id) => setField('model', id)}
        items={models.map((one) => ({
          id: one.id,
          name: one.name,
          bundled: one.bundled,
          detail: modelDetail(one),
          note: holds !== null && holds !== readsOf(one) ? trainStrings.otherInput(holds) : null,
          reason: null,
        }))}
      />
      <RecordPicker
        opened={opened === 'dataset'}
        onClose={close}
        title={trainStrings.chooseData}
        filter={trainStrings.filterDatasets}
        add={{ label: trainStrings.addData, to: '/data' }}
        chosen={dataset?.id ?? null}
        onChoose={(id) => setField('dataset', id)}
        items={datasets.map((one) => ({
          id: one.id,
          name: one.name,
          bundled: one.bundled,
          detail: datasetDetail(one),
          note: null,
          reason: fits?.datasets.find(({ id }) => id === one.id)?.reason ?? null,
        }))}
      />
      {opened === 'recipe' ? <PresetPicker onClose={close} base={model?.description} variants={variants} /> : null}
    </>
  );
}

/** Summary for the card, which is a third of the page wide. */
function modelSummary({ description }: ModelRecord): string {
  const { card } = trainStrings;
  const reads = description.image ? card.images : card.text;
  return [
    reads,
    card.parameters(formatShortCount(description.parameterCount)),
    card.layers(description.layerCount),
  ].join(' · ');
}

function modelDetail(model: ModelRecord): string {
  return `${modelSummary(model)} · ${formatBytes(model.description.sizeBytes)}`;
}

function readsOf({ description }: ModelRecord): 'images' | 'texts' {
  return description.image === null ? 'texts' : 'images';
}

function datasetDetail({ description }: DatasetRecord): string {
  const holds = description.text === null ? trainStrings.card.images : trainStrings.card.text;
  return [holds, contentWords(description), ...splitWords(description)].join(' · ');
}

/** "LoRA, r 8 · CoTo · learning rate 0.001" */
function recipeDetail(draft: Draft, variants: readonly Declaration[]): string {
  const variant = variantOf(draft, variants);
  const hasRank = variant?.parameters.some(({ name }) => name === 'r') === true;
  const rank = draft['adapter.r'] ?? variant?.parameters.find(({ name }) => name === 'r')?.default;
  const method = variant?.label ?? textOfValue(draft['adapter.variant']);
  return [
    hasRank ? `${method}, r ${textOfValue(rank)}` : method,
    draft['coto'] === true ? 'CoTo' : trainStrings.card.noCoto,
    trainStrings.card.rate(textOfValue(draft['learning_rate'])),
  ].join(' · ');
}

interface StepProps {
  number: number;
  field: string;
  title: string;
  value: string;
  detail: string;
  problem: string | null;
  onOpen: () => void;
}

function Step({ number, field, title, value, detail, problem, onOpen }: StepProps) {
  return (
    <li className={classes['step']}>
      {number > 1 ? <IconChevronRight size={16} className={classes['arrow']} aria-hidden /> : null}
      <button
        type="button"
        className={classes['card']}
        data-field={field}
        data-faulty={problem !== null || undefined}
        aria-haspopup="dialog"
        aria-describedby={problem === null ? undefined : `train-step-${field}`}
        onClick={onOpen}
      >
        <span className={classes['number']}>{number}</span>
        <span className={classes['stepTitle']}>{title}</span>
        <span className={classes['stepValue']}>{value}</span>
        <span className={classes['stepDetail']} title={detail}>
          {detail}
        </span>
      </button>
      {problem === null ? null : (
        <div className={classes['stepProblem']} role="alert" id={`train-step-${field}`} title={problem}>
          <IconAlertTriangle size={14} aria-hidden /> <span>{problem}</span>
        </div>
      )}
    </li>
  );
}
