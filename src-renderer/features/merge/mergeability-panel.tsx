import { Badge, Box, Button, Group, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Mergeability, MergeVerdict } from '../../../src-shared/domain/merging/mergeability.ts';
import {
  type MergeabilityMap,
  mergeabilityFigure,
  mergeabilityMaps,
} from '../../../src-shared/figures/mergeability.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Segments } from '../../components/form/segments.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { mergeStrings } from '../../strings/merge.ts';
import { useBench } from './bench-store.ts';

const verdictColors: Record<MergeVerdict['verdict'], string> = {
  merge: 'green',
  reweight: 'yellow',
  'other method': 'orange',
  'do not': 'red',
};

/** Shows the mergeability of the adapters on the bench: a map by layer and pair, and a verdict with its rule. */
export function MergeabilityPanel() {
  const { bench } = useBench();
  const adapters = bench.map(({ adapterId, weight }) => ({ adapterId, weight }));
  const key = JSON.stringify(adapters);
  // All tensors are read: not on every move of a slider.
  const [asked, setAsked] = useState<string | null>(null);
  const isCurrent = asked === key;
  const { data, error, isFetching } = useRequest('merge.mergeability', { adapters, seed: 0 }, { enabled: isCurrent });
  return (
    <Panel title={mergeStrings.mergeability}>
      <Text c="dimmed" mb={8}>
        {mergeStrings.mergeabilityNote}
      </Text>
      <Group gap={8}>
        <Button
          variant="default"
          disabled={bench.length < 2}
          loading={isCurrent && isFetching}
          onClick={() => setAsked(key)}
        >
          {mergeStrings.compare}
        </Button>
        {bench.length < 2 ? (
          <Text size="sm" c="dimmed">
            {mergeStrings.needTwo}
          </Text>
        ) : asked !== null && !isCurrent ? (
          <Text size="sm" c="dimmed">
            {mergeStrings.benchChanged}
          </Text>
        ) : null}
      </Group>
      {isCurrent && error ? (
        <Box mt={8}>
          <ErrorNote error={error} />
        </Box>
      ) : null}
      {isCurrent && data ? <MergeabilityResult result={data} /> : null}
    </Panel>
  );
}

function MergeabilityResult({ result }: { result: Mergeability }) {
  const [map, setMap] = useState<MergeabilityMap>('excess');
  const theme = useFigureTheme();
  const figure = useMemo(() => mergeabilityFigure(result, map, theme), [result, map, theme]);
  return (
    <Stack gap={8} mt={12}>
      <Group gap={8} wrap="nowrap" align="flex-start">
        <Badge color={verdictColors[result.verdict]} variant="light" radius="sm" style={{ flex: 'none' }}>
          {mergeStrings.mergeVerdicts[result.verdict]}
        </Badge>
        <Text size="sm">{result.reason}</Text>
      </Group>
      <Segments
        aria-label={mergeStrings.mapLabel}
        data={[...mergeabilityMaps]}
        value={map}
        onChange={(next) => {
          const chosen = mergeabilityMaps.find(({ value }) => value === next);
          if (chosen) setMap(chosen.value);
        }}
      />
      <Figure
        figure={figure}
        height={Math.min(520, 140 + 22 * result.layers.length)}
        name={mergeStrings.mergeability}
      />
      <Text size="xs" c="dimmed">
        {result.rule}
      </Text>
    </Stack>
  );
}
