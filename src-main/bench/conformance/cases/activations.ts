import type { Activation } from '../../../engine/ops/activation/activate.ts';
import { gated as gatedBy } from '../../../engine/ops/activation/gated.ts';
import { gatedPair } from '../../../engine/ops/activation/gated-pair.ts';
import { softCap } from '../../../engine/ops/activation/soft-cap.ts';
import { activate, elementwise, gatedSilu, gelu, trainedLinear } from '../../../engine/ops/index.ts';
import { addMultiple, scaled } from '../../../engine/ops/linear/add-multiple.ts';
import { gelu as geluOf, geluTanh, get } from '../reference.ts';
import { matrix, type OperationCase } from './operation-case.ts';

const gaussian = (rows: number, columns: number, spread: number, form: 'gelu' | 'gelu_tanh'): OperationCase => ({
  name: `${form} ${rows} × ${columns}, values around ±${spread}`,
  shapes: { x: [rows, columns] },
  wanted: ['x'],
  spread,
  run: (take) => gelu(matrix(take, 'x'), form),
  reference: (take) => take('x').map(form === 'gelu' ? geluOf : geluTanh),
});

/** The derivative itself, which is not differentiated. */
const derivative = (form: Activation, value: (x: number) => number): OperationCase => ({
  name: `derivative of ${form}`,
  shapes: { x: [5, 13] },
  wanted: [],
  spread: 2,
  run: (take) => {
    const { derivative: made } = activate(matrix(take, 'x'), form, true);
    if (made === undefined) throw new Error('no derivative');
    return made;
  },
  reference: (take) => take('x').map((x) => (value(x + 1e-5) - value(x - 1e-5)) / 2e-5),
});

/** The value and the derivative as a linear reads both. */
const beforeLinear = (form: Activation, value: (x: number) => number): OperationCase => ({
  name: `${form}, then a linear that applies its derivative`,
  shapes: { x: [5, 12], weight: [7, 12] },
  wanted: ['x'],
  spread: 2,
  run: (take) => {
    const { value: activated, derivative: slope } = activate(matrix(take, 'x'), form, true);
    return trainedLinear(activated, matrix(take, 'weight'), null, { derivative: slope });
  },
  reference: (take) => {
    const [x, weight] = [take('x'), take('weight')];
    return Array.from({ length: 5 * 7 }, (_, at) => {
      const [row, output] = [Math.floor(at / 7), at % 7];
      return Array.from({ length: 12 }, (_, column) => column).reduce(
        (sum, column) => sum + value(get(x, row * 12 + column)) * get(weight, output * 12 + column),
        0,
      );
    });
  },
});

const gated = (rows: number, columns: number, spread: number): OperationCase => ({
  name: `gated SiLU ${rows} × ${columns}, values around ±${spread}`,
  shapes: { gate: [rows, columns], up: [rows, columns] },
  wanted: ['gate', 'up'],
  spread,
  run: (take) => gatedSilu(matrix(take, 'gate'), matrix(take, 'up')),
  reference: (take) => take('gate').map((gate, index) => (gate / (1 + Math.exp(-gate))) * get(take('up'), index)),
});

const gatedForms = { gelu: geluOf, gelu_tanh: geluTanh, relu: (x: number) => Math.max(0, x) };

const gatedWith = (form: keyof typeof gatedForms): OperationCase => ({
  name: `gated ${form} 5 × 9`,
  shapes: { gate: [5, 9], up: [5, 9] },
  wanted: ['gate', 'up'],
  spread: 2,
  run: (take) => gatedBy(matrix(take, 'gate'), matrix(take, 'up'), form),
  reference: (take) => take('gate').map((gate, index) => gatedForms[form](gate) * get(take('up'), index)),
});

const halves = (form: 'silu' | keyof typeof gatedForms): OperationCase => ({
  name: `gated ${form} of halves 5 × 8`,
  shapes: { x: [5, 8] },
  wanted: ['x'],
  spread: 2,
  run: (take) => gatedPair(matrix(take, 'x'), { activation: form }, false),
  reference: (take) => {
    const [x, open] = [take('x'), form === 'silu' ? plain.silu : gatedForms[form]];
    return Array.from({ length: 20 }, (_, place) => {
      const at = 8 * Math.floor(place / 4) + (place % 4);
      return open(get(x, at)) * get(x, at + 4);
    });
  },
});

const capped = (cap: number): OperationCase => ({
  name: `soft cap of ${cap}`,
  shapes: { x: [5, 9] },
  wanted: ['x'],
  spread: 4,
  run: (take) => softCap(matrix(take, 'x'), cap),
  reference: (take) => take('x').map((x) => cap * Math.tanh(x / cap)),
});

const addedScaled = (factor: number): OperationCase => ({
  name: `a state of which ${factor} is added to a residual`,
  shapes: { residual: [5, 9], x: [5, 9] },
  wanted: ['residual', 'x'],
  run: (take) => addMultiple(matrix(take, 'residual'), matrix(take, 'x'), factor),
  reference: (take) => take('residual').map((value, index) => value + factor * get(take('x'), index)),
});

const multiplied: OperationCase = {
  name: 'a state times a fixed factor',
  shapes: { x: [5, 9] },
  wanted: ['x'],
  run: (take) => scaled(matrix(take, 'x'), 3.5),
  reference: (take) => take('x').map((x) => 3.5 * x),
};

const openedBySigmoid: OperationCase = {
  name: 'values opened by the sigmoid of a gate',
  shapes: { x: [5, 7], gate: [5, 7] },
  wanted: ['x', 'gate'],
  spread: 2,
  run: (take) => gatedBy(matrix(take, 'gate'), matrix(take, 'x'), 'sigmoid'),
  reference: (take) => take('x').map((x, index) => x / (1 + Math.exp(-get(take('gate'), index)))),
};

/** The others, whose values take one line each. */
const plain = {
  relu: (x: number) => Math.max(0, x),
  tanh: Math.tanh,
  silu: (x: number) => x / (1 + Math.exp(-x)),
  quick_gelu: (x: number) => x / (1 + Math.exp(-1.702 * x)),
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
};

const ofEachValue = (form: keyof typeof plain): OperationCase[] => [
  {
    name: `${form} 5 × 13`,
    shapes: { x: [5, 13] },
    wanted: ['x'],
    spread: 2,
    run: (take) => elementwise(matrix(take, 'x'), form),
    reference: (take) => take('x').map(plain[form]),
  },
  derivative(form, plain[form]),
  beforeLinear(form, plain[form]),
];

export const activationCases: readonly OperationCase[] = [
  gaussian(5, 7, 1, 'gelu'),
  gaussian(3, 8, 4, 'gelu'),
  gaussian(9, 31, 2, 'gelu'),
  gaussian(5, 7, 1, 'gelu_tanh'),
  gaussian(3, 9, 4, 'gelu_tanh'),
  derivative('gelu', geluOf),
  derivative('gelu_tanh', geluTanh),
  gated(5, 7, 1),
  gated(3, 9, 6),
  ...(['gelu', 'gelu_tanh', 'relu'] as const).map(gatedWith),
  ...(['silu', 'gelu_tanh'] as const).map(halves),
  openedBySigmoid,
  capped(3),
  addedScaled(1),
  addedScaled(0.4),
  multiplied,
  ...(['relu', 'tanh', 'silu', 'quick_gelu', 'sigmoid'] as const).flatMap(ofEachValue),
];
