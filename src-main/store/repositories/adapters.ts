import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type AdapterRecord, adapterOriginSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { foreignBaseSchema } from '../../../src-shared/domain/models/model.ts';
import { parameterValuesSchema } from '../../../src-shared/domain/parameters/parameter.ts';
import { cotoSettingsSchema } from '../../../src-shared/domain/runs/coto.ts';
import type { RowReader } from '../row-reader.ts';
import { booleanColumn, isFolderName, jsonColumn, textColumn, toBit, toJson, toNullableJson } from '../rows.ts';

const rowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    folder: z.string(),
    model_id: z.string().nullable(),
    foreign_base: jsonColumn(foreignBaseSchema).nullable(),
    variant: z.string(),
    parameters: jsonColumn(parameterValuesSchema),
    target_modules: jsonColumn(z.array(z.string())),
    layers: jsonColumn(z.array(z.number())),
    modules_to_save: jsonColumn(z.array(z.string())),
    coto: jsonColumn(cotoSettingsSchema).nullable(),
    origin: jsonColumn(adapterOriginSchema),
    dataset_id: z.string().nullable(),
    accuracy: z.number().nullable(),
    metrics: jsonColumn(z.record(z.string(), z.number())),
    parameter_count: z.number(),
    size_bytes: z.number(),
    sha256: z.string(),
    config_sha256: z.string().nullable(),
    created_at: z.number(),
    archived: booleanColumn,
    tags: jsonColumn(z.array(z.string())),
    starred: booleanColumn,
  })
  .refine(({ id, folder }) => isFolderName(id) && folder === `adapters/${id}`, {
    path: ['folder'],
    message: 'this is not the folder adapters/ with the id of the adapter',
  })
  .transform(
    (row): AdapterRecord => ({
      id: row.id,
      name: row.name,
      folder: row.folder,
      modelId: row.model_id,
      foreignBase: row.foreign_base,
      variant: row.variant,
      parameters: row.parameters,
      targetModules: row.target_modules,
      layers: row.layers,
      modulesToSave: row.modules_to_save,
      coto: row.coto,
      origin: row.origin,
      datasetId: row.dataset_id,
      accuracy: row.accuracy,
      metrics: row.metrics,
      parameterCount: row.parameter_count,
      sizeBytes: row.size_bytes,
      sha256: row.sha256,
      ...(row.config_sha256 === null ? {} : { configSha256: row.config_sha256 }),
      createdAt: row.created_at,
      archived: row.archived,
      tags: row.tags,
      starred: row.starred,
    }),
  );

/** Adapters below the home. */
export class AdapterRepository {
  private readonly database: Database;
  private readonly rows: RowReader;

  constructor(database: Database, rows: RowReader) {
    this.database = database;
    this.rows = rows;
  }

  list(): AdapterRecord[] {
    return this.rows.all(
      'adapter',
      rowSchema,
      this.database.prepare('SELECT * FROM adapters ORDER BY created_at DESC, id').all(),
    );
  }

  /** Returns the folders of all rows, including unreadable ones. */
  folders(): string[] {
    return textColumn.parse(this.database.prepare('SELECT folder FROM adapters').pluck().all());
  }

  find(id: string): AdapterRecord | null {
    const row = this.database.prepare('SELECT * FROM adapters WHERE id = ?').get(id);
    return row === undefined ? null : this.rows.one('adapter', rowSchema, row);
  }

  countOfModel(modelId: string): number {
    return z
      .object({ n: z.number() })
      .parse(this.database.prepare('SELECT count(*) AS n FROM adapters WHERE model_id = ?').get(modelId)).n;
  }

  insert(adapter: AdapterRecord): void {
    this.database
      .prepare(
        `INSERT INTO adapters (id, name, folder, model_id, foreign_base, variant, parameters, target_modules, layers, modules_to_save,
           coto, origin, dataset_id, accuracy, metrics, parameter_count, size_bytes, sha256, config_sha256, created_at, archived, tags, starred)
         VALUES (@id, @name, @folder, @modelId, @foreignBase, @variant, @parameters, @targetModules, @layers, @modulesToSave,
           @coto, @origin, @datasetId, @accuracy, @metrics, @parameterCount, @sizeBytes, @sha256, @configSha256, @createdAt, @archived, @tags, @starred)`,
      )
      .run({
        ...adapter,
        foreignBase: toNullableJson(adapter.foreignBase),
        parameters: toJson(adapter.parameters),
        targetModules: toJson(adapter.targetModules),
        layers: toJson(adapter.layers),
        modulesToSave: toJson(adapter.modulesToSave),
        coto: toNullableJson(adapter.coto),
        configSha256: adapter.configSha256 ?? null,
        origin: toJson(adapter.origin),
        metrics: toJson(adapter.metrics),
        archived: toBit(adapter.archived),
        tags: toJson(adapter.tags),
        starred: toBit(adapter.starred),
      });
  }

  update(
    id: string,
    values: {
      name?: string | undefined;
      archived?: boolean | undefined;
      accuracy?: number | undefined;
      tags?: readonly string[] | undefined;
      starred?: boolean | undefined;
    },
  ): void {
    this.database
      .prepare(
        `UPDATE adapters SET name = coalesce(@name, name), archived = coalesce(@archived, archived),
           accuracy = coalesce(@accuracy, accuracy), tags = coalesce(@tags, tags), starred = coalesce(@starred, starred)
         WHERE id = @id`,
      )
      .run({
        id,
        name: values.name ?? null,
        archived: values.archived === undefined ? null : toBit(values.archived),
        accuracy: values.accuracy ?? null,
        tags: toNullableJson(values.tags),
        starred: values.starred === undefined ? null : toBit(values.starred),
      });
  }

  saveConfigHash(id: string, sha256: string): void {
    this.database.prepare('UPDATE adapters SET config_sha256 = ? WHERE id = ?').run(sha256, id);
  }

  remove(id: string): void {
    this.database.prepare('DELETE FROM adapters WHERE id = ?').run(id);
  }
}
