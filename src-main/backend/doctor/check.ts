import type { CheckFinding } from '../../../src-shared/domain/app/doctor-check.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';

/** Something of the home that `coto doctor` looks at: one file and one line of the list. */
export interface DoctorCheck {
  readonly id: string;
  /** Name of the check in lists. */
  readonly label: string;
  /** None where all is well. */
  run(services: HandlerServices): Promise<CheckFinding[]> | CheckFinding[];
}
