import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { formatTargets } from './adapter-formats.ts';
import { merged } from './merged.ts';
import { ollama } from './ollama.ts';
import { peft } from './peft.ts';
import { peftResidual } from './peft-residual.ts';
import { plainLora } from './plain-lora.ts';
import { python } from './python.ts';
import type { ExportTarget } from './target.ts';

/** Every export format. */
export const exportTargets: readonly ExportTarget[] = [
  peft,
  peftResidual,
  plainLora,
  merged,
  ...formatTargets,
  ollama,
  python,
];

/** @throws StudioError invalid_input naming the target and the available ones. */
export function exportTarget(id: string): ExportTarget {
  const target = exportTargets.find(({ declaration }) => declaration.id === id);
  if (target) return target;
  throw new StudioError(
    'invalid_input',
    `There is no export format "${id}".`,
    `Choose one of ${exportTargets.map(({ declaration }) => declaration.id).join(', ')}.`,
  ).at('to');
}
