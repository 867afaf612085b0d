import { flag, real } from '../../kernel-inputs.ts';
import { elementwise } from './elementwise.ts';
import type { GpuKernel } from './kernel.ts';

const sigmoid = /* wgsl */ `
// Beyond ±80 an exponential may leave float32.
fn sigmoid(x: T) -> T { return 1.0 / (1.0 + exp(clamp(-x, T(-80.0), T(80.0)))); }
`;

/** share(x) is Φ(x), bend(x) its derivative, so that gelu is x·share and its slope share + x·bend. */
const byErrorFunction = /* wgsl */ `
// erf(x) on [−4, 4] as a ratio of polynomials (the coefficients of Eigen's float erf); ±1 beyond.
fn error_function(given: T) -> T {
  let x = clamp(given, T(-4.0), T(4.0));
  let s = x * x;
  var p = T(-2.72614225801306e-10);
  p = p * s + 2.77068142495902e-08;
  p = p * s - 2.10102402082508e-06;
  p = p * s - 5.69250639462346e-05;
  p = p * s - 7.34990630326855e-04;
  p = p * s - 2.95459980854025e-03;
  p = p * s - 1.60960333262415e-02;
  var q = T(-1.45660718464996e-05);
  q = q * s - 2.13374055278905e-04;
  q = q * s - 1.68282697438203e-03;
  q = q * s - 7.37332916720468e-03;
  q = q * s - 1.42647390514189e-02;
  return x * p / q;
}
fn share(x: T) -> T { return 0.5 + 0.5 * error_function(x * 0.70710678118654752); }
fn bend(x: T, share: T) -> T { return exp(max(x * x * -0.5, T(-80.0))) * 0.39894228040143268; }
`;

const byTangent = /* wgsl */ `
${sigmoid}
// (1 + tanh u) / 2 = σ(2u)
fn share(x: T) -> T { return sigmoid(1.5957691216057308 * x * (1.0 + 0.044715 * x * x)); }
fn bend(x: T, share: T) -> T { return share * (1.0 - share) * 1.5957691216057308 * (1.0 + 0.134145 * x * x); }
`;

const both = <Made>(make: (form: string, declarations: string) => Made) => ({
  tanh: make('_tanh', byTangent),
  exact: make('', byErrorFunction),
});

const geluPrograms = both((form, declarations) =>
  elementwise({
    name: `gelu${form}`,
    reads: ['x'],
    writes: ['y'],
    declarations,
    body: 'y[i] = x[i] * share(x[i]);',
  }),
);

const derivativePrograms = both((form, declarations) =>
  elementwise({
    name: `gelu${form}_derivative`,
    reads: ['x'],
    writes: ['y', 'slope'],
    declarations,
    body: `
  let value = x[i];
  let part = share(value);
  y[i] = value * part;
  slope[i] = part + value * bend(value, part);`,
  }),
);

const gradientPrograms = both((form, declarations) =>
  elementwise({
    name: `gelu${form}_gradient`,
    reads: ['x', 'dy'],
    writes: ['dx'],
    declarations,
    body: `
  let value = x[i];
  let part = share(value);
  dx[i] = dy[i] * (part + value * bend(value, part));`,
  }),
);

const gatedSiluProgram = elementwise({
  name: 'gated_silu',
  reads: ['gate', 'up'],
  writes: ['y'],
  declarations: sigmoid,
  body: 'y[i] = gate[i] * sigmoid(gate[i]) * up[i];',
});

const gatedSiluGradientProgram = elementwise({
  name: 'gated_silu_gradient',
  reads: ['gate', 'up', 'dy'],
  writes: ['dgate', 'dup'],
  declarations: sigmoid,
  body: `
  let open = sigmoid(gate[i]);
  let activated = gate[i] * open;
  dgate[i] = dy[i] * up[i] * (open + activated * (1.0 - open));
  dup[i] = dy[i] * activated;`,
});

const formOf = (attributes: Readonly<Record<string, unknown>>) => (flag(attributes, 'tanh') ? 'tanh' : 'exact');

export const activationKernels: readonly GpuKernel[] = [
  {
    name: 'CotoGelu',
    run: (gpu, inputs, attributes) => geluPrograms[formOf(attributes)](gpu, real(inputs, 'x')),
  },
  {
    name: 'CotoGeluDerivative',
    run: (gpu, inputs, attributes) => derivativePrograms[formOf(attributes)](gpu, real(inputs, 'x')),
  },
  {
    name: 'CotoGeluGradient',
    run: (gpu, inputs, attributes) => gradientPrograms[formOf(attributes)](gpu, real(inputs, 'x'), real(inputs, 'dy')),
  },
  {
    name: 'CotoGatedSilu',
    run: (gpu, inputs) => gatedSiluProgram(gpu, real(inputs, 'gate'), real(inputs, 'up')),
  },
  {
    name: 'CotoGatedSiluGradient',
    run: (gpu, inputs) => gatedSiluGradientProgram(gpu, real(inputs, 'gate'), real(inputs, 'up'), real(inputs, 'dy')),
  },
];
