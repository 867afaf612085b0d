import { z } from 'zod';

/** Kinds of files and folders that a person opens or drops, with the page that opens them. */
export const openedPages = {
  adapter: 'merge',
  base: 'models',
  dataset: 'data',
  runs: 'runs',
  run: 'train',
  study: 'studies/new',
} as const;

export const openedKindSchema = z.enum(['adapter', 'base', 'dataset', 'runs', 'run', 'study']);
export type OpenedKind = z.infer<typeof openedKindSchema>;

/** Endings of files that the app opens from the file manager. electron-builder.yml registers them. */
export const openedEndings = ['.coto-run.yaml', '.coto-study.yaml', '.gguf', '.safetensors'] as const;
