import { Box, Button, Group, List, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { type Mergeability, mapNote, pairSimilarity } from '../../../src-shared/domain/merging/mergeability.ts';
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

/** Most pairs that the panel describes in words; the map shows all. */
const maxDescribed = 6;

/** Shows the similarity of the adapters on the bench: each pair in a sentence, and a map by layer and pair. */
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
      <List size="sm" spacing={4}>
        {result.pairs.slice(0, maxDescribed).map((pair) => (
          <List.Item key={`${pair.first} ${pair.second}`}>
            {mergeStrings.similarPair(
              result.names[pair.first] ?? '',
              result.names[pair.second] ?? '',
              pairSimilarity(pair),
            )}
          </List.Item>
        ))}
      </List>
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
        {mapNote}
      </Text>
    </Stack>
  );
}
