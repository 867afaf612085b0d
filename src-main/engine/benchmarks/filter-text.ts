import type { WorkClock } from '../../files/work-clock.ts';
import type { FilterStep } from './filter-step.ts';
import { pythonPattern } from './python-pattern.ts';

type TextFilter = (text: string) => string;

/** A filter's steps as one function. `where` begins the sentence on a pattern that does not end. */
export function textFilter(steps: readonly FilterStep[], where: string, clock: WorkClock): TextFilter {
  const filters = steps.map((step) => filterOf(step, where, clock));
  return (text) => filters.reduce((filtered, filter) => filter(filtered), text);
}

function filterOf(step: FilterStep, where: string, clock: WorkClock): TextFilter {
  switch (step.function) {
    case 'take_first':
      return (text) => text;
    case 'remove_whitespace':
      return (text) => text.trim();
    case 'lowercase':
      return (text) => text.toLowerCase();
    case 'uppercase':
      return (text) => text.toUpperCase();
    case 'regex': {
      const pattern = pythonPattern(step.regex_pattern, where);
      return (text) => {
        clock.grant(1 + text.length * 0.001);
        return clock.run(where, () => firstFound(pattern, text, step.group_select)) ?? step.fallback;
      };
    }
  }
}

/**
 * Returns the match at this index (negative: from the end): its first non-empty group, or the whole match if there are
 * no groups. Null if there is no match.
 */
function firstFound(pattern: RegExp, text: string, index: number): string | null {
  const match = [...text.matchAll(pattern)].at(index);
  if (match === undefined) return null;
  const groups = match.slice(1);
  // Python finds one group even where it is empty.
  const found =
    groups.length === 0 ? match[0] : groups.length === 1 ? (groups[0] ?? '') : groups.find((group) => group);
  return found?.trim() ?? null;
}
