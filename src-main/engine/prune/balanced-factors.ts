import { type Svd, toFloat32 } from '../linalg/index.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';

/** B = U·√S [out, k] and A = √S·Vᵀ [k, in]: entries of similar magnitude, which suits float16 and further training. */
export function balancedFactors({ u, s, vt }: Svd): { rank: number; a: HostTensor; b: HostTensor } {
  const roots = s.map(Math.sqrt);
  const [rank, inputs] = vt.shape;
  const b = { shape: u.shape, data: u.data.map((value, at) => value * (roots[at % rank] ?? 0)) };
  const a = { shape: vt.shape, data: vt.data.map((value, at) => value * (roots[Math.floor(at / inputs)] ?? 0)) };
  return { rank, a: toFloat32(a), b: toFloat32(b) };
}
