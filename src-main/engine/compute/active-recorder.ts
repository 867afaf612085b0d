import { activeBackend } from './active-backend.ts';
import type { PassRecorder } from './pass-recorder.ts';

/** Of the active backend; null where it records nothing. */
export function passRecorder(): PassRecorder | null {
  return activeBackend()?.passRecorder?.() ?? null;
}
