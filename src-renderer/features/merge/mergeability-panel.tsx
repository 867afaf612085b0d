import { Badge, Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Mergeability, MergeVerdict } from '../../../src-shared/domain/mergeability.ts';
import {
  type MergeabilityMap,
  mergeabilityFigure,
  mergeabilityMaps,
} from '../../../src-shared/figures/mergeability.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { useBench } from './bench-store.ts';

const verdicts: Record<MergeVerdict['verdict'], { readonly words: string; readonly color: string }> = {
  merge: { words: 'Merge', color: 'green' },
  reweight: { words: 'Reweight', color: 'yellow' },
  'other method': { words: 'Other method', color: 'orange' },
  'do not': { words: 'Do not merge', color: 'red' },
};

/** Whether the adapters on the bench go together: a map by layer and pair, and a verdict whose rule is stated. */
export function MergeabilityPanel() {
  const { bench } = useBench();
  const adapters = bench.map(({ adapterId, weight }) => ({ adapterId, weight }));
  const key = JSON.stringify(adapters);
  // All tensors are read: not on every move of a slider.
  const [asked, setAsked] = useState<string | null>(null);
  const isCurrent = asked === key;
  const { data, error, isFetching } = useRequest('merge.mergeability', { adapters, seed: 0 }, { enabled: isCurrent });
  return (
    <Panel
      title="Mergeability"
      note="Before a merge: do the adapters share directions, do they agree in sign, are they of one strength?"
    >
      <Group gap={8}>
        <Button
          variant="default"
          disabled={bench.length < 2}
          loading={isCurrent && isFetching}
          onClick={() => setAsked(key)}
        >
          Compare the adapters
        </Button>
        {bench.length < 2 ? (
          <Text size="sm" c="dimmed">
            Put two or more adapters on the bench.
          </Text>
        ) : asked !== null && !isCurrent ? (
          <Text size="sm" c="dimmed">
            The bench has changed since.
          </Text>
        ) : null}
      </Group>
      {isCurrent && error ? <ErrorNote error={error} /> : null}
      {isCurrent && data ? <MergeabilityResult result={data} /> : null}
    </Panel>
  );
}

function MergeabilityResult({ result }: { result: Mergeability }) {
  const [map, setMap] = useState<MergeabilityMap>('excess');
  const theme = useFigureTheme();
  const figure = useMemo(() => mergeabilityFigure(result, map, theme), [result, map, theme]);
  const { words, color } = verdicts[result.verdict];
  return (
    <Stack gap={8} mt={12}>
      <Group gap={8} wrap="nowrap" align="flex-start">
        <Badge color={color} variant="light" radius="sm" style={{ flex: 'none' }}>
          {words}
        </Badge>
        <Text size="sm">{result.reason}</Text>
      </Group>
      <SegmentedControl
        aria-label="What the map shows"
        data={[...mergeabilityMaps]}
        value={map}
        onChange={(next) => {
          const chosen = mergeabilityMaps.find(({ value }) => value === next);
          if (chosen) setMap(chosen.value);
        }}
      />
      <Figure figure={figure} height={Math.min(520, 140 + 22 * result.layers.length)} name="Mergeability" />
      <Text size="xs" c="dimmed">
        {result.rule}
      </Text>
    </Stack>
  );
}
