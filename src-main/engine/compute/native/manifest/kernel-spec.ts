/**
 * A kernel of the native backend, implemented once in C++ (cpp/kernels) and compiled for each instruction set. From these
 * entries `npm run make:kernels` writes the table of kernels, its bindings and their types in TypeScript.
 */
export interface KernelSpec {
  /** In C++, in snake case; JavaScript has it in camel case. */
  readonly name: string;
  readonly doc: string;
  /** Type and name of each parameter in C++; a pointer that may be null has its name end in `?`. */
  readonly params: string;
  readonly returns?: 'bool' | 'double';
  /** Only called from C++. */
  readonly isInternal?: boolean;
}

/** A function of the addon whose binding is written by hand (cpp/bind_*.cc); `params` as passed by JavaScript. */
export interface FunctionSpec {
  readonly name: string;
  readonly doc: string;
  readonly params: string;
  readonly returns?: 'bool' | 'double';
}

/** Numbers in C++, in this order; JavaScript has them by name. */
export interface EnumSpec {
  readonly name: string;
  readonly doc?: string;
  readonly members: readonly (string | readonly [name: string, doc: string])[];
}

/**
 * Arguments by name. A field with a default (`float scale = 1`), or whose name ends in `?`, may be omitted in JavaScript.
 */
export interface StructSpec {
  readonly name: string;
  readonly doc: string;
  readonly fields: readonly (string | readonly [field: string, doc: string])[];
}

export interface KernelFamily {
  /** Section heading in the header. */
  readonly title: string;
  readonly kernels: readonly KernelSpec[];
  readonly functions?: readonly FunctionSpec[];
}
