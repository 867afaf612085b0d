import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type Settings, type SettingsChanges, settingsSchema } from '../../../src-shared/domain/app/catalog.ts';
import { anyJson, toJson } from '../rows.ts';

const rowsSchema = z.array(z.object({ name: z.string(), value: z.string() }));

export class SettingsRepository {
  private readonly database: Database;
  /** Cached settings with the rows they came from: the queue reads them at every turn. */
  private kept: { readonly rows: string; readonly settings: Readonly<Settings> } | null = null;

  constructor(database: Database) {
    this.database = database;
  }

  /** All settings; a stored value that is no longer valid is replaced by the default. */
  get(): Settings {
    const found = this.database.prepare('SELECT name, value FROM settings').all();
    const text = toJson(found);
    if (this.kept?.rows === text) return { ...this.kept.settings };
    const rows = rowsSchema.parse(found);
    let settings = settingsSchema.parse({});
    for (const row of rows) {
      const value = anyJson.safeParse(row.value);
      if (!value.success) continue;
      const tried = settingsSchema.safeParse({ ...settings, [row.name]: value.data });
      if (tried.success) settings = tried.data;
    }
    this.kept = { rows: text, settings };
    return { ...settings };
  }

  set(values: SettingsChanges): void {
    const statement = this.database.prepare('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)');
    this.database.transaction(() => {
      for (const [name, value] of Object.entries(values)) {
        if (value !== undefined) statement.run(name, JSON.stringify(value));
      }
    })();
  }
}
