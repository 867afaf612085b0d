import { ProgramRunner } from '../../../src-main/engine/compute/webgpu/program-runner.ts';

/** What runs our programs on the active WebGPU backend. */
export function programsOf(backend: object): ProgramRunner {
  const programs: unknown = Reflect.get(backend, 'programs');
  if (!(programs instanceof ProgramRunner)) throw new Error('the WebGPU backend is not active');
  return programs;
}
