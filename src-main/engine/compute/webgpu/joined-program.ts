import { type GpuBinding, type GpuProgram, threadsOf } from './program.ts';
import type { GpuArguments, GpuOperand, ProgramRunner } from './program-runner.ts';

/** A dispatch that is still to be made. */
export interface GpuWork {
  readonly program: GpuProgram;
  readonly given: GpuArguments;
}

/** For each part, its bindings' positions in the whole, in the part's order: reads, then writes. */
type Places = readonly (readonly number[])[];

interface JoinedBinding extends Pick<GpuBinding, 'type'> {
  readonly tensor: GpuArguments['reads'][number];
  readonly isWritten: boolean;
}

/**
 * Runs works that do not need each other's results in one dispatch, each workgroup of which belongs to one of them; in several
 * where the device does not allow a program so many buffers.
 */
export function runTogether(gpu: ProgramRunner, works: readonly GpuWork[]): void {
  const [first, ...others] = works;
  if (first === undefined) return;
  let [together, made] = [[first], first];
  for (const work of others) {
    const joined = joinedWork(gpu, [...together, work]);
    if (joined === null) gpu.run(made.program, made.given);
    [together, made] = joined === null ? [[work], work] : [[...together, work], joined];
  }
  gpu.run(made.program, made.given);
}

/** Null where they cannot be one. */
function joinedWork(gpu: ProgramRunner, works: readonly GpuWork[]): GpuWork | null {
  const [first] = works;
  if (first === undefined || works.some(({ program }) => threadsOf(program) !== threadsOf(first.program))) return null;
  if (works.some(({ program, given }) => program.hasSubgroups || given.workgroups.includes(0))) return null;
  const { bindings, places } = bindingsOf(works);
  if (bindings.length > gpu.maxBuffers) return null;
  let total = 0;
  const ends = works.map(({ given: { workgroups } }) => {
    total += workgroups[0] * workgroups[1];
    return total;
  });
  return {
    program: joinedProgram(
      works.map(({ program }) => program),
      places,
      bindings,
    ),
    given: {
      reads: bindings.filter(({ isWritten }) => !isWritten).map(({ tensor }) => tensor),
      writes: bindings.filter(({ isWritten }) => isWritten).map(({ tensor }) => tensor),
      uniforms: works.flatMap(({ given }, index) => [
        ends[index] ?? 0,
        given.workgroups[0],
        given.workgroups[1],
        ...given.uniforms,
      ]),
      workgroups: gpu.flat(total),
    },
  };
}

/** Returns the identity that operands of one buffer share. */
function placeOf(operand: GpuOperand): object {
  return 'dataId' in operand ? operand.dataId : operand;
}

/** The buffers of all works, first those that are read, each once unless two read it as different types. */
function bindingsOf(works: readonly GpuWork[]): { bindings: JoinedBinding[]; places: Places } {
  const bindings: JoinedBinding[] = [];
  const place = ({ program, given }: GpuWork, list: 'reads' | 'writes') =>
    program[list].map(({ type }, at) => {
      const isWritten = list === 'writes';
      const tensor = given[list][at];
      if (tensor === undefined) throw new Error(`${program.name} lacks a tensor`);
      const same = bindings.filter((known) => placeOf(known.tensor) === placeOf(tensor));
      if (same.some((known) => known.isWritten || isWritten))
        throw new Error(`${program.name} shares what is written with another program of its dispatch`);
      const known = same.find((binding) => binding.type === type);
      if (known !== undefined) return bindings.indexOf(known);
      return bindings.push({ type, tensor, isWritten }) - 1;
    });
  const reads = works.map((work) => place(work, 'reads'));
  const writes = works.map((work) => place(work, 'writes'));
  return { bindings, places: works.map((_, index) => [...(reads[index] ?? []), ...(writes[index] ?? [])]) };
}

const numbers = new WeakMap<GpuProgram, number>();
let lastNumber = 0;

function numberOf(program: GpuProgram): number {
  const known = numbers.get(program) ?? ++lastNumber;
  numbers.set(program, known);
  return known;
}

const joinedPrograms = new Map<string, GpuProgram>();

function joinedProgram(
  programs: readonly GpuProgram[],
  places: Places,
  bindings: readonly JoinedBinding[],
): GpuProgram {
  const key = programs.map((program, index) => `${numberOf(program)}: ${places[index]?.join()}`).join('; ');
  const known = joinedPrograms.get(key) ?? join(programs, places, bindings);
  joinedPrograms.set(key, known);
  return known;
}

/** One program out of several, whose names are made different by the number of the part. */
function join(programs: readonly GpuProgram[], places: Places, bindings: readonly JoinedBinding[]): GpuProgram {
  const memory = new SharedMemory();
  const parts = programs.map((program, index) => {
    const { reads, writes, declarations = '', body } = program;
    const names = new Map<string, string>();
    for (const [, name] of declarations.matchAll(/\b(?:fn|alias|const|var<private>)\s+(\w+)/g))
      if (name !== undefined) names.set(name, `p${index}_${name}`);
    for (const [at, { name }] of [...reads, ...writes].entries()) names.set(name, `t${places[index]?.[at]}`);
    const rest = memory.take(declarations, names);
    const renamed = (code: string) =>
      code
        .replaceAll(/\bu\.(\w+)/g, `u.p${index}_$1`)
        .replaceAll(/(?<![.\w])[A-Za-z_]\w*/g, (name) => names.get(name) ?? name);
    return `${renamed(rest)}
fn p${index}_main(workgroup: vec3<u32>, workgroups: vec3<u32>, local: vec3<u32>, lane: u32, group: u32, invocation: u32) {
${renamed(body)}
}`;
  });
  const [first] = programs;
  const threads = first === undefined ? 0 : threadsOf(first);
  return {
    name: programs.map(({ name }) => name).join(' + '),
    directives: [...new Set(programs.flatMap(({ directives = [] }) => directives))],
    reads: bindings.flatMap(({ type, isWritten }, at) => (isWritten ? [] : [{ name: `t${at}`, type }])),
    writes: bindings.flatMap(({ type, isWritten }, at) => (isWritten ? [{ name: `t${at}`, type }] : [])),
    uniforms: programs.flatMap(({ uniforms }, index) => [
      [`end${index}`, 'u32'] as const,
      [`across${index}`, 'u32'] as const,
      [`down${index}`, 'u32'] as const,
      ...uniforms.map(([name, type]) => [`p${index}_${name}`, type] as const),
    ]),
    workgroup: [threads, 1, 1],
    declarations: `${memory.declarations()}\n${parts.join('\n')}`,
    body: programs.map((program, index) => callOf(program, index)).join('\n'),
  };
}

/** Calls a part where the workgroup is one of its own, as if only these were. */
function callOf(program: GpuProgram, index: number): string {
  const [x, y] = program.workgroup;
  const own = index === 0 ? 'group' : `(group - u.end${index - 1})`;
  return `
  ${index === 0 ? '' : 'else '}if (group < u.end${index}) {
    let own = ${own};
    p${index}_main(
      vec3<u32>(own % u.across${index}, own / u.across${index}, 0u), vec3<u32>(u.across${index}, u.down${index}, 1u),
      vec3<u32>(lane % ${x}u, lane / ${x}u % ${y}u, lane / ${x * y}u), lane, own, own * ${threadsOf(program)}u + lane,
    );
  }`;
}

/** Memory of a workgroup: a workgroup runs one of the parts, so that they can use the same. */
class SharedMemory {
  private readonly sizes = new Map<string, { type: string; count: number }>();

  /** Gives the arrays of a part their names, and returns the other declarations. */
  take(declarations: string, names: Map<string, string>): string {
    const taken = new Map<string, number>();
    return declarations.replaceAll(
      /var<workgroup> (\w+): array<(.+), (\d+)>;/g,
      (_, name: string, type: string, count: string) => {
        const place = taken.get(type) ?? 0;
        taken.set(type, place + 1);
        const shared = `memory_${type.replaceAll(/\W/g, '')}_${place}`;
        this.sizes.set(shared, { type, count: Math.max(Number(count), this.sizes.get(shared)?.count ?? 0) });
        names.set(name, shared);
        return '';
      },
    );
  }

  declarations(): string {
    return [...this.sizes]
      .map(([name, { type, count }]) => `var<workgroup> ${name}: array<${type}, ${count}>;`)
      .join('\n');
  }
}
