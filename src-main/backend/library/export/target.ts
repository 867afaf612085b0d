import type { AdapterRecord } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { ExportTargetDeclaration } from '../../../../src-shared/domain/app/export.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { JobContext } from '../../jobs/job-context.ts';
import type { Services } from '../../services/services.ts';
import type { AdapterBase } from '../adapters/adapter-base.ts';

/** The adapter to export. */
export interface ExportSource {
  readonly adapter: AdapterRecord;
  /** The adapter's PEFT folder, absolute. */
  readonly directory: string;
  readonly base: AdapterBase;
  /** Parameters of the target, with defaults filled in. */
  readonly parameters: ParameterValues;
}

/** An export format: one file declares it, `index.ts` lists it. */
export interface ExportTarget {
  readonly declaration: ExportTargetDeclaration;
  /**
   * Writes atomically to `path`, which does not exist yet. Throws StudioError if the format cannot represent the
   * adapter. Returns a note on the result, without a full stop; null: none.
   */
  write(source: ExportSource, path: string, services: Services, context: JobContext): Promise<string | null>;
}
