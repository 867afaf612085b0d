import type * as tf from '@tensorflow/tfjs-core';
import { count } from '../../kernel-inputs.ts';
import { type GpuProgram, programVariants } from '../program.ts';
import type { ProgramRunner } from '../program-runner.ts';
import { type Lanes, laneCount, lanesOf } from './kernel.ts';

const workgroupSize = 128;

/** A function of values at the same place of tensors of one shape. */
export interface ElementwiseProgram {
  readonly name: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** With `T`, the type of the values, for a value or four at once. */
  readonly declarations?: string;
  /** Statements that set writes[i] by reads[i]. */
  readonly body: string;
}

/** Runs it on tensors of one shape, into new ones. */
export type Elementwise = (gpu: ProgramRunner, ...reads: readonly tf.TensorInfo[]) => tf.TensorInfo[];

export function elementwise(definition: ElementwiseProgram): Elementwise {
  const programs = programVariants((lanes: Lanes) => programOf(definition, lanes));
  return (gpu, ...reads) => {
    const [shape, total] = [reads[0]?.shape ?? [], reads[0] === undefined ? 0 : count(reads[0])];
    const lanes = lanesOf(total);
    const writes = definition.writes.map(() => gpu.output(shape));
    const length = total / laneCount(lanes);
    const workgroups = gpu.flat(Math.ceil(length / workgroupSize));
    gpu.run(programs(lanes), { reads, writes, uniforms: [length], workgroups });
    return writes;
  };
}

function programOf({ name, reads, writes, declarations = '', body }: ElementwiseProgram, type: Lanes): GpuProgram {
  return {
    name,
    reads: reads.map((read) => ({ name: read, type })),
    writes: writes.map((write) => ({ name: write, type })),
    uniforms: [['count', 'u32']],
    workgroup: [workgroupSize, 1, 1],
    declarations: `alias T = ${type};\n${declarations}`,
    body: `let i = invocation;\nif (i >= u.count) { return; }\n${body}`,
  };
}
