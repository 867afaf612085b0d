import { type TunedVerdict, tunedStates } from '../../src-shared/domain/runs/tuned.ts';

/** The badge below a comparison: "tuned: …", "at the edge of the grid: …" or "untuned: …", with its reason; empty where there is nothing to say. */
export function tunedText(verdict: TunedVerdict | null): string {
  if (verdict === null) return '';
  return `\n${tunedStates[verdict.state]}: ${verdict.reason}\n`;
}
