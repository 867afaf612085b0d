import type { AdapterRecord } from '../../../../src-shared/domain/adapter.ts';
import type { ExportTargetDeclaration } from '../../../../src-shared/domain/export.ts';
import type { ModelRecord } from '../../../../src-shared/domain/model.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameter.ts';
import type { JobContext } from '../../jobs/define-job.ts';
import type { Services } from '../../services.ts';

/** What is exported. */
export interface ExportSource {
  readonly adapter: AdapterRecord;
  /** The adapter's PEFT folder, absolute. */
  readonly directory: string;
  readonly model: ModelRecord;
  /** Of the target, with its defaults filled in. */
  readonly parameters: ParameterValues;
}

/** A form in which an adapter leaves the studio: one file declares it, `index.ts` lists it. */
export interface ExportTarget {
  readonly declaration: ExportTargetDeclaration;
  /** Writes to `path`, where nothing is yet; whole or not at all. Throws StudioError where it cannot be said in this form. */
  write(source: ExportSource, path: string, services: Services, context: JobContext): Promise<void>;
}
