import { Skeleton, Text } from '@mantine/core';
import { useMemo } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { updateNormFigure } from '../../../src-shared/figures/index.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { adaptersStrings } from '../../strings/adapters.ts';

const words = adaptersStrings.norms;

/** By how much the adapter changes each weight, as a map of layers and target modules. */
export function NormsPanel({ adapter }: { adapter: Pick<AdapterRecord, 'id' | 'layers'> }) {
  const { data, error } = useRequest('adapters.norms', { id: adapter.id });
  const theme = useFigureTheme();
  const figure = useMemo(() => (data && data.problem === null ? updateNormFigure(data, theme) : null), [data, theme]);
  const height = Math.min(480, 160 + 22 * Math.max(4, adapter.layers.length));
  return (
    <Panel>
      {error ? (
        <ErrorNote error={error} />
      ) : data === undefined ? (
        <Skeleton h={height} />
      ) : figure === null ? (
        <Text size="sm" c="dimmed">
          {data.problem ?? words.failed}
        </Text>
      ) : (
        <Figure figure={figure} height={height} name={words.name} />
      )}
    </Panel>
  );
}
