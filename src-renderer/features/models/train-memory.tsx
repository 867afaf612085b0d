import { Button, Text } from '@mantine/core';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import { bestChoice, type MemoryChoice, type ModelMemory } from '../../../src-shared/domain/models/model-memory.ts';
import { quantizations } from '../../../src-shared/domain/models/quantization.ts';
import { type MemoryVerdict, verdictTexts } from '../../../src-shared/results/memory-verdict.ts';
import { useRequest } from '../../api/query.ts';

import { formatBytes } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { type DataColumn, DataTable } from '../../components/table/data-table.tsx';
import { modelsStrings } from '../../strings/models.ts';
import { setField } from '../train/draft-store.ts';
import { trainFromModel } from '../train/open-train.ts';
import { verdictColors } from './verdict-colors.ts';

const columns: readonly DataColumn<MemoryChoice>[] = [
  {
    id: 'weights',
    header: modelsStrings.weightFormat,
    value: (choice) => weightsOf(choice),
    cell: (choice) => weightsOf(choice),
  },
  {
    id: 'batch',
    header: modelsStrings.batch,
    help: modelsStrings.batchHelp,
    value: (choice) => choice.per_device_train_batch_size,
    cell: (choice) => modelsStrings.batchOf(choice.per_device_train_batch_size, choice.gradient_accumulation_steps),
  },
  {
    id: 'checkpointing',
    header: modelsStrings.checkpointing,
    value: (choice) => String(choice.gradient_checkpointing),
    cell: (choice) => (choice.gradient_checkpointing ? modelsStrings.on : modelsStrings.off),
  },
  {
    id: 'bytes',
    header: modelsStrings.memory,
    align: 'right',
    value: (choice) => choice.bytes,
    cell: (choice) => formatBytes(choice.bytes),
  },
  {
    id: 'verdict',
    header: modelsStrings.verdict,
    value: (choice) => choice.verdict,
    cell: (choice) => <Verdict verdict={choice.verdict} />,
  },
];

/** Milliseconds until the free memory is read again. */
const refreshInterval = 10_000;

/** Memory to train each model on this machine. No event reports changes of the free memory. */
export function useModelMemories() {
  return useRequest('models.memory', {}, { refetchInterval: refreshInterval });
}

/** Verdict on whether a training fits into the free memory, in its color. */
export function Verdict({ verdict }: { verdict: MemoryVerdict }) {
  return (
    <Text span size="xs" fw={600} c={verdictColors[verdict]} title={verdictTexts[verdict]}>
      {modelsStrings.verdicts[verdict]}
    </Text>
  );
}

/** Memory needed to train the model locally, and a link to Train with the fastest settings that fit. */
export function TrainMemory({ model, onQuantize }: { model: ModelRecord; onQuantize: () => void }) {
  const answers = useModelMemories();
  const memory = answers.data?.find(({ modelId }) => modelId === model.id);
  if (memory === undefined) return null;
  const best = bestChoice(memory);
  return (
    <Panel
      title={modelsStrings.memoryToTrain}
      note={modelsStrings.memoryNote(memory.tokens, formatBytes(memory.freeMemoryBytes), memory.memoryDevice)}
      aside={
        best.quantization === null ? (
          <Button size="compact-xs" variant="default" onClick={() => trainWith(model, memory, best)}>
            {modelsStrings.trainWith(
              modelsStrings.batchOf(best.per_device_train_batch_size, best.gradient_accumulation_steps),
              best.gradient_checkpointing,
            )}
          </Button>
        ) : (
          <Button size="compact-xs" variant="default" onClick={onQuantize}>
            {modelsStrings.quantize.action}
          </Button>
        )
      }
      flush
    >
      <DataTable
        label={modelsStrings.memoryToTrain}
        items={memory.choices}
        itemId={(choice) =>
          `${weightsOf(choice)}-${choice.per_device_train_batch_size}-${choice.gradient_checkpointing}`
        }
        // Without a choice that quantizes, its column says nothing.
        columns={memory.choices.some(({ quantization }) => quantization !== null) ? columns : columns.slice(1)}
      />
    </Panel>
  );
}

function weightsOf({ quantization }: MemoryChoice): string {
  return quantizations.find(({ id }) => id === quantization)?.label ?? modelsStrings.asTheyAre;
}

function trainWith(model: ModelRecord, { tokens }: ModelMemory, choice: MemoryChoice): void {
  setField('per_device_train_batch_size', choice.per_device_train_batch_size);
  setField('gradient_accumulation_steps', choice.gradient_accumulation_steps);
  setField('gradient_checkpointing', choice.gradient_checkpointing);
  if (tokens !== null) setField('max_length', tokens);
  void trainFromModel(model.id);
}
