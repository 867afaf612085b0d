/** What the host asked of a device: counted at Dawn's own objects, whoever calls them. */
export class DeviceCounts {
  dispatches = 0;
  submissions = 0;
  readBacks = 0;
  private readonly restore: (() => void)[] = [];

  constructor() {
    this.watch('GPUComputePassEncoder', 'dispatchWorkgroups', () => this.dispatches++);
    this.watch('GPUComputePassEncoder', 'dispatchWorkgroupsIndirect', () => this.dispatches++);
    this.watch('GPUQueue', 'submit', () => this.submissions++);
    this.watch('GPUBuffer', 'mapAsync', () => this.readBacks++);
  }

  stop(): void {
    for (const undo of this.restore.splice(0)) undo();
  }

  private watch(kind: string, method: string, count: () => void): void {
    const prototype: unknown = Reflect.get(dawnGlobals ?? {}, kind)?.prototype;
    if (typeof prototype !== 'object' || prototype === null) return;
    const original: unknown = Reflect.get(prototype, method);
    if (typeof original !== 'function') return;
    const counting = function (this: unknown, ...parameters: unknown[]): unknown {
      count();
      return Reflect.apply(original, this, parameters);
    };
    if (Reflect.set(prototype, method, counting)) this.restore.push(() => Reflect.set(prototype, method, original));
  }
}

let dawnGlobals: object | null = null;

/** Must be called before counting; without Dawn nothing is counted. */
export async function loadDawn(): Promise<void> {
  try {
    dawnGlobals = (await import('webgpu')).globals;
  } catch {
    dawnGlobals = null;
  }
}
