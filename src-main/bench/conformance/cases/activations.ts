import type { Activation } from '../../../engine/ops/activation/activate.ts';
import { activate, elementwise, gatedSilu, gelu } from '../../../engine/ops/index.ts';
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

const gated = (rows: number, columns: number, spread: number): OperationCase => ({
  name: `gated SiLU ${rows} × ${columns}, values around ±${spread}`,
  shapes: { gate: [rows, columns], up: [rows, columns] },
  wanted: ['gate', 'up'],
  spread,
  run: (take) => gatedSilu(matrix(take, 'gate'), matrix(take, 'up')),
  reference: (take) => take('gate').map((gate, index) => (gate / (1 + Math.exp(-gate))) * get(take('up'), index)),
});

/** The others, whose values take one line each. */
const plain = {
  relu: (x: number) => Math.max(0, x),
  tanh: Math.tanh,
  silu: (x: number) => x / (1 + Math.exp(-x)),
  quick_gelu: (x: number) => x / (1 + Math.exp(-1.702 * x)),
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
  ...(['relu', 'tanh', 'silu', 'quick_gelu'] as const).flatMap(ofEachValue),
];
