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
