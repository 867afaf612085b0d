import { Text } from '@mantine/core';
import { formatFixed } from '../../../src-shared/format/numbers.ts';
import { weightEffect } from '../../../src-shared/results/weight-effect.ts';
import { useRequest } from '../../api/query.ts';
import { mergeStrings } from '../../strings/merge.ts';
import type { Bench } from './bench.ts';
import classes from './merge.module.css';

const words = mergeStrings.whatIf;

/**
 * Preview of the merge that the weights would produce. The backend reads the adapters once; a moving slider asks
 * nothing. For adapters without such a sum, the checks give the reason.
 */
export function WhatIf({ bench }: { bench: Bench }) {
  const adapters = bench.map(({ adapterId }) => adapterId);
  const { data: products } = useRequest('merge.products', { adapters }, { enabled: bench.length > 1 });
  if (bench.length < 2 || products === undefined) return null;
  const effect = weightEffect(
    products,
    bench.map(({ weight }) => weight),
  );
  const parts = effect?.inputs.map(({ share, cosine }, at) =>
    words.part(at + 1, percent(share), formatFixed(cosine, 2)),
  );
  return (
    <Text size="xs" c="dimmed" className={classes['whatIf'] ?? ''} title={words.help} role="status">
      {effect && parts ? `${words.sum} ${parts.join(' · ')} · ${words.kept(percent(effect.kept))}` : words.zero}
    </Text>
  );
}

function percent(share: number): string {
  return formatFixed(100 * share, 0);
}
