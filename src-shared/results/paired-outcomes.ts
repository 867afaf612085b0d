import type { PairedOutcomes } from '../domain/evaluation/evaluation.ts';
import { plural, probabilityText } from '../format/numbers.ts';
import { accuracy } from '../metrics/accuracy.ts';
import { scoreText } from '../metrics/index.ts';

/** "81.3 %. Only this adapter is right on 24 examples, only the other on 9: McNemar's exact test, p = 0.014". */
export function pairedText({ accuracy: share, onlyThis, onlyOther, p }: PairedOutcomes): string {
  const probability = p < 0.001 ? probabilityText(p) : `= ${probabilityText(p)}`;
  return `${scoreText(accuracy.id, share)}. Only this adapter is right on ${plural(onlyThis, 'example')}, only the other on ${onlyOther}: McNemar’s exact test, p ${probability}`;
}
