/** Schema version of these columns. Newer migrations run normally. */
export const newestColumnsVersion = 270;

/**
 * The columns of each table at the newest schema version, in order: a start need not carry all migrations out in memory to know
 * them. test/store/migrations.test.ts holds this to what the migrations make.
 */
export const newestColumns: Readonly<Record<string, string>> = {
  adapter_pairs: 'key, content, pairs, created_at',
  adapters:
    'id, name, folder, model_id, foreign_base, variant, parameters, target_modules, layers, modules_to_save, coto, origin, dataset_id, accuracy, parameter_count, size_bytes, sha256, created_at, archived, metrics, tags, starred, config_sha256',
  bundle_results: 'key, attempt, bundle_id, run_id, manifest, created_at',
  bundles: 'id, folder, study_id, created_at',
  changed_records: 'sequence, kind, id',
  chats: 'id, name, model_id, content, created_at, updated_at',
  checkpoints: 'run_id, folder, kind, step, accuracy, resumable',
  datasets: 'id, name, bundled, licence, provenance, source, description, created_at',
  descriptions: 'kind, path, stamp, description',
  job_dependencies: 'job_id, position, after_id',
  job_results: 'job_id, result',
  jobs: 'sequence, id, kind, title, status, subject_id, payload, progress, error, created_at, started_at, finished_at, parent_id, position',
  mask_scores: 'key, mask, block, weight, accuracy, loss',
  mask_tables: 'key, content, outline, created_at',
  masks: 'run_id, first_step, step_count, group_count, bits',
  metric_buckets: 'run_id, name, bucket, count, mean_step, last_step, low, high, mean',
  metrics: 'run_id, name, step, value',
  models: 'id, name, path, bundled, provenance, description, created_at',
  reports: 'id, name, path, study_ids, created_at, run_ids, note',
  run_contents: 'run_id, key',
  run_log: 'id, run_id, at, level, text',
  runs: 'id, name, status, config, model_id, dataset_id, tags, note, starred, archived, study_id, step, facts, result, adapter_id, error, folder, created_at, started_at, finished_at, origin, is_staged, history_id',
  sample_answers: 'run_id, step, milliseconds, answers',
  sample_inputs: 'run_id, place, input, pixels',
  scores: 'key, content, score, created_at',
  settings: 'name, value',
  studies: 'id, name, kind, status, config, result, error, parent_id, created_at, finished_at, provenance, target',
  submissions: 'id, study_id, generation, target, folder, status, parts, runs, known_failures, created_at',
  targets: 'id, kind, host, parameters',
  tunings: 'key, study_id, record, created_at',
};
