import { decodingOf } from '../encodings/index.ts';
import type { GpuBinding, GpuProgram } from '../program.ts';
import { factoredBindings, factoredUniforms, factorOf } from './factored-operand.ts';
import { type Inner, innerOf, isAlongK, lines, type MatmulForm, steps } from './matmul-form.ts';
import { factorBefore, roundingFunction } from './rounded-operand.ts';

interface Operand {
  readonly bindings: readonly GpuBinding[];
  readonly code: string;
}

/** a and b, and where there is a second product its a2 and b2. WGSL: `load_a(row, k)` and so on: four values, 0 beyond the edges. */
export function operandsOf(form: MatmulForm): Operand {
  const { transposeA, transposeB, encoding, factored, second, isAligned, rounded } = form;
  const inner = innerOf(form);
  const operands: Operand[] = [
    operand(inner, 'a', transposeA, isAligned, form.hasColumnScale),
    encoding === null && factored === null
      ? operand(inner, 'b', transposeB, isAligned)
      : madeOperand(inner, { encoding, factored }, transposeB, isAligned),
    ...(second ? [operand(inner, 'a2', false, isAligned), operand(inner, 'b2', second.transposeB, isAligned)] : []),
  ];
  return {
    bindings: operands.flatMap(({ bindings }) => bindings),
    code: lines([...operands.map(({ code }) => code), rounded === null ? '' : roundingFunction]),
  };
}

/**
 * WGSL: four values of an operand as they are put into a workgroup's memory. If sums cannot be scaled between the two
 * products (rounded, or in a subgroup's matrices), a includes the product's scale, like a2 always does.
 */
export function putInto({ rounded, matrices }: MatmulForm, name: 'a' | 'b' | 'a2' | 'b2', place: string): string {
  const loaded = `load_${name}(${place})`;
  if (rounded === null && matrices === null) return loaded;
  const factor = factorBefore(rounded, name);
  const factors = [...(name === 'a' ? ['u.scale'] : []), ...(factor === 1 ? [] : [factor.toFixed(6)])];
  const scaled = factors.length === 0 ? loaded : `${loaded} * (${factors.join(' * ')})`;
  return rounded === null ? scaled : `rounded(${scaled})`;
}

export function matmulUniforms({ factored }: MatmulForm): GpuProgram['uniforms'] {
  return [
    ['m', 'u32'],
    ['n', 'u32'],
    ['k', 'u32'],
    ['k2', 'u32'],
    ['a_row', 'u32'],
    ['y_row', 'u32'],
    ['scale', 'f32'],
    ['scale2', 'f32'],
    ...(factored === null ? [] : factoredUniforms),
  ];
}

/** Returns the buffers for the steps after the product: those read, and the results. `isWide`: four at a time. */
export function extrasOf(form: MatmulForm, isWide: boolean): { reads: GpuBinding[]; writes: GpuBinding[] } {
  const type = isWide ? 'vec4<f32>' : 'f32';
  const has = { gain: form.hasGain, bias: form.hasBias, addend: form.hasAddend, multiplier: form.hasMultiplier };
  const names = (['gain', 'bias', 'addend', 'multiplier'] as const).filter((name) => has[name]);
  const typeOf = (name: string) => (name === 'multiplier' && form.multiplierEncoding !== null ? 'words' : type);
  return {
    reads: names.map((name) => ({ name, type: typeOf(name) })),
    writes: [{ name: 'y', type }, ...(form.hasGain ? [{ name: 'product', type } as const] : [])],
  };
}

/** Counterpart of `operand` for an encoded b, or a b computed from its values and factors. */
function madeOperand(
  inner: Inner,
  { encoding, factored }: Pick<MatmulForm, 'encoding' | 'factored'>,
  isTransposed: boolean,
  isAligned: boolean,
) {
  const alongK = isAlongK(inner, 'b');
  const index = isTransposed ? 'free * u.k + k' : 'k * u.n + free';
  const isWide = isAligned && alongK === isTransposed;
  const place = isTransposed ? 'free, k' : 'k, free';
  const value = (form: 'one' | 'four') =>
    `${form}_b(${index})${factored === null ? '' : ` * ${form}_factor(${place})`}`;
  const four = isWide
    ? value('four')
    : `vec4<f32>(${steps(4)
        .map((step) => (alongK ? `at_b(free, k + ${step}u)` : `at_b(free + ${step}u, k)`))
        .join(', ')})`;
  const plain = isWide
    ? 'fn four_b(i: u32) -> vec4<f32> { return b[i / 4u]; }\nfn one_b(i: u32) -> f32 { return b[i / 4u][i & 3u]; }'
    : 'fn one_b(i: u32) -> f32 { return b[i]; }';
  const type = encoding === null ? (isWide ? 'vec4<f32>' : 'f32') : 'words';
  const bindings: GpuBinding[] = [
    { name: 'b', type },
    ...(factored === null ? [] : factoredBindings(factored, isWide)),
  ];
  return {
    bindings,
    code: `${encoding === null ? plain : decodingOf(encoding, 'b', '(u.n * u.k)')}
${factored === null ? '' : factorOf(factored, isTransposed ? 'u.k' : 'u.n', isWide)}
fn at_b(free: u32, k: u32) -> f32 {
  if (free < u.n && k < u.k) { return ${value('one')}; }
  return 0.0;
}
fn load_b(free: u32, k: u32) -> vec4<f32> {
  if (free < u.n && k < u.k) { return ${four}; }
  return vec4<f32>(0.0);
}`,
  };
}

/** The bindings of an operand, and `load_a(row, k)`: four of its values, 0 beyond its edges. */
function operand(
  inner: Inner,
  name: 'a' | 'b' | 'a2' | 'b2',
  isTransposed: boolean,
  isAligned: boolean,
  hasColumnScale = false,
) {
  const free = name.startsWith('a') ? 'm' : 'n';
  const k = name.endsWith('2') ? 'k2' : 'k';
  const alongK = isAlongK(inner, name);
  // True if k is contiguous in memory.
  const isKLast = name.startsWith('a') ? !isTransposed : isTransposed;
  const isWide = isAligned && alongK === isKLast;
  const row = name === 'a' && isKLast ? '(free + u.a_row)' : 'free';
  const index = isKLast ? `${row} * u.${k} + k` : `k * u.${free} + ${row}`;
  const last = isKLast ? 'k' : 'free';
  const columnScale = isWide ? ` * column_scale[${last} / 4u]` : ` * column_scale[${last}]`;
  const factor = name === 'a2' ? ' * u.scale2' : hasColumnScale ? columnScale : '';
  const type = isWide ? 'vec4<f32>' : 'f32';
  const bindings: GpuBinding[] = [{ name, type }, ...(hasColumnScale ? [{ name: 'column_scale', type } as const] : [])];
  const inside = `free < u.${free} && k < u.${k}`;
  if (isWide)
    return {
      bindings,
      code: `
fn load_${name}(free: u32, k: u32) -> vec4<f32> {
  if (${inside}) { return ${name}[(${index}) / 4u]${factor}; }
  return vec4<f32>(0.0);
}`,
    };
  const [nextFree, nextK] = alongK ? ['free', 'k + '] : ['free + ', 'k'];
  const four = steps(4).map(
    (step) => `at_${name}(${nextFree}${alongK ? '' : `${step}u`}, ${nextK}${alongK ? `${step}u` : ''})`,
  );
  return {
    bindings,
    code: `
fn at_${name}(free: u32, k: u32) -> f32 {
  if (${inside}) { return ${name}[${index}]${factor}; }
  return 0.0;
}
fn load_${name}(free: u32, k: u32) -> vec4<f32> { return vec4<f32>(${four.join(', ')}); }`,
  };
}
