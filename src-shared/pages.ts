/** A page of the window: the first segment of its address, and its label in the rail, the palette and the menu. */
export interface PageName {
  readonly id: string;
  readonly label: string;
}

/** Every page, in the order of the rail; the menu's Go follows it. */
export const pageNames = [
  { id: 'home', label: 'Home' },
  { id: 'data', label: 'Data' },
  { id: 'models', label: 'Models' },
  { id: 'train', label: 'Train' },
  { id: 'runs', label: 'Runs' },
  { id: 'adapters', label: 'Adapters' },
  { id: 'merge', label: 'Merge' },
  { id: 'prune', label: 'Prune' },
  { id: 'playground', label: 'Playground' },
  { id: 'studies', label: 'Studies' },
  { id: 'reports', label: 'Reports' },
  { id: 'guide', label: 'Guide' },
  { id: 'settings', label: 'Settings' },
] as const satisfies readonly PageName[];
/** The pages that have a number key: the settings are in the File menu, the guide in Help, and 0 resets the zoom. */
export const numberedPages = pageNames.filter(({ id }) => id !== 'settings' && id !== 'guide');

export type PageId = (typeof pageNames)[number]['id'];
