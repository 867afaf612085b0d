/** Folders that the app keeps in a home, each after the one that it is in. */
export const homeFolders = [
  'adapters',
  'backups',
  'bundles',
  'cache',
  'cache/forgetting',
  'cache/updates',
  'crashes',
  'damaged',
  'datasets',
  'logs',
  'models',
  'reports',
  'runs',
  'window',
  'writing',
] as const;

/** Files that the app keeps at the top of a home. */
export const homeFiles = [
  'backend.lock',
  'backend.pid',
  'backend.place',
  'home.json',
  'keys.txt',
  'keys.txt.new',
  'moved-from.json',
  'moved-to.json',
  'moving-to.json',
  'studio.sqlite',
  'studio.sqlite-journal',
  'studio.sqlite-shm',
  'studio.sqlite-wal',
  'updates.json',
  'updates.json.new',
  'window.json',
  'window.json.new',
] as const;
