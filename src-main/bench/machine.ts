import { readFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import type { BenchReport } from './report.ts';

/** CPU flags of Linux that affect matmul speed, with the vendors' spelling. */
const namedFlags: ReadonlyMap<string, string> = new Map([
  ['avx2', 'AVX2'],
  ['fma', 'FMA'],
  ['avx512f', 'AVX-512'],
  ['avx512_vnni', 'AVX-512 VNNI'],
  ['avx512_bf16', 'AVX-512 BF16'],
  ['amx_tile', 'AMX'],
  ['amx_bf16', 'AMX BF16'],
  ['asimd', 'NEON'],
  ['sve', 'SVE'],
  ['bf16', 'BF16'],
]);

export function describeMachine(): BenchReport['machine'] {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    features: [...namedFlags].filter(([flag]) => cpuFlags().has(flag)).map(([, name]) => name),
    platform: `${platform()} ${arch()} ${release()}`,
    node: process.versions.node,
    memoryBytes: totalmem(),
  };
}

function cpuFlags(): ReadonlySet<string> {
  if (platform() !== 'linux') return new Set();
  const line = readFileSync('/proc/cpuinfo', 'utf8').match(/^(?:flags|Features)\s*:(.*)$/m);
  return new Set(line?.[1]?.trim().split(/\s+/) ?? []);
}
