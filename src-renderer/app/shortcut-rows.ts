import { combinations, type KeyFile } from '../../src-shared/key-file.ts';
import { fixedKeys } from '../../src-shared/menu-commands.ts';
import { pageNames } from '../../src-shared/pages.ts';
import { keysIdOf, type StudioAction } from '../components/actions/action-registry.ts';
import { pageActions } from '../components/actions/page-actions.ts';
import { appStrings } from '../strings/app.ts';

/** An action in the list of keys. */
export interface ShortcutRow {
  /** Its name in the key file. */
  readonly id: string;
  readonly label: string;
  readonly about: string;
  /** `page`: on the page that is shown; `window`: everywhere; else the id of another page, or '' for any of them. */
  readonly place: string;
  readonly usual: string;
  readonly keys: string;
  readonly isChanged: boolean;
  /** The keys belong to a control and cannot be changed. */
  readonly isFixed: boolean;
  /** The other actions with these keys. */
  readonly conflicts: readonly string[];
}

/**
 * Every action with its keys: those registered now, those that other pages register, and those of the key file that neither
 * knows.
 * @param page the page that is shown
 */
export function shortcutRows(actions: readonly StudioAction[], page: string, file: KeyFile): readonly ShortcutRow[] {
  const rows = new Map<string, ShortcutRow>();
  const add = (action: Omit<StudioAction, 'scope'>, place: string): void => {
    const id = keysIdOf(action);
    const usual = action.shortcut ?? '';
    const isFixed = action.heardBy === 'control';
    const changed = isFixed ? undefined : file.keys.get(id);
    rows.set(id, {
      id,
      label: action.label,
      about: action.about ?? '',
      place,
      usual,
      keys: changed ?? usual,
      isChanged: changed !== undefined && changed !== usual,
      isFixed,
      conflicts: [],
    });
  };
  for (const { page: home, ...action } of Object.values(pageActions))
    add(action, action.scope === 'window' ? 'window' : home === page ? 'page' : (home ?? ''));
  for (const action of actions) add(action, action.scope);
  for (const id of file.keys.keys()) if (!rows.has(id) && isOfMenu(id)) add({ id, label: menuLabel(id) }, '');
  const all = [...rows.values()];
  return all.map((row) => ({ ...row, conflicts: conflictsOf(row, all) }));
}

/** Lines of the key file with an id that no action has. */
export function unknownLines(rows: readonly ShortcutRow[], file: KeyFile): readonly string[] {
  const known = new Set(rows.map(({ id }) => id));
  return [...file.lines].filter(([id]) => !known.has(id)).map(([id, line]) => appStrings.keys.unknown(line, id));
}

/** Items of "more" menus exist while their page is shown. */
function isOfMenu(id: string): boolean {
  return /^(?:menu|runs)-./.test(id);
}

function menuLabel(id: string): string {
  const words = id.replace(/^(?:menu|runs)-/, '').replaceAll('-', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

/** An overlap of two usual keys is meant: the page's action has precedence. */
function conflictsOf(row: ShortcutRow, all: readonly ShortcutRow[]): readonly string[] {
  const own = combinations(row.keys);
  const others = all.filter(
    (other) =>
      other.id !== row.id &&
      (row.isChanged || other.isChanged) &&
      canMeet(row.place, other.place) &&
      combinations(other.keys).some((combination) => own.includes(combination)),
  );
  const fixed = row.isChanged ? own.flatMap((combination) => fixedKeys.get(combination) ?? []) : [];
  return [...others.map(({ label }) => label), ...fixed.map((label) => appStrings.keys.fixed(label))];
}

/** Two pages are never shown at once. */
function canMeet(one: string, other: string): boolean {
  return one === other || [one, other].some((place) => place === 'window' || place === '');
}

/** The heading of a group of rows. */
export function placeTitle(place: string): string {
  if (place === 'page') return appStrings.onThisPage;
  if (place === 'window') return appStrings.everywhere;
  const page = pageNames.find(({ id }) => id === place);
  return page ? appStrings.keys.onPage(page.label) : appStrings.keys.onPages;
}
