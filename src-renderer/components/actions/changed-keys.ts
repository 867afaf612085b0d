import { create } from 'zustand';
import { type KeyFile, parseKeyFile, withKeys } from '../../../src-shared/key-file.ts';

/** The key file of the home, as this window last read it. */
export const useKeyFile = create<{ readonly text: string; readonly file: KeyFile }>(() => ({
  text: '',
  file: parseKeyFile(''),
}));

/** The keys that the person changed, by the ids of the key file. */
export function changedKeys(): KeyFile['keys'] {
  return useKeyFile.getState().file.keys;
}

/** The keys of an action; '' for none. */
export function useShortcut(id: string, usual: string): string {
  return useKeyFile(({ file }) => file.keys.get(id) ?? usual);
}

/** Reads the key file, and again when it changes, until the returned function is called. */
export function followKeyFile(): () => void {
  void readKeyFile();
  return window.coto.keys.onChange(accept);
}

/** Reads the key file again: a person may have edited it. */
export async function readKeyFile(): Promise<void> {
  // Without the file, every action has its usual keys.
  await window.coto.keys.read().then(accept, () => undefined);
}

/** Gives an action other keys; null: its usual ones. Rejects where the file cannot be written. */
export async function saveKeys(id: string, keys: string | null): Promise<void> {
  await saveKeyFile(withKeys(useKeyFile.getState().text, id, keys));
}

export async function saveKeyFile(text: string): Promise<void> {
  await window.coto.keys.write(text);
  accept(text);
}

function accept(text: string): void {
  useKeyFile.setState({ text, file: parseKeyFile(text) });
}
