import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type Schedule, schedules } from '../../../src-shared/coto/schedules/index.ts';
import { canRescale } from '../../../src-shared/coto/schedules/schedule.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { CotoSettings } from '../../../src-shared/domain/runs/coto.ts';
import type { AdapterVariant } from '../adapters/variant/variant.ts';

/**
 * Names of the units that a schedule draws, from the input up: the groups, or "rank 1" to the modules' common rank; none where
 * entries of the inputs are drawn.
 * @param ranks of the adapted modules.
 */
export function scheduleRows(
  { schedule }: Pick<CotoSettings, 'schedule'>,
  groups: readonly string[],
  ranks: readonly (number | null)[],
): string[] {
  const { unit } = schedules[schedule];
  if (unit === 'input') return [];
  if (unit !== 'rank') return [...groups];
  return Array.from({ length: ranks[0] ?? 0 }, (_, index) => `rank ${index + 1}`);
}

/** @throws StudioError refused or invalid_input where the schedule cannot switch these adapters. */
export function checkSchedule(
  settings: CotoSettings | null,
  variant: AdapterVariant,
  parameters: ParameterValues,
  adapted: { readonly groups: readonly string[]; readonly ranks: readonly (number | null)[] },
): void {
  if (settings === null) return;
  const schedule: Schedule = schedules[settings.schedule];
  const { label } = schedule.declaration;
  requireChoosing(settings, schedule, adapted.groups.length);
  requireSurvival(settings, schedule);
  const start = variant.residual?.initialization(parameters);
  if (start?.residual && (schedule.unit === 'rank' || schedule.unit === 'input'))
    throw new StudioError(
      'refused',
      `The schedule "${label}" drops parts of what an adapter adds, and after ${start.declaration.label} that contains a part of the base.`,
      'Choose a schedule over layers, such as coto.schedule: coto, or init_lora_weights: kaiming.',
    ).at('coto.schedule');
  if (schedule.unit === 'rank') {
    if (variant.ranks?.switchable === undefined)
      throw new StudioError(
        'refused',
        `The schedule "${label}" switches ranks, but the adapters of ${variant.declaration.label} have none that can be switched.`,
        'Choose a schedule over layers, such as coto.schedule: coto, or variant: lora.',
      ).at('coto.schedule');
    if (new Set(adapted.ranks).size > 1)
      throw new StudioError(
        'refused',
        `The schedule "${label}" switches the same ranks in every adapter, but rank_pattern gives the modules different ranks.`,
        'Leave rank_pattern empty, or choose a schedule over layers.',
      ).at('coto.schedule');
  }
  if (schedule.unit === 'input' && variant.inputDropout === null)
    throw new StudioError(
      'refused',
      `The schedule "${label}" needs dropout on the adapters' inputs, which ${variant.declaration.label} does not have.`,
      'Choose another schedule or another variant, such as variant: lora.',
    ).at('coto.schedule');
  const { lisa_activated_layers: activated } = settings;
  if (schedule.ownSettings.includes('lisa_activated_layers') && activated > adapted.groups.length)
    throw new StudioError(
      'invalid_input',
      `coto.lisa_activated_layers is ${activated}, but the adapters form ${adapted.groups.length} groups.`,
      `Set it to at most ${adapted.groups.length}.`,
    ).at('coto.lisa_activated_layers');
}

/** @throws StudioError invalid_input where p is 0 in every step, and the schedule would have everything off by that. */
function requireChoosing(settings: CotoSettings, { usesCurve, unit, distribution }: Schedule, groups: number): void {
  const { initial_p, final_p, curve } = settings;
  const isConstant = curve === 'constant';
  if (!usesCurve || initial_p > 0 || (final_p > 0 && !isConstant)) return;
  const count = Math.max(1, groups);
  const drawn = distribution(
    0,
    { count, depth: Array.from({ length: count }, (_, at) => at), layerCount: count },
    settings,
  );
  const isNothing =
    drawn === null
      ? unit === 'input'
      : (drawn.kind === 'independent' && drawn.probabilities.every((probability) => probability <= 0)) ||
        (drawn.kind === 'together' && drawn.probability <= 0);
  if (!isNothing) return;
  throw new StudioError(
    'invalid_input',
    isConstant
      ? 'coto.initial_p is 0, and the constant curve stays there: no adapter would ever be trained.'
      : 'coto.final_p and coto.initial_p are both 0: no adapter would ever be trained.',
    isConstant ? 'Set it above 0, such as 0.5.' : 'Set coto.final_p above 0, such as 1.',
  ).at(isConstant ? 'coto.initial_p' : 'coto.final_p');
}

/** @throws StudioError where gates would be rescaled by a probability of 0, or nothing is switched off. */
function requireSurvival(settings: CotoSettings, schedule: Schedule): void {
  const { rescale, curve, initial_p, final_p } = settings;
  const { label } = schedule.declaration;
  if (rescale !== 'none' && !canRescale(schedule))
    throw new StudioError(
      'refused',
      `coto.rescale is ${rescale}, but the schedule "${label}" switches no adapter off, so it has no update to rescale.`,
      'Set coto.rescale to none, or choose coto.schedule: coto.',
    ).at('coto.rescale');
  if ((rescale === 'none' && !schedule.isNoise) || !schedule.usesCurve) return;
  const field = initial_p <= 0 ? 'initial_p' : final_p <= 0 && curve !== 'constant' ? 'final_p' : null;
  if (field === null) return;
  const reason = rescale === 'none' ? `the schedule "${label}"` : `coto.rescale: ${rescale}`;
  throw new StudioError(
    'invalid_input',
    `coto.${field} is 0, but ${reason} divides by the probability of an adapter to be on.`,
    `Set coto.${field} above 0, such as 0.1.`,
  ).at(`coto.${field}`);
}
