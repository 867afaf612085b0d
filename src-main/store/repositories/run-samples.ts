import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import {
  type RunSamples,
  type SampledStep,
  type SampleInput,
  sampleAnswerSchema,
  sampleInputSchema,
} from '../../../src-shared/domain/runs/run-samples.ts';
import { jsonColumn, toJson } from '../rows.ts';

const inputRowsSchema = z.array(
  z
    .object({ input: jsonColumn(z.looseObject({})), pixels: z.instanceof(Uint8Array).nullable() })
    .transform(({ input, pixels }) =>
      sampleInputSchema.parse(pixels === null ? input : { ...input, pixels: Uint8Array.from(pixels) }),
    ),
);
const stepRowsSchema = z.array(
  z.object({
    step: z.number(),
    milliseconds: z.number(),
    answers: jsonColumn(z.array(sampleAnswerSchema)),
  }),
);

/** Answers of runs to the same inputs at each of their evaluations. */
export class RunSampleRepository {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** Takes the place of what is known of the run's inputs. */
  saveInputs(runId: string, inputs: readonly SampleInput[]): void {
    const insert = this.database.prepare(
      'INSERT INTO sample_inputs (run_id, place, input, pixels) VALUES (?, ?, ?, ?)',
    );
    this.database.transaction(() => {
      this.database.prepare('DELETE FROM sample_inputs WHERE run_id = ?').run(runId);
      for (const [place, input] of inputs.entries()) {
        const pixels = input.kind === 'image' ? input.pixels : null;
        insert.run(runId, place, toJson({ ...input, pixels: undefined }), pixels);
      }
    })();
  }

  saveAnswers(runId: string, { step, milliseconds, answers }: SampledStep): void {
    this.database
      .prepare('INSERT OR REPLACE INTO sample_answers (run_id, step, milliseconds, answers) VALUES (?, ?, ?, ?)')
      .run(runId, step, milliseconds, toJson(answers));
  }

  find(runId: string): RunSamples {
    const inputs = this.database
      .prepare('SELECT input, pixels FROM sample_inputs WHERE run_id = ? ORDER BY place')
      .all(runId);
    const steps = this.database
      .prepare('SELECT step, milliseconds, answers FROM sample_answers WHERE run_id = ? ORDER BY step')
      .all(runId);
    return { inputs: inputRowsSchema.parse(inputs), steps: stepRowsSchema.parse(steps) };
  }

  /** Deletes the answers of evaluations after `step` steps; the one at `step` stays. */
  truncate(runId: string, step: number): void {
    this.database.prepare('DELETE FROM sample_answers WHERE run_id = ? AND step > ?').run(runId, step);
  }
}
