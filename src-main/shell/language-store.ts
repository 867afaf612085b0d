import { readFileSync, statSync } from 'node:fs';
import { bestLanguage, languageChoiceSchema, systemLanguage } from '../../src-shared/languages.ts';
import type { Log } from '../logging/log.ts';
import { replaceFile } from './replace-file.ts';

interface LanguageStoreOptions {
  readonly file: string;
  readonly log: Log;
  /** Languages that the system prefers, the best first. */
  readonly preferred: readonly string[];
  /** Called when another language is chosen. */
  onChange(choice: string): void;
}

/** The chosen language, kept in a file of the home, so that menus and dialogs have it before the window does. */
export class LanguageStore {
  private readonly options: LanguageStoreOptions;
  private choice: string;

  constructor(options: LanguageStoreOptions) {
    this.options = options;
    this.choice = this.load();
  }

  /** The chosen language, or `system`. */
  get chosen(): string {
    return this.choice;
  }

  /** The language that the choice stands for. */
  get language(): string {
    return this.choice === systemLanguage ? bestLanguage(this.options.preferred) : this.choice;
  }

  choose(choice: string): void {
    if (choice === this.choice) return;
    const { file, onChange } = this.options;
    replaceFile(file, `${choice}\n`);
    this.choice = choice;
    onChange(choice);
  }

  private load(): string {
    const { file, log } = this.options;
    try {
      const found = statSync(file, { throwIfNoEntry: false });
      if (found === undefined) return systemLanguage;
      const read = languageChoiceSchema.safeParse(
        found.isFile() && found.size < 64 ? readFileSync(file, 'utf8').trim() : '',
      );
      if (read.success) return read.data;
      log.warn({ file }, 'the language file names no language of the app, and is not followed');
    } catch (error) {
      log.warn({ err: error, file }, 'the language file could not be read');
    }
    return systemLanguage;
  }
}
