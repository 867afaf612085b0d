import type { TunedVerdict } from '../../src-shared/domain/runs/tuned.ts';

/** The badge below a comparison: "tuned: …" or "untuned: …", with what it means; empty where there is nothing to say. */
export function tunedText(verdict: TunedVerdict | null): string {
  if (verdict === null) return '';
  return `\n${verdict.tuned ? 'tuned' : 'untuned'}: ${verdict.reason}\n`;
}
