import { Button, Group, Stack, Table, Text } from '@mantine/core';
import { useMemo } from 'react';
import { type EvaluationResult, evaluationParameters } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { reliabilityFigure } from '../../../src-shared/figures/index.ts';
import { entityF1 } from '../../../src-shared/metrics/entities.ts';
import { scoreText, valueText } from '../../../src-shared/metrics/index.ts';
import { loss as lossMetric } from '../../../src-shared/metrics/loss.ts';
import { forgettingFact } from '../../../src-shared/results/forgetting.ts';
import { namedScores } from '../../../src-shared/results/headline.ts';
import { pairedText } from '../../../src-shared/results/paired-outcomes.ts';
import { Select } from '../../components/form/choices.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { formatCount, formatDuration } from '../../components/format/format.ts';
import { PathText } from '../../components/format/path-text.tsx';
import { Facts } from '../../components/layout/panel.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { JobProgress } from '../jobs/job-progress.tsx';
import { LabeledClassTemplates } from '../templates/class-templates-input.tsx';
import { type Evaluated, useEvaluation } from './use-evaluation.ts';

const declaration = { parameters: evaluationParameters(), card: 'guide/merge' };

/** Scores an adapter or a base on the test split of a dataset, and writes what it predicts for each example to a file. */
export function EvaluationPanel({ evaluated }: { evaluated: Evaluated }) {
  const form = useEvaluation(evaluated);
  return (
    <Stack gap={12}>
      <Select
        label="Dataset"
        searchable
        data={[
          ...form.datasets.map(({ id, name }) => ({ value: id, label: name })),
          ...(form.misfits.length === 0
            ? []
            : [
                {
                  group: 'Do not fit',
                  items: form.misfits.map(({ id, name }) => ({ value: id, label: name, disabled: true })),
                },
              ]),
        ]}
        renderOption={({ option }) => (
          <div>
            <div>{option.label}</div>
            <Text size="xs" c="dimmed">
              {form.misfits.find(({ id }) => id === option.value)?.why}
            </Text>
          </div>
        )}
        value={form.dataset}
        onChange={form.setDataset}
      />
      {form.others.length === 0 ? null : (
        <Select
          label="Compare with"
          placeholder="No other adapter"
          searchable
          clearable
          data={form.others.map(({ id, name }) => ({ value: id, label: name }))}
          value={form.against}
          onChange={form.setAgainst}
        />
      )}
      <ParameterForm declaration={declaration} values={form.values} onChange={form.setValues} showHelp="below" />
      {form.classTemplates === null ? null : (
        <LabeledClassTemplates value={form.classTemplates} onChange={form.setClassTemplates} />
      )}
      <JobProgress job={form.job} />
      {form.result ? <ResultFacts result={form.result} /> : null}
      {form.result?.entities ? <EntityTable entities={form.result.entities} /> : null}
      {form.result?.reliability ? <ReliabilityDiagram bins={form.result.reliability} /> : null}
      {form.saved ? <PathText path={form.saved} /> : null}
      <Text size="sm" c="dimmed">
        {form.problem ??
          'Predictions are a file with one JSON object for each example: truth, prediction, scores and loss.'}
      </Text>
      <Group justify="flex-end">
        <Button
          variant="default"
          onClick={() => void form.savePredictions()}
          disabled={form.problem !== null}
          loading={form.isBusy}
        >
          Save predictions…
        </Button>
        <Button onClick={form.evaluate} disabled={form.problem !== null} loading={form.isBusy}>
          Evaluate
        </Button>
      </Group>
    </Stack>
  );
}

function ResultFacts({ result }: { result: EvaluationResult }) {
  const { loss, forgetting, against, examples, seconds } = result;
  return (
    <Facts
      items={[
        ...namedScores(result).map(({ label, text }) => ({ label, value: text })),
        { label: 'Test loss', value: valueText(lossMetric.id, loss) },
        ...(forgetting === null ? [] : [forgettingFact(forgetting)]),
        ...(against === undefined ? [] : [{ label: `Against ${against.name}`, value: pairedText(against) }]),
        { label: 'Examples', value: formatCount(examples) },
        { label: 'Took', value: formatDuration(seconds) },
      ]}
    />
  );
}

function ReliabilityDiagram({ bins }: { bins: NonNullable<EvaluationResult['reliability']> }) {
  const theme = useFigureTheme();
  const figure = useMemo(() => reliabilityFigure(bins, theme), [bins, theme]);
  return <Figure figure={figure} height={300} name="Reliability" />;
}

/** Scores by the type of the entity. */
function EntityTable({ entities }: { entities: NonNullable<EvaluationResult['entities']> }) {
  const percent = (value: number) => scoreText(entityF1.id, value);
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          {['Entity', 'F1', 'Precision', 'Recall', 'In the test split'].map((header) => (
            <Table.Th key={header}>{header}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {entities.map(({ type, f1, precision, recall, count }) => (
          <Table.Tr key={type}>
            <Table.Td>{type}</Table.Td>
            <Table.Td>{percent(f1)}</Table.Td>
            <Table.Td>{percent(precision)}</Table.Td>
            <Table.Td>{percent(recall)}</Table.Td>
            <Table.Td>{formatCount(count)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
