import { activeBackend } from './active-backend.ts';
import type { PassRecorder } from './pass-recorder.ts';

/** Returns the active backend's recorder; null if it records nothing. */
export function passRecorder(): PassRecorder | null {
  return activeBackend()?.passRecorder?.() ?? null;
}
