import { numberedPages, type PageName } from './pages.ts';

/** A command of the menu that leads to an address of the window. The palette and the list of shortcuts have it too. */
export interface MenuCommand {
  readonly id: string;
  readonly label: string;
  /** "/data?add=file" */
  readonly to: string;
  /** "mod+N"; `mod` is ⌘ on macOS, else Ctrl. The native menu listens for the keys. */
  readonly keys?: string;
  /** Further words that find it. */
  readonly keywords?: readonly string[];
}

/** The groups of the File menu. */
export const fileCommands: readonly (readonly MenuCommand[])[] = [
  [
    { id: 'new-run', label: 'New run', to: '/train', keys: 'mod+N', keywords: ['train', 'fine-tune', 'set up'] },
    { id: 'open-yaml', label: 'Open run from YAML…', to: '/train?load=yaml', keys: 'mod+O', keywords: ['load config'] },
  ],
  [
    {
      id: 'add-text-data',
      label: 'Add text data…',
      to: '/data?add=file',
      keywords: ['import dataset', 'csv', 'jsonl'],
    },
    { id: 'add-images', label: 'Add image folder…', to: '/data?add=folder', keywords: ['import dataset'] },
    { id: 'add-model', label: 'Add model folder…', to: '/models?add=folder', keywords: ['import base model'] },
    { id: 'import-adapter', label: 'Import adapter folder…', to: '/merge?import=folder', keywords: ['peft', 'mlx'] },
    { id: 'import-adapter-file', label: 'Import adapter file…', to: '/merge?import=file', keywords: ['gguf', 'kohya'] },
    {
      id: 'import-runs',
      label: 'Import runs from folder…',
      to: '/runs?import=folder',
      keywords: ['tensorboard', 'trackio', 'trainer_state'],
    },
    {
      id: 'import-runs-file',
      label: 'Import runs from file…',
      to: '/runs?import=file',
      keywords: ['tensorboard', 'trackio', 'trainer_state'],
    },
  ],
  [{ id: 'settings', label: 'Settings', to: '/settings', keys: 'mod+,', keywords: ['preferences', 'theme'] }],
];

export const helpCommands: readonly MenuCommand[] = [
  { id: 'guide', label: 'Guide', to: '/guide', keys: 'F1', keywords: ['help', 'documentation', 'manual'] },
  { id: 'method-cards', label: 'Method cards', to: '/guide/methods/README', keywords: ['help', 'papers'] },
];

/** A command of the menu that the window or the app carries out itself: its id is what the menu sends. */
export interface WindowCommand {
  readonly id: string;
  readonly label: string;
  /** Several combinations are separated by spaces. */
  readonly keys: string;
  readonly macKeys?: string;
  /** The page listens for the keys, so that they need no modifier; the menu only shows them. */
  readonly isHeardByPage?: boolean;
}

export const windowCommands = {
  newWindow: { id: 'new-window', label: 'New window', keys: 'mod+shift+N' },
  find: { id: 'find', label: 'Find in page…', keys: 'mod+F' },
  back: { id: 'back', label: 'Back', keys: 'alt+Left', macKeys: 'mod+[' },
  forward: { id: 'forward', label: 'Forward', keys: 'alt+Right', macKeys: 'mod+]' },
  palette: { id: 'palette', label: 'Search and commands', keys: 'mod+K', isHeardByPage: true },
  tour: { id: 'tour', label: 'Tour of the window', keys: '' },
  shortcuts: { id: 'shortcuts', label: 'Keyboard shortcuts', keys: '? mod+/', isHeardByPage: true },
} as const satisfies Readonly<Record<string, WindowCommand>>;

/** Combinations of the menu that cannot be changed, with their labels. */
export const fixedKeys: ReadonlyMap<string, string> = new Map([
  ['mod+X', 'Cut'],
  ['mod+C', 'Copy'],
  ['mod+V', 'Paste'],
  ['mod+A', 'Select all'],
  ['mod+Q', 'Quit'],
  ['mod+W', 'Close window'],
  ['mod+M', 'Minimize'],
  ['mod+Plus', 'Zoom in'],
  ['mod+-', 'Zoom out'],
  ['mod+0', 'Actual size'],
  ['F11', 'Full screen'],
]);

/** The command and the keys by which the menu opens a page. */
export function pageCommand({ id, label }: PageName): { readonly id: string; readonly keys: string | undefined } {
  const named = [...fileCommands.flat(), ...helpCommands].find(
    (command) => command.to === `/${id}` && command.label === label,
  );
  if (named) return { id: named.id, keys: named.keys };
  const number = numberedPages.findIndex((page) => page.id === id) + 1;
  return { id: `page-${id}`, keys: number >= 1 && number <= 9 ? `mod+${number}` : undefined };
}

/** Ids of the commands whose keys the native menu listens for. */
export const menuHeardIds: ReadonlySet<string> = new Set([
  ...[...fileCommands.flat(), ...helpCommands].map(({ id }) => id),
  ...numberedPages.map((page) => pageCommand(page).id),
  ...Object.values<WindowCommand>(windowCommands).flatMap(({ id, isHeardByPage }) => (isHeardByPage ? [] : [id])),
]);
