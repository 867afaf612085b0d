import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type Settings, type SettingsChanges, settingsSchema } from '../../../src-shared/domain/catalog.ts';
import { jsonColumn } from '../rows.ts';

const rowSchema = z.object({ name: z.string(), value: z.string() });
const valueSchema = jsonColumn(z.unknown());

export class SettingsRepository {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** All settings; a stored value that is no longer valid is replaced by the default. */
  get(): Settings {
    const rows = z.array(rowSchema).parse(this.database.prepare('SELECT name, value FROM settings').all());
    let settings = settingsSchema.parse({});
    for (const row of rows) {
      const value = valueSchema.safeParse(row.value);
      if (!value.success) continue;
      const tried = settingsSchema.safeParse({ ...settings, [row.name]: value.data });
      if (tried.success) settings = tried.data;
    }
    return settings;
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
