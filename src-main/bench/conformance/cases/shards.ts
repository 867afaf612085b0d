import { blockAffineLinear } from '../../../engine/ops/linear/block-affine-linear.ts';
import { shardUpdate } from '../../../engine/ops/linear/shard-update.ts';
import { get, multiply, transpose } from '../reference.ts';
import { matrix, type OperationCase, withFrozen } from './operation-case.ts';

const scaling = 0.7;
const rows = 5;

interface Sizes {
  readonly inputs: number;
  readonly outputs: number;
  readonly r: number;
  /** Outputs after which the shard repeats. */
  readonly width: number;
}

const shards = (sizes: Sizes, { masked = false, residual = false } = {}): OperationCase => {
  const { inputs, outputs, r, width } = sizes;
  return {
    name: `shard update ${inputs} → ${outputs}, r ${r}, width ${width}${masked ? ', dropout' : ''}${residual ? ', residual' : ''}`,
    shapes: { x: [rows, inputs], block: [r, width], mask: [rows, inputs], residual: [rows, outputs] },
    wanted: ['x', 'block', ...(residual ? ['residual'] : [])],
    run: (take) =>
      shardUpdate(
        matrix(take, 'x'),
        { block: take('block'), outputs, scaling },
        { mask: masked ? matrix(take, 'mask') : null, residual: residual ? matrix(take, 'residual') : undefined },
      ),
    reference: (take) => {
      const x = masked ? take('x').map((value, at) => value * get(take('mask'), at)) : take('x');
      const delta = Array.from({ length: outputs * inputs }, (_, at) => {
        const [output, input] = [Math.floor(at / inputs), at % inputs];
        return get(take('block'), (input % r) * width + (output % width));
      });
      return multiply(x, transpose(delta, outputs, inputs), rows, inputs, outputs).map(
        (value, at) => scaling * value + (residual ? get(take('residual'), at) : 0),
      );
    },
  };
};

const affine = (inputs: number, outputs: number, r: number, residual = false): OperationCase => ({
  name: `block affine linear ${inputs} → ${outputs}, r ${r}${residual ? ', residual' : ''}`,
  shapes: {
    x: [rows, inputs],
    weight: [outputs, inputs],
    bias: [outputs],
    block: [outputs / r, r, r],
    residual: [rows, outputs],
  },
  wanted: ['x', 'block', ...(residual ? ['residual'] : [])],
  run: (take) =>
    withFrozen(take, (frozen) =>
      blockAffineLinear(
        matrix(take, 'x'),
        frozen,
        { block: take('block'), scaling },
        { residual: residual ? matrix(take, 'residual') : undefined, blockValues: 2 * r * inputs },
      ),
    ),
  reference: (take) => {
    const [weight, block] = [take('weight'), take('block')];
    const changed = weight.map((value, at) => {
      const [output, input] = [Math.floor(at / inputs), at % inputs];
      const [p, a, q, b] = [Math.floor(output / r), output % r, Math.floor(input / r), input % r];
      const m = (row: number) => get(block, (p * r + row) * r + b);
      let delta = m(a);
      for (let c = 0; c < r; c++) delta += get(weight, output * inputs + q * r + c) * m(c);
      return value + scaling * delta;
    });
    return multiply(take('x'), transpose(changed, outputs, inputs), rows, inputs, outputs).map(
      (value, at) => value + get(take('bias'), at % outputs) + (residual ? get(take('residual'), at) : 0),
    );
  },
});

export const shardCases: readonly OperationCase[] = [
  shards({ inputs: 12, outputs: 10, r: 4, width: 10 }),
  shards({ inputs: 12, outputs: 10, r: 4, width: 10 }, { masked: true, residual: true }),
  shards({ inputs: 11, outputs: 10, r: 4, width: 5 }),
  shards({ inputs: 11, outputs: 10, r: 4, width: 5 }, { masked: true, residual: true }),
  affine(12, 15, 3),
  affine(12, 15, 3, true),
];
