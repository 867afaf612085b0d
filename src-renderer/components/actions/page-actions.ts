import { mergeStrings } from '../../strings/merge.ts';
import { playgroundStrings } from '../../strings/playground.ts';
import { runsStrings } from '../../strings/runs.ts';
import { trainStrings } from '../../strings/train.ts';
import { undoAction } from './action-registry.ts';
import { renameAction } from './use-rename.ts';

/** Actions that are registered only now and then, so that their keys can be changed from anywhere. Whoever shows one adds `run`. */
export const pageActions = {
  undo: { ...undoAction, page: null },
  rename: { ...renameAction, page: null },
  startTraining: {
    id: 'start-training',
    label: trainStrings.start,
    scope: 'page',
    page: 'train',
    shortcut: 'mod+Enter',
    whileTyping: true,
  },
  filterRuns: { id: 'filter-runs', label: runsStrings.filterLabel, scope: 'page', page: 'runs', shortcut: '/' },
  generate: {
    id: 'generate',
    label: playgroundStrings.prompt.generate,
    scope: 'page',
    page: 'playground',
    shortcut: 'mod+Enter',
    whileTyping: true,
  },
  regenerate: {
    id: 'regenerate',
    label: playgroundStrings.conversation.regenerateLast,
    scope: 'page',
    page: 'playground',
    shortcut: 'mod+R',
    whileTyping: true,
  },
  editLastMessage: {
    id: 'edit-last-message',
    label: playgroundStrings.conversation.editLast,
    scope: 'page',
    page: 'playground',
    shortcut: 'ArrowUp',
    heardBy: 'control',
  },
  classify: {
    id: 'classify',
    label: playgroundStrings.image.classify,
    scope: 'page',
    page: 'playground',
    shortcut: 'mod+Enter',
    whileTyping: true,
  },
  undoBench: { id: 'undo-bench', label: mergeStrings.undo, scope: 'page', page: 'merge', shortcut: 'mod+Z' },
  redoBench: { id: 'redo-bench', label: mergeStrings.redo, scope: 'page', page: 'merge', shortcut: 'mod+shift+Z' },
  addToBench: {
    id: 'add-to-bench',
    label: mergeStrings.addFocused,
    scope: 'page',
    page: 'merge',
    shortcut: 'Enter',
    heardBy: 'control',
  },
} as const;
