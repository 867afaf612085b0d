/** Choice of a compute backend, its memory layout, its setup and the use of the device. Loads no backend. */
export { type BackendMemory, backendMemory } from '../compute/backend-memory.ts';
export { nativeBuild } from '../compute/native/build-record.ts';
export {
  type ComputeChoice,
  computeIsolation,
  type EngineIsolation,
  preferred,
  withChoice,
} from '../compute/selection.ts';
export { libraryPath } from '../compute/tensorflow/installation.ts';
export { setupProgressSchema } from '../compute/tensorflow/setup/progress.ts';
export { UsageMeter } from '../compute/usage/index.ts';
