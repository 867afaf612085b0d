import { number, real, size } from '../../kernel-inputs.ts';
import { type GpuBinding, type GpuProgram, programVariants } from '../program.ts';
import { type GpuKernel, type Lanes, laneCount, lanesOf } from './kernel.ts';
import { reductions } from './reduce.ts';

/** A workgroup a row. */
const workgroupSize = 64;

interface RowProgram {
  readonly name: string;
  readonly reads: readonly string[];
  readonly write: string;
  readonly body: string;
}

/** `total` adds up the values of a row's part; `each(statement)` goes through the row by `i`. */
function programOf({ name, reads, write, body }: RowProgram, type: Lanes): GpuProgram {
  const binding = (bound: string): GpuBinding => ({ name: bound, type });
  return {
    name,
    reads: reads.map(binding),
    writes: [binding(write)],
    uniforms: [
      ['rows', 'u32'],
      ['columns', 'u32'],
      ['epsilon', 'f32'],
    ],
    workgroup: [workgroupSize, 1, 1],
    declarations: `
alias T = ${type};
fn total(value: T) -> f32 { return ${type === 'f32' ? 'value' : 'dot(value, vec4<f32>(1.0))'}; }
${reductions(workgroupSize)}`,
    body: `
  let row = group;
  if (row >= u.rows) { return; }
  let start = row * u.columns;
  let size = f32(u.columns * ${laneCount(type)}u);
${body}`,
  };
}

const each = (statement: string) => `
  for (var i = lane; i < u.columns; i += ${workgroupSize}u) { ${statement} }`;

const meanOf = (name: string, value: string) => `
  var ${name}_part = T(0.0);
  ${each(`${name}_part += ${value};`)}
  let ${name} = sum_all(total(${name}_part), lane) / size;`;

const rootMeanSquare = `
  ${meanOf('square', 'x[start + i] * x[start + i]')}
  let inverse = inverseSqrt(square + u.epsilon);`;

const moments = `
  ${meanOf('center', 'x[start + i]')}
  ${meanOf('variance', '(x[start + i] - center) * (x[start + i] - center)')}
  let inverse = inverseSqrt(variance + u.epsilon);`;

const forward = (name: string, reads: readonly string[], body: string) =>
  programVariants((lanes: Lanes) => programOf({ name, reads, write: 'y', body }, lanes));

const layerNorm = forward(
  'layer_norm',
  ['x', 'scale', 'shift'],
  `${moments}${each('y[start + i] = (x[start + i] - center) * inverse * scale[i] + shift[i];')}`,
);

const rmsNorm = forward(
  'rms_norm',
  ['x', 'scale'],
  `${rootMeanSquare}${each('y[start + i] = x[start + i] * inverse * scale[i];')}`,
);

/** With g = dy ∘ scale: inverse · (g − mean(g) − normalized · mean(g ∘ normalized)) [+ addend]; RMS norm has no mean(g). */
const gradient = (name: string, isCentered: boolean) =>
  programVariants((lanes: Lanes, hasAddend: boolean) => {
    const normalized = isCentered ? '(x[start + i] - center) * inverse' : 'x[start + i] * inverse';
    const body = `
  ${isCentered ? moments : rootMeanSquare}
  ${meanOf('along', `dy[start + i] * scale[i] * ${normalized}`)}
  ${isCentered ? meanOf('level', 'dy[start + i] * scale[i]') : 'let level = 0.0;'}
  ${each(`
    let rest = dy[start + i] * scale[i] - level - ${normalized} * along;
    dx[start + i] = inverse * rest${hasAddend ? ' + addend[start + i]' : ''};`)}`;
    const reads = ['x', 'scale', 'dy', ...(hasAddend ? ['addend'] : [])];
    return programOf({ name: `${name}_gradient`, reads, write: 'dx', body }, lanes);
  });

const layerNormGradient = gradient('layer_norm', true);
const rmsNormGradient = gradient('rms_norm', false);

function rowKernel(name: string, needed: readonly string[], choose: (lanes: Lanes, hasAddend: boolean) => GpuProgram) {
  const kernel: GpuKernel = {
    name,
    run: (gpu, inputs, attributes) => {
      const hasAddend = inputs['addend'] !== undefined;
      const reads = [...needed, ...(hasAddend ? ['addend'] : [])].map((read) => real(inputs, read));
      const x = real(inputs, 'x');
      const [rows, columns] = [size(x, 0), size(x, 1)];
      const lanes = lanesOf(columns);
      const y = gpu.output(x.shape);
      const uniforms = [rows, columns / laneCount(lanes), number(attributes, 'epsilon')];
      gpu.run(choose(lanes, hasAddend), { reads, writes: [y], uniforms, workgroups: gpu.flat(rows) });
      return y;
    },
  };
  return kernel;
}

export const normKernels: readonly GpuKernel[] = [
  rowKernel('CotoLayerNorm', ['x', 'scale', 'shift'], layerNorm),
  rowKernel('CotoRmsNorm', ['x', 'scale'], rmsNorm),
  rowKernel('CotoLayerNormGradient', ['x', 'scale', 'dy'], layerNormGradient),
  rowKernel('CotoRmsNormGradient', ['x', 'scale', 'dy'], rmsNormGradient),
];
