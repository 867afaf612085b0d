import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type ChatRecord, type ChatSummary, chatContentSchema } from '../../../src-shared/domain/generation/chat.ts';
import type { RowReader } from '../row-reader.ts';
import { jsonColumn, toJson } from '../rows.ts';

const summarySchema = z
  .object({ id: z.string(), name: z.string(), model_id: z.string(), updated_at: z.number() })
  .transform(({ model_id, updated_at, ...row }): ChatSummary => ({ ...row, modelId: model_id, updatedAt: updated_at }));
const summariesSchema = z.array(summarySchema);

const rowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    model_id: z.string(),
    content: jsonColumn(chatContentSchema),
    created_at: z.number(),
    updated_at: z.number(),
  })
  .transform(
    ({ model_id, created_at, updated_at, ...row }): ChatRecord => ({
      ...row,
      modelId: model_id,
      createdAt: created_at,
      updatedAt: updated_at,
    }),
  );

/** Conversations of the Playground. */
export class ChatRepository {
  private readonly database: Database;
  private readonly rows: RowReader;

  constructor(database: Database, rows: RowReader) {
    this.database = database;
    this.rows = rows;
  }

  /** The last changed first. */
  list(): ChatSummary[] {
    const rows = this.database
      .prepare('SELECT id, name, model_id, updated_at FROM chats ORDER BY updated_at DESC, id')
      .all();
    return summariesSchema.parse(rows);
  }

  find(id: string): ChatRecord | null {
    const row = this.database.prepare('SELECT * FROM chats WHERE id = ?').get(id);
    return row === undefined ? null : this.rows.one('chat', rowSchema, row);
  }

  /** Null also for one that cannot be read. */
  readable(id: string): ChatRecord | null {
    const rows = this.database.prepare('SELECT * FROM chats WHERE id = ?').all(id);
    return this.rows.all('chat', rowSchema, rows)[0] ?? null;
  }

  save(chat: ChatRecord): void {
    this.database
      .prepare(
        `INSERT OR REPLACE INTO chats (id, name, model_id, content, created_at, updated_at)
         VALUES (@id, @name, @modelId, @content, @createdAt, @updatedAt)`,
      )
      .run({ ...chat, content: toJson(chat.content) });
  }

  remove(id: string): void {
    this.database.prepare('DELETE FROM chats WHERE id = ?').run(id);
  }
}
