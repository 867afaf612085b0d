import { localeText } from '../format/locale-text.ts';
import { fileCommands, helpCommands, windowCommands } from '../menu-commands.ts';
import { type PageId, pageNames } from '../pages.ts';

const { plural } = localeText('en-US');

/** Texts of the native menus, dialogs and tray in English. The window shares the labels of pages and commands. */
export const nativeEnglish = {
  pageLabels: Object.fromEntries(pageNames.map(({ id, label }) => [id, label])) as Record<PageId, string>,
  commandLabels: Object.fromEntries(
    [...fileCommands.flat(), ...helpCommands, ...Object.values(windowCommands)].map(({ id, label }) => [id, label]),
  ),
  menu: {
    file: '&File',
    edit: '&Edit',
    go: '&Go',
    view: '&View',
    window: '&Window',
    help: '&Help',
    logs: 'Show the log folder',
    about: 'About CoTo Studio',
  },
  roles: {
    undo: 'Undo',
    redo: 'Redo',
    cut: 'Cut',
    copy: 'Copy',
    paste: 'Paste',
    delete: 'Delete',
    selectAll: 'Select all',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    resetZoom: 'Actual size',
    togglefullscreen: 'Full screen',
    close: 'Close window',
    minimize: 'Minimize',
    zoom: 'Zoom',
    front: 'Bring all to front',
    hide: 'Hide CoTo Studio',
    hideOthers: 'Hide others',
    unhide: 'Show all',
    quit: 'Quit',
  },
  tray: {
    idle: 'Nothing is running',
    running: (jobs: number) => plural(jobs, { one: '# job is running', other: '# jobs are running' }),
    open: 'Open CoTo Studio',
  },
  quit: {
    pause: 'Pause and quit',
    anyway: 'Quit anyway',
    inBackground: 'Keep running in the background',
    one: (title: string) => `"${title}" is still running.`,
    several: (jobs: number) => plural(jobs, { one: '# job is still running.', other: '# jobs are still running.' }),
    more: (jobs: number) => `and ${jobs} more`,
    allPause: (jobs: number) =>
      plural(jobs, {
        one: 'It is paused if you quit now, and can be resumed from Home at the next start.',
        other: 'They are paused if you quit now, and can be resumed from Home at the next start.',
      }),
    somePause:
      'Trainings are paused if you quit now, and can be resumed from Home at the next start; other jobs are cancelled.',
    nonePause: (jobs: number) =>
      plural(jobs, {
        one: 'It is cancelled if you quit now, and has to be started again.',
        other: 'They are cancelled if you quit now, and have to be started again.',
      }),
    backgroundHelp:
      'In the background the work continues without the window: start CoTo Studio again to bring it back.',
  },
  cancel: 'Cancel',
  tryAgain: 'Try again',
  recovery: {
    message: 'The database of the home folder is damaged or lost.',
    ways: 'A backup has everything as it was on its day. A rebuilt database has what the folders of models, runs and adapters hold; studies, jobs and reports are not among them.',
    nothingDeleted: 'Nothing is deleted: damaged files are moved into the folder "damaged" of the home.',
    restore: 'Restore the latest backup',
    rebuild: 'Rebuild from the folders',
  },
  move: {
    message: (to: string) => `Move the home folder to ${to}?`,
    detail: (bytes: string, from: string, free: string) =>
      `${bytes} are copied from ${from} and compared; ${free} are free there. Then the old files are deleted, unless you keep them. CoTo Studio starts again at the end.`,
    move: 'Move',
    keep: 'Move and keep the old files',
  },
  updates: {
    message: (host: string) => `Get new versions from ${host}?`,
    detail: (address: string) =>
      `${address} is asked when you choose Check for updates, and at no other time. What it offers is installed only if it is signed with the release key of this app.`,
    turnOn: 'Turn on',
  },
} as const;
