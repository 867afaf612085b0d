import type { StudioAction } from '../components/actions/action-registry.ts';
import { hasWords, searchWords } from '../components/table/match-words.ts';
import { appStrings } from '../strings/app.ts';

export interface ActionGroup {
  readonly group: string;
  readonly actions: readonly StudioAction[];
  /** True for documentation entries, which rank after records however well they match. */
  readonly last?: boolean;
}

/** Without words, only so many of each group are shown: hundreds of runs would hide what can be done. */
const shownUnasked = 12;
/** If several groups match, each shows only its best entries: the runs of a method would otherwise hide its card. */
const shownOfSeveral = 6;
const shownOfOne = 40;

/** The actions that have every word, those first that begin with the first word, then those that have all in their name. */
export function searchActions(groups: readonly ActionGroup[], query: string): readonly ActionGroup[] {
  const words = searchWords(query);
  if (words.length === 0)
    return filled(groups.map((group) => ({ ...group, actions: group.actions.slice(0, shownUnasked) })));
  const found = filled(
    groups.map((group) => ({ ...group, actions: matching(group.actions, words, group.group) })),
  ).toSorted(
    (one, other) =>
      Number(one.last ?? false) - Number(other.last ?? false) ||
      bestRank(one.actions, words) - bestRank(other.actions, words),
  );
  const most = found.length > 1 ? shownOfSeveral : shownOfOne;
  return found.map(({ group, actions }) => ({
    group: actions.length > most ? appStrings.someOf(group, most, actions.length) : group,
    actions: actions.slice(0, most),
  }));
}

function matching(actions: readonly StudioAction[], words: readonly string[], group: string): readonly StudioAction[] {
  return actions
    .filter((action) => hasWords(textOf(action, group), words))
    .sort((one, other) => rankOf(one, words) - rankOf(other, words));
}

function textOf({ label, about = '', keywords = [] }: StudioAction, group: string): string {
  return [label, about, group, ...keywords].join('\n');
}

function rankOf({ label }: StudioAction, words: readonly string[]): number {
  if (label.toLowerCase().startsWith(words[0] ?? '')) return 0;
  return hasWords(label, words) ? 1 : 2;
}

/** A group that only its keywords found comes after one whose actions bear the words. */
function bestRank(actions: readonly StudioAction[], words: readonly string[]): number {
  return Math.min(3, ...actions.map((action) => rankOf(action, words)));
}

function filled(groups: readonly ActionGroup[]): readonly ActionGroup[] {
  return groups.filter(({ actions }) => actions.length > 0);
}
