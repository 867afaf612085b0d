import type { TensorSource } from '../../tensors/safetensors.ts';

const legacyNames = new Map([
  ['LayerNorm.weight', 'LayerNorm.gamma'],
  ['LayerNorm.bias', 'LayerNorm.beta'],
]);

/** Weights of an encoder by current names; early checkpoints have LayerNorm.gamma and LayerNorm.beta. */
export function withCurrentNames(source: TensorSource): TensorSource {
  const stored = (name: string): string => {
    if (source.has(name)) return name;
    for (const [today, old] of legacyNames)
      if (name.endsWith(today)) {
        const candidate = name.slice(0, -today.length) + old;
        if (source.has(candidate)) return candidate;
      }
    return name;
  };
  return {
    path: source.path,
    names: source.names.map((name) => {
      for (const [today, old] of legacyNames) if (name.endsWith(old)) return name.slice(0, -old.length) + today;
      return name;
    }),
    plan: (name, shape) => source.plan?.(stored(name), shape),
    has: (name) => source.has(stored(name)),
    info: (name) => source.info(stored(name)),
    read: (name) => source.read(stored(name)),
    lend: (name, use) => source.lend(stored(name), use),
    close: () => source.close(),
  };
}
