/** Compute backends in use: activation, devices and counters. Loads their kernels. */
export { activeBackend } from '../compute/active-backend.ts';
export type { ComputeBackend } from '../compute/compute-backend.ts';
export { resolveComputeDtype } from '../compute/compute-dtype.ts';
export { activateCompute, computeBackends, computeFailure, reportOn } from '../compute/index.ts';
export { NativeBackend } from '../compute/native/backend.ts';
export { gpuCounters } from '../compute/webgpu/counters.ts';
export { type FoundAdapter, findAdapter } from '../compute/webgpu/device.ts';
