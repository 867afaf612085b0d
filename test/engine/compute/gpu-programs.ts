import { ProgramRunner } from '../../../src-main/engine/compute/webgpu/program-runner.ts';

/** Returns the program runner of the active WebGPU backend. */
export function programsOf(backend: object): ProgramRunner {
  const programs: unknown = Reflect.get(backend, 'programs');
  if (!(programs instanceof ProgramRunner)) throw new Error('the WebGPU backend is not active');
  return programs;
}
