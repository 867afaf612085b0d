import { readFileSync, statSync } from 'node:fs';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { type KeyFile, maxKeyFileBytes, parseKeyFile } from '../../src-shared/key-file.ts';
import type { Log } from '../logging/log.ts';
import { replaceFile } from './replace-file.ts';

interface KeyStoreOptions {
  readonly file: string;
  readonly log: Log;
  /** Called when the keys are others than before. */
  onChange(text: string): void;
}

/** The key file of the home. A person may edit it while the app runs: it is read again whenever its keys are shown. */
export class KeyStore {
  private readonly options: KeyStoreOptions;
  private text: string;

  constructor(options: KeyStoreOptions) {
    this.options = options;
    this.text = this.load();
  }

  get keys(): KeyFile['keys'] {
    return parseKeyFile(this.text).keys;
  }

  /** Reads the file again. */
  read(): string {
    this.accept(this.load());
    return this.text;
  }

  /** @throws StudioError invalid_input for a text that is too long */
  write(text: string): void {
    const { file } = this.options;
    if (Buffer.byteLength(text) > maxKeyFileBytes)
      throw new StudioError('invalid_input', `${file} would be larger than 64 KiB. Remove lines from it.`);
    replaceFile(file, text);
    this.accept(text);
  }

  private accept(text: string): void {
    if (text === this.text) return;
    this.text = text;
    this.options.onChange(text);
  }

  /** The text of the file; '' where there is none. */
  private load(): string {
    const { file, log } = this.options;
    try {
      const found = statSync(file, { throwIfNoEntry: false });
      if (found === undefined) return '';
      if (found.isFile() && found.size <= maxKeyFileBytes) return readFileSync(file, 'utf8');
      log.warn({ file }, 'the key file is no file of at most 64 KiB, and is not read');
    } catch (error) {
      log.warn({ err: error, file }, 'the key file could not be read');
    }
    return '';
  }
}
