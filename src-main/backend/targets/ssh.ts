import { spawn } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Declaration, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { TargetProbe } from '../../../src-shared/domain/targets/target.ts';
import { writeFileAtomic } from '../../files/atomic.ts';
import { readBelow } from '../../files/foreign-file.ts';
import { bundleLimits } from '../reading/limits.ts';
import {
  commandParameter,
  commonParameters,
  computeParameter,
  folderParameter,
  folderThereParameter,
  pollParameter,
  retriesParameter,
  sshConfigParameter,
  workerWords,
} from './common-parameters.ts';
import { farHosts } from './far-hosts.ts';
import { localMarker, remoteMarker } from './probe-marker.ts';
import { nodeFindings, nodeWords } from './probe-node.ts';
import { askRemote, belowHome, remoteBundle } from './remote-bundle.ts';
import { quoted, requireHost, runLocal, runRemote, sshWords } from './run-program.ts';
import type { EngineState, Target, TargetEngine } from './target.ts';

const declaration: Declaration = {
  id: 'ssh',
  label: 'Hosts by ssh',
  summary:
    'A few machines, with a shared folder or without, each run started by GNU parallel over ssh; this machine must stay on.',
  card: 'guide/ssh-hosts',
  parameters: [
    {
      name: 'hosts',
      label: 'Hosts',
      type: 'text-list',
      default: [],
      empty: 'none yet',
      help: 'Hosts as ssh knows them: ws1, ws2.',
    },
    {
      name: 'runs_per_host',
      label: 'Runs of a host',
      type: 'integer',
      default: 1,
      minimum: 1,
      maximum: 256,
      help: 'How many runs a host trains at once.',
    },
    folderParameter,
    folderThereParameter,
    commandParameter,
    computeParameter,
    pollParameter,
    retriesParameter,
    sshConfigParameter,
  ],
};

const ownSchema = z.object({ hosts: z.array(z.string()).default([]), runs_per_host: z.number().default(1) });

export const ssh: Target = {
  declaration,
  takesHost: false,
  open: ({ parameters }) => openHosts(parameters),
};

/** Names of the files that each run writes into the log folder, by its part and index. */
const fileOf = (name: string, index: number, kind: 'host' | 'pid' | 'cancelled' | 'ended' | 'out'): string =>
  `${name}_${index}.${kind}`;

/**
 * Returns the script of a host for one run, which `worker` starts: it records its location and its end in the shared
 * folder.
 */
export function hostScript(folder: string, worker: readonly string[], name: string): string {
  const logs = quoted(join(folder, 'logs'));
  return [
    '#!/bin/sh',
    '# Written by CoTo Studio: trains one run of a bundle.',
    `at=${logs}/${name}_$1`,
    '[ -e "$at.cancelled" ] && exit 0',
    'echo "$PARALLEL_SSHLOGIN" > "$at.host"',
    `${[...worker, folder].map(quoted).join(' ')} "$1" >> "$at.out" 2>&1 &`,
    'echo $! > "$at.pid"',
    'wait $!; code=$?',
    'echo $code > "$at.ended"',
    'exit $code',
    '',
  ].join('\n');
}

function openHosts(parameters: ParameterValues): TargetEngine {
  const common = commonParameters(parameters);
  const { command, folder, ssh_config, compute_backend } = common;
  const { hosts, runs_per_host } = ownSchema.parse(parameters);
  const far = hosts.length === 0 ? null : farHosts(hosts, parameters);
  return {
    ...far?.engine,
    probe: probeHosts,
    async parts(name, indices) {
      requireHosts(hosts);
      return [{ name, offset: 0, indices: [...indices].sort((one, other) => one - other), id: null }];
    },
    async submit(bundle, { name, indices }) {
      requireHosts(hosts);
      await requireParallel();
      const logs = join(bundle, 'logs');
      await mkdir(logs, { recursive: true });
      const script = await writeScript(bundle, name);
      // A list of whole commands: nothing in them is replaced.
      await writeFile(join(logs, `${name}.list`), indices.map((index) => `${script} ${index}\n`).join(''));
      const words = [
        ...['parallel', '--jobs', String(runs_per_host), '--sshlogin', hosts.join(','), '--joblog', `${name}.joblog`],
        ...['--ssh', sshWords(ssh_config).map(quoted).join(' '), '--arg-file', `${name}.list`],
      ];
      return startParallel(logs, name, words);
    },
    async find(bundle, parts) {
      const found = new Map<string, string>();
      for (const { name } of parts) {
        const pid = await textOf(join(bundle, 'logs'), `${name}.parallel`);
        if (pid !== null) found.set(name, pid);
      }
      return found;
    },
    async states(bundle, parts) {
      const logs = join(bundle, 'logs');
      const names = new Set(await readdir(logs));
      const states = new Map<number, EngineState>();
      for (const { name, id, indices } of parts) {
        const goesOn = id !== null && (await isParallel(id, name));
        for (const index of indices) {
          const has = (kind: Parameters<typeof fileOf>[2]): boolean => names.has(fileOf(name, index, kind));
          const node = has('host') ? await textOf(logs, fileOf(name, index, 'host')) : null;
          const state = stateOf({ goesOn, cancelled: has('cancelled'), began: has('host'), ended: has('ended') });
          if (state !== null) states.set(index, { state, node, reason: null });
        }
      }
      return states;
    },
    async cancel(bundle, parts, only) {
      const logs = join(bundle, 'logs');
      // Files of the hosts record the location of each run.
      await far?.engine.fetch(bundle);
      for (const { name, id, indices } of parts) {
        const chosen = indices.filter((index) => only?.includes(index) ?? true);
        const marks = chosen.map((index) => `${fileOf(name, index, 'cancelled')}\n`).join('');
        if (far !== null)
          for (const host of hosts) {
            const there = `${await far.folderOn(host, bundle)}/logs`;
            const place = { host, config: ssh_config };
            // The bundle may not have come there yet.
            const script = 'mkdir -p "$1" && cd "$1" && while read -r name; do : > "$name"; done';
            await askRemote(place, script, [there], { input: marks });
          }
        for (const index of chosen) await writeFile(join(logs, fileOf(name, index, 'cancelled')), '');
        if (only === undefined && id !== null && (await isParallel(id, name))) endProcess(Number(id));
        for (const index of chosen) await endRun(logs, name, index, ssh_config);
      }
    },
  };

  /** The command that starts a run on a host, without its index. */
  async function writeScript(bundle: string, name: string): Promise<string> {
    if (far === null) {
      const script = join(bundle, 'logs', `${name}.sh`);
      await writeFile(script, hostScript(bundle, workerWords(common), name), { mode: 0o755 });
      return `sh ${quoted(script)}`;
    }
    for (const host of hosts) {
      const there = await far.folderOn(host, bundle);
      const input = hostScript(there, workerWords(common), name);
      await askRemote({ host, config: ssh_config }, 'cat > "$1"', [`${there}/logs/${name}.sh`], { input });
    }
    // Hosts may have other home folders.
    const below = `${remoteBundle(belowHome(far.folder), bundle)}/logs/${name}.sh`;
    return `cd && sh ${quoted(below)}`;
  }

  async function probeHosts(): Promise<TargetProbe> {
    requireHosts(hosts);
    const found: TargetProbe = { facts: [{ label: 'GNU parallel', value: await requireParallel() }], problems: [] };
    for (const host of hosts) {
      const place = { host, config: ssh_config };
      const share = far === null ? localMarker(folder) : remoteMarker(place, far.folder);
      try {
        await share.withMarker(async (marker, asked) => {
          const answer = await runRemote(place)(nodeWords(marker, command));
          const { facts, problems } = nodeFindings(answer.stdout, { host, folder: asked, compute_backend });
          found.facts.push(...facts.map(({ label, value }) => ({ label: `${host}: ${label}`, value })));
          found.problems.push(...problems);
        });
      } catch (thrown) {
        if (!(thrown instanceof StudioError)) throw thrown;
        found.problems.push({ message: thrown.message, hint: thrown.hint ?? '' });
      }
    }
    return found;
  }
}

interface Signs {
  readonly goesOn: boolean;
  readonly cancelled: boolean;
  readonly began: boolean;
  readonly ended: boolean;
}

/** Null where nothing is known: parallel ended, or was lost with this machine, before the run did. */
function stateOf({ goesOn, cancelled, began, ended }: Signs): EngineState['state'] | null {
  if (cancelled) return 'cancelled';
  if (ended) return 'ended';
  if (!goesOn) return null;
  return began ? 'running' : 'waiting';
}

/** Starts parallel so that it outlives this process; it writes its own number down first. */
function startParallel(logs: string, name: string, words: readonly string[]): Promise<string> {
  const line = `echo $$ > ${name}.parallel; exec ${words.map(quoted).join(' ')} > ${name}.log 2>&1 < /dev/null`;
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', line], { cwd: logs, detached: true, stdio: 'ignore' });
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      resolve(String(child.pid));
    });
  });
}

/** Returns true if that process is the parallel program of the part: process ids are reused. */
async function isParallel(pid: string, name: string): Promise<boolean> {
  const { stdout } = await runLocal(['ps', '-o', 'args=', '-p', pid]);
  return stdout.includes(`${name}.list`);
}

/** Ends a process with those that it has started. */
function endProcess(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The process has ended meanwhile.
  }
}

/** A run that has begun and not ended is killed where it runs: an ssh that ends leaves it alone. */
async function endRun(logs: string, name: string, index: number, config: string): Promise<void> {
  const [host, pid] = await Promise.all(
    (['host', 'pid'] as const).map((kind) => textOf(logs, fileOf(name, index, kind))),
  );
  if (!host || !pid || !/^\d+$/.test(pid) || (await textOf(logs, fileOf(name, index, 'ended'))) !== null) return;
  // The number is used again for another process at some time: only one that trains this run is ended.
  const script = 'tr "\\0" "\\n" < /proc/$1/cmdline | tail -n 1 | grep -qx "$2" && kill -TERM "$1"';
  await runRemote({ host, config })(['sh', '-c', script, 'coto-cancel', pid, String(index)]);
  await writeFileAtomic(join(logs, fileOf(name, index, 'ended')), 'cancelled\n');
}

async function textOf(logs: string, name: string): Promise<string | null> {
  try {
    return (await readBelow(logs, name, bundleLimits.failure)).trim();
  } catch {
    return null;
  }
}

function requireHosts(hosts: readonly string[]): void {
  for (const host of hosts) requireHost(host);
  if (hosts.length === 0)
    throw new StudioError(
      'invalid_input',
      'The target has no hosts.',
      'Name them: coto targets add lab ssh --set hosts=ws1,ws2 folder=/shared/coto.',
    ).at('hosts');
}

/** The version. @throws StudioError refused for another program of that name */
async function requireParallel(): Promise<string> {
  const { stdout } = await runLocal(['parallel', '--version']);
  const version = /GNU parallel (\d+)/.exec(stdout)?.[1];
  if (version !== undefined) return version;
  throw new StudioError(
    'refused',
    'The parallel of this machine is not GNU parallel.',
    "Install it: the package parallel, not moreutils' program of that name.",
  );
}
