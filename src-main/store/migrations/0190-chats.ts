import type { Migration } from './migration.ts';

/** Conversations of the Playground. They outlive the model they were had with. */
export const migration: Migration = {
  version: 190,
  name: 'chats',
  up(database) {
    database.exec(`
      CREATE TABLE chats (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        model_id TEXT NOT NULL,
        content TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
    `);
  },
};
