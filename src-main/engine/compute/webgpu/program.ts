/** A storage buffer of a program: its name and the type of its elements. */
export interface GpuBinding {
  readonly name: string;
  /**
   * With `words`, the program decodes the matrix itself; with any other type, it receives the decoded values of an
   * encoded matrix.
   */
  readonly type: 'f32' | 'i32' | 'vec4<f32>' | 'words';
}

/** A compute shader of our own. The same object each time: its pipeline is kept for it. */
export interface GpuProgram {
  /** For the counters and for messages of the driver. */
  readonly name: string;
  /** WGSL directives that come first, e.g. `enable f16;`. The device must have it. */
  readonly directives?: readonly string[];
  /**
   * True if the body also receives `subgroup`, the index of the subgroup in its workgroup. Such a program has a
   * dispatch of its own.
   */
  readonly hasSubgroups?: boolean;
  /** Bound in this order, then `writes`; the program reads them. */
  readonly reads: readonly GpuBinding[];
  /** The program may also read these. */
  readonly writes: readonly GpuBinding[];
  /** Fields of `u`, of four bytes each. */
  readonly uniforms: readonly (readonly [name: string, type: 'u32' | 'f32'])[];
  readonly workgroup: readonly [number, number, number];
  /** Declarations of WGSL. */
  readonly declarations?: string;
  /**
   * The body of the entry point: `workgroup`, `lane` (index in the workgroup), `local` and `invocation` (index among all, of
   * dispatches made by `flat`) are given.
   */
  readonly body: string;
}

/** All of a program's WGSL. */
export function sourceOf(program: GpuProgram): string {
  const {
    directives = [],
    hasSubgroups = false,
    reads,
    writes,
    uniforms,
    workgroup,
    declarations = '',
    body,
  } = program;
  const bindings = [
    ...reads.map(({ name, type }) => `var<storage, read> ${name}: array<${elementOf(type)}>;`),
    ...writes.map(({ name, type }) => `var<storage, read_write> ${name}: array<${elementOf(type)}>;`),
    'var<uniform> u: Uniforms;',
  ];
  return `${directives.join('\n')}
struct Uniforms { ${uniforms.map(([name, type]) => `${name}: ${type}`).join(', ')} }
${bindings.map((binding, index) => `@group(0) @binding(${index}) ${binding}`).join('\n')}
${declarations}
@compute @workgroup_size(${workgroup.join(', ')})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
  ${hasSubgroups ? '@builtin(subgroup_id) subgroup: u32,' : ''}
) {
  let group = workgroup.x + workgroups.x * workgroup.y;
  let invocation = group * ${threadsOf({ workgroup })}u + lane;
${body}
}
`;
}

/** Invocations of a workgroup. */
export function threadsOf({ workgroup: [x, y, z] }: Pick<GpuProgram, 'workgroup'>): number {
  return x * y * z;
}

function elementOf(type: GpuBinding['type']): string {
  return type === 'words' ? 'u32' : type;
}

/** The bytes of a program's uniforms, in its order. */
export function uniformBytes({ name, uniforms }: GpuProgram, values: readonly number[]): Uint8Array<ArrayBuffer> {
  if (values.length !== uniforms.length) throw new Error(`${name} takes ${uniforms.length} uniforms`);
  // A uniform buffer's size is a multiple of 16 bytes.
  const view = new DataView(new ArrayBuffer(Math.ceil(values.length / 4) * 16));
  uniforms.forEach(([, type], index) => {
    const value = values[index] ?? 0;
    if (type === 'f32') view.setFloat32(index * 4, value, true);
    else view.setUint32(index * 4, value, true);
  });
  return new Uint8Array(view.buffer);
}

/** A program for each of the variants that are asked for, each made once. */
export function programVariants<Variant extends readonly (string | number | boolean | null)[]>(
  make: (...variant: Variant) => GpuProgram,
): (...variant: Variant) => GpuProgram {
  const made = new Map<string, GpuProgram>();
  return (...variant) => {
    const key = variant.join();
    const known = made.get(key) ?? make(...variant);
    made.set(key, known);
    return known;
  };
}
