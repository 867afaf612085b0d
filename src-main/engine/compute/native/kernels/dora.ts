import type { NativeBackend } from '../backend.ts';
import type { OptionalHandle } from '../kernel-calls.generated.ts';
import { multiply, subtract } from './binary.ts';
import {
  flag,
  type KernelAttributes,
  type KernelInputs,
  type NativeKernel,
  number,
  optional,
  real,
  size,
} from './kernel.ts';
import { lowRank, timesFactor } from './lora.ts';

/** Outputs as ops/linear/dora-linear.ts lists them: y, z, h (or y again), the inverse norms and the row scale. */
const linears = ['CotoDoraLinear', 'CotoDoraLinearDropout'].map<NativeKernel>((name) => ({
  name,
  run: (native, inputs, attributes) => {
    const [x, weight] = [real(inputs, 'x'), real(inputs, 'weight')];
    const [m, k, n] = [size(x, 0), size(x, 1), size(weight, 0)];
    if (k !== size(weight, 1)) throw new Error(`a linear of ${size(weight, 1)} inputs given ${k}`);
    const adapted = inputs['mask'] === undefined ? native.alias(x, x.shape) : multiply(native, x, real(inputs, 'mask'));
    // Before the row scale, which is short: the threads that made x are still awake then.
    const z = timesFactor(native, adapted, real(inputs, 'a'), false);
    const { inverse, rowScale } = rowScaleOf(native, inputs, attributes);
    const y = native.output([m, n]);
    const [b, result] = [native.handle(weight), native.handle(y)];
    const bfloat16 = flag(attributes, 'bfloat16');
    let bias = optional(native, inputs, 'bias');
    let addend: OptionalHandle = optional(native, inputs, 'residual');
    // The gradients make h again of y where nothing else is in it.
    const isPlain = inputs['mask'] === undefined && addend === 0 && size(z, 1) <= lowRank;
    const h = isPlain ? native.alias(y, y.shape) : native.output([m, n]);
    if (inputs['mask'] !== undefined) {
      // The dropped part of x goes through the base alone, and the rest is added in place.
      const rest = subtract(native, x, adapted);
      const a = native.handle(rest);
      native.kernels.gemm({ a, b, c: result, m, n, k, transposeB: true, packs: b, bfloat16, bias, addend });
      native.release(rest);
      [bias, addend] = [0, result];
    }
    native.kernels.gemm({
      a: native.handle(adapted),
      b,
      c: native.handle(h),
      m,
      n,
      k,
      transposeB: true,
      packs: b,
      bfloat16,
      bias,
      addend,
      k2: size(z, 1),
      a2: native.handle(z),
      b2: native.handle(real(inputs, 'b')),
      transposeB2: true,
      scale2: number(attributes, 'scaling'),
      rowScale: native.handle(rowScale),
      scaled: isPlain ? 0 : result,
    });
    native.release(adapted);
    return [y, z, h, inverse, rowScale];
  },
}));

/** 1 / ‖W + s·B·A‖ and m / ‖W + s·B·A‖ by output. */
function rowScaleOf(native: NativeBackend, inputs: KernelInputs, attributes: KernelAttributes) {
  const [weight, a] = [real(inputs, 'weight'), real(inputs, 'a')];
  const [outputs, columns] = [size(weight, 0), size(weight, 1)];
  const [inverse, rowScale] = [native.output([outputs]), native.output([outputs])];
  native.kernels.doraRowScale(
    native.handle(weight),
    native.handle(a),
    native.handle(real(inputs, 'b')),
    native.handle(real(inputs, 'magnitude')),
    native.handle(inverse),
    native.handle(rowScale),
    outputs,
    columns,
    size(a, 0),
    number(attributes, 'scaling'),
  );
  return { inverse, rowScale };
}

/** Outputs: dh, and the gradient of the magnitudes. */
const gradient: NativeKernel = {
  name: 'CotoRowScaleGradient',
  run: (native, inputs) => {
    const dy = real(inputs, 'dy');
    const [rows, width] = [size(dy, 0), size(dy, 1)];
    const [dh, sums] = [native.output([rows, width]), native.output([width])];
    native.kernels.rowScaleGradient(
      native.handle(dy),
      native.handle(real(inputs, 'h')),
      native.handle(real(inputs, 'rowScale')),
      native.handle(real(inputs, 'inverse')),
      native.handle(dh),
      native.handle(sums),
      rows,
      width,
    );
    return [dh, sums];
  },
};

export const doraKernels: readonly NativeKernel[] = [...linears, gradient];
