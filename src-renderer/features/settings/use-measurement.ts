import { useState } from 'react';
import type { ComputeBackendReport, ComputeId, DoctorReport } from '../../../src-shared/domain/app/catalog.ts';
import { request } from '../../api/client.ts';
import { queryClient, requestKey } from '../../api/query.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { settingsStrings as words } from '../../strings/settings.ts';

interface Measurement {
  /** The backend that is being timed; null while none is. */
  readonly measuring: ComputeId | null;
  /** Times every backend that works, one after the other; the doctor's report then has the rates. */
  start(backends: readonly ComputeBackendReport[]): Promise<void>;
}

export function useMeasurement(): Measurement {
  const [measuring, setMeasuring] = useState<ComputeId | null>(null);
  return {
    measuring,
    async start(backends) {
      try {
        for (const { id } of backends.filter(({ available }) => available)) {
          setMeasuring(id);
          const report = await request('app.measure', { backend: id });
          queryClient.setQueryData<DoctorReport>(
            requestKey('app.doctor', {}),
            (doctor) => doctor && withReport(doctor, report),
          );
        }
        // New measurements may change the selected backend and the reason.
        await queryClient.invalidateQueries({ queryKey: requestKey('app.doctor', {}) });
      } catch (error) {
        notifyFailure(error, words.notBenchmarked);
      } finally {
        setMeasuring(null);
      }
    },
  };
}

function withReport(doctor: DoctorReport, report: ComputeBackendReport): DoctorReport {
  return { ...doctor, backends: doctor.backends.map((backend) => (backend.id === report.id ? report : backend)) };
}
