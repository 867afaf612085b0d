/** The part of WebAssembly's API that the engine uses. TypeScript has it in its DOM library only, which nothing here may see. */
declare namespace WebAssembly {
  type ExportValue = Memory | Global | ((...parameters: number[]) => number | undefined) | object;
  type Exports = Record<string, ExportValue>;
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
    /** @returns the size before, in pages of 64 KiB. */
    grow(pages: number): number;
  }
  class Global {
    value: number;
  }
  class Instance {
    constructor(module: Module, imports?: { env: { memory: Memory } });
    readonly exports: Exports;
  }
  function validate(bytes: Uint8Array): boolean;
}
