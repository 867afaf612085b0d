import { arch, machine } from 'node:os';
import packageJson from '../../../package.json' with { type: 'json' };
import type { TargetProbe } from '../../../src-shared/domain/targets/target.ts';

/** Clocks further apart make times in tables wrong, and some logins fail. */
const maxSkewSeconds = 30;
/** A bundle with one small base. */
const minFreeKilobytes = 2 ** 20;

/** Script that a node runs in its POSIX shell; prints lines of name=value. $1 is a file written by this machine. */
const question = [
  'echo "node=$(uname -n)"',
  'echo "machine=$(uname -m)"',
  'echo "time=$(date +%s)"',
  'if [ -r "$1" ]; then echo shared=yes; else echo shared=no; fi',
  'echo "free=$(df -Pk "$(dirname "$1")" 2>/dev/null | tail -n 1 | awk \'{print $4}\')"',
  'echo "gpus=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | sort | uniq -c | sed "s/^ *//" | tr "\\n" ";")"',
  'shift',
  'echo "coto=$("$@" --version 2>&1 | tail -n 1)"',
].join('\n');

/** The words that ask a node; they run there without any program of ours. */
export function nodeWords(marker: string, command: readonly string[]): string[] {
  return ['sh', '-c', question, 'coto-probe', marker, ...command];
}

interface Asked {
  readonly host: string | null;
  readonly folder: string;
  /** Compute backend of the target; auto: that of the local study. */
  readonly compute_backend: string;
  readonly now?: number;
}

/** Describes a node's answer, and the problems that prevent training there. */
export function nodeFindings(answer: string, { host, folder, compute_backend, now = Date.now() }: Asked): TargetProbe {
  const said = new Map(
    answer.split('\n').flatMap((line): [string, string][] => {
      const at = line.indexOf('=');
      return at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()]];
    }),
  );
  const node = said.get('node') ?? 'the node';
  const coto = said.get('coto') ?? '';
  const skew = Math.round(Number(said.get('time')) - now / 1000);
  const free = Number(said.get('free'));
  const isShared = said.get('shared') === 'yes';
  const cpu = said.get('machine') ?? 'unknown';
  const problems: { message: string; hint: string }[] = [];
  if (!/^\d+\.\d+/.test(coto))
    problems.push({
      message: `There is no coto command on ${node}${coto === '' ? '' : `: ${coto}`}.`,
      hint: 'Install CoTo Studio there, or name its path: coto targets add … --set command=/shared/coto/coto.',
    });
  else if (coto !== packageJson.version)
    problems.push({
      message: `${node} has CoTo Studio ${coto}, this machine ${packageJson.version}.`,
      hint: 'Install the same version on both: a bundle of another one is refused.',
    });
  if (!isShared)
    problems.push({
      message: `${folder} is not the same folder on ${node}.`,
      hint: `Name a folder that ${host ?? 'this machine'} and its nodes share: coto targets add … --set folder=/shared/coto.`,
    });
  if (isShared && free > 0 && free < minFreeKilobytes)
    problems.push({
      message: `${folder} has ${Math.round(free / 1024)} MB free on ${node}.`,
      hint: 'Free space there, or name another folder.',
    });
  if (Math.abs(skew) > maxSkewSeconds)
    problems.push({
      message: `The clock of ${node} is ${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} this machine's.`,
      hint: 'Set both by NTP.',
    });
  if (cpu !== machine() && (compute_backend === 'auto' || compute_backend === 'native'))
    problems.push({
      message: `${node} has another processor (${cpu}) than this machine (${machine()}).`,
      hint: `The native build for ${arch()} does not load there: install the build for ${cpu}, or train there on WebAssembly: coto targets add … --set compute_backend=wasm.`,
    });
  const gpus = (said.get('gpus') ?? '').split(';').filter((name) => name !== '');
  return {
    facts: [
      { label: 'Asked', value: `${node} (${cpu})` },
      { label: 'GPUs there', value: gpus.join(', ') || 'none found by nvidia-smi' },
      { label: 'coto there', value: coto || 'none' },
      { label: 'Shared folder', value: `${folder}${isShared ? '' : ' (not there)'}` },
      { label: 'Free there', value: free > 0 ? `${(free / 2 ** 20).toFixed(1)} GB` : 'unknown' },
      { label: 'Clock', value: `${skew > 0 ? '+' : ''}${skew} s` },
    ],
    problems,
  };
}
