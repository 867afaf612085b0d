import type * as tf from '@tensorflow/tfjs-core';
import { flag, input, type KernelInputs, real, size } from '../../kernel-inputs.ts';
import type { GpuProgram } from '../program.ts';
import type { ProgramRunner } from '../program-runner.ts';
import type { GpuKernel } from './kernel.ts';
import { gpuMatmul } from './matmul.ts';
import { reductions } from './reduce.ts';

const workgroupSize = 128;

/** Logits of a block of rows: 32 MB. A hundred rows of a large vocabulary keep a GPU busy. */
const logitsAtOnce = 8 * 1024 * 1024;

const uniforms = [
  ['rows', 'u32'],
  ['classes', 'u32'],
  ['first_row', 'u32'],
] as const;

/** A workgroup a row: `peak`, `total` = Σ exp(logit − peak), its `label`. Ends those beyond the rows. */
const softmaxOfRow = `
  if (group >= u.rows) { return; }
  let start = group * u.classes;
  let label = labels[group + u.first_row];
  var highest = -1e30;
  for (var i = lane; i < u.classes; i += ${workgroupSize}u) { highest = max(highest, logits[start + i]); }
  let peak = max_all(highest, lane);
  var part = 0.0;
  for (var i = lane; i < u.classes; i += ${workgroupSize}u) { part += exp(logits[start + i] - peak); }
  let total = sum_all(part, lane);`;

/** Counts the labels that matter, at least 1. */
const countLabels = `
  var own = 0.0;
  for (var i = lane; i < arrayLength(&labels); i += ${workgroupSize}u) { own += select(0.0, 1.0, labels[i] != -100); }
  let counted = max(sum_all(own, lane), 1.0);`;

const writeGradient = (output: string) => `
  for (var i = lane; i < u.classes; i += ${workgroupSize}u) {
    let power = exp(logits[start + i] - peak) / total;
    ${output}[start + i] = select(power, power - 1.0, i32(i) == label) * factor;
  }`;

const lossOf = `log(total) - (logits[start + u32(max(label, 0))] - peak)`;

function rowProgram(name: string, reads: readonly string[], writes: readonly string[], body: string): GpuProgram {
  return {
    name,
    reads: reads.map((read) => ({ name: read, type: read === 'labels' ? 'i32' : 'f32' })),
    writes: writes.map((write) => ({ name: write, type: 'f32' })),
    uniforms,
    workgroup: [workgroupSize, 1, 1],
    declarations: reductions(workgroupSize),
    body,
  };
}

/** −log p of each row's label; 0 where it is ignored. */
const rowLosses = rowProgram(
  'cross_entropy_rows',
  ['logits', 'labels'],
  ['losses'],
  `${softmaxOfRow}
  if (lane == 0u) { losses[group + u.first_row] = select(${lossOf}, 0.0, label == -100); }`,
);

const gradient = rowProgram(
  'cross_entropy_gradient',
  ['logits', 'labels', 'dy'],
  ['dx'],
  `${softmaxOfRow}
${countLabels}
  let factor = select(dy[0] / counted, 0.0, label == -100);
${writeGradient('dx')}`,
);

/** Losses of a block of rows, whose logits become their gradients. */
const rowLossesAndGradient = rowProgram(
  'cross_entropy_in_place',
  ['labels'],
  ['logits', 'losses'],
  `${softmaxOfRow}
${countLabels}
  let factor = select(1.0 / counted, 0.0, label == -100);
  if (lane == 0u) { losses[group + u.first_row] = select(${lossOf}, 0.0, label == -100); }
  // The label's logit is read before it is overwritten.
  storageBarrier();
${writeGradient('logits')}`,
);

const mean: GpuProgram = {
  name: 'cross_entropy_mean',
  reads: [
    { name: 'losses', type: 'f32' },
    { name: 'labels', type: 'i32' },
  ],
  writes: [{ name: 'y', type: 'f32' }],
  uniforms: [['rows', 'u32']],
  workgroup: [workgroupSize, 1, 1],
  declarations: reductions(workgroupSize),
  body: `
${countLabels}
  var part = 0.0;
  for (var i = lane; i < u.rows; i += ${workgroupSize}u) { part += losses[i]; }
  let total = sum_all(part, lane);
  if (lane == 0u) { y[0] = total / counted; }`,
};

function meanLoss(gpu: ProgramRunner, losses: tf.TensorInfo, labels: tf.TensorInfo): tf.TensorInfo {
  const y = gpu.output([]);
  gpu.run(mean, { reads: [losses, labels], writes: [y], uniforms: [size(losses, 0)], workgroups: [1, 1, 1] });
  gpu.release(losses);
  return y;
}

function labelsOf(inputs: KernelInputs): tf.TensorInfo {
  const labels = input(inputs, 'labels');
  if (labels.dtype !== 'int32') throw new Error(`labels are ${labels.dtype}, not int32`);
  return labels;
}

const softmaxCrossEntropy: GpuKernel = {
  name: 'CotoSoftmaxCrossEntropy',
  run: (gpu, inputs) => {
    const [logits, labels] = [real(inputs, 'logits'), labelsOf(inputs)];
    const [rows, classes] = [size(logits, 0), size(logits, 1)];
    const losses = gpu.output([rows]);
    gpu.run(rowLosses, {
      reads: [logits, labels],
      writes: [losses],
      uniforms: [rows, classes, 0],
      workgroups: gpu.flat(rows),
    });
    return meanLoss(gpu, losses, labels);
  },
};

const softmaxCrossEntropyGradient: GpuKernel = {
  name: 'CotoSoftmaxCrossEntropyGradient',
  run: (gpu, inputs) => {
    const [logits, labels, dy] = [real(inputs, 'logits'), labelsOf(inputs), real(inputs, 'dy')];
    const [rows, classes] = [size(logits, 0), size(logits, 1)];
    const dx = gpu.output(logits.shape);
    gpu.run(gradient, {
      reads: [logits, labels, dy],
      writes: [dx],
      uniforms: [rows, classes, 0],
      workgroups: gpu.flat(rows),
    });
    return dx;
  },
};

/** Outputs: the loss, and the gradient of x for a loss gradient of 1 ([0] if it is not needed). */
const linearCrossEntropy: GpuKernel = {
  name: 'CotoLinearCrossEntropy',
  run: (gpu, inputs, attributes) => {
    const [x, weight, labels] = [real(inputs, 'x'), real(inputs, 'weight'), labelsOf(inputs)];
    const wantsGradient = flag(attributes, 'wantsGradient');
    const [rows, classes] = [size(x, 0), size(weight, 0)];
    const losses = gpu.output([rows]);
    const dx = gpu.output(wantsGradient ? x.shape : [0]);
    const most = Math.max(1, Math.floor(logitsAtOnce / classes));
    for (let first = 0; first < rows; first += most) {
      const count = Math.min(most, rows - first);
      const block = { first, count };
      const logits = gpuMatmul(gpu, { a: x, b: weight, transposeB: true, rows: block });
      const given = { uniforms: [count, classes, first], workgroups: gpu.flat(count) };
      if (!wantsGradient) gpu.run(rowLosses, { ...given, reads: [logits, labels], writes: [losses] });
      else {
        gpu.run(rowLossesAndGradient, { ...given, reads: [labels], writes: [logits, losses] });
        gpuMatmul(gpu, { a: logits, b: weight, into: { y: dx, firstRow: first } });
      }
      gpu.release(logits);
    }
    return [meanLoss(gpu, losses, labels), dx];
  },
};

export const lossKernels: readonly GpuKernel[] = [softmaxCrossEntropy, softmaxCrossEntropyGradient, linearCrossEntropy];
