import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A Slurm of one machine: a controller and two nodes of eight made-up cores and two made-up GPUs each, all on loopback. */
export interface Cluster {
  readonly folder: string;
  /** Waits until the controller has written down that a job runs: what it has not, a crash of it forgets. */
  saved(id: string): Promise<void>;
  /** Kills the controller as a crash would. */
  killController(): Promise<void>;
  startController(): Promise<void>;
  /** Output of one of Slurm's programs. */
  run(program: string, ...words: string[]): string;
  /** Ends every process of it, also those that jobs have left. */
  stop(): Promise<void>;
}

export interface ClusterOptions {
  readonly maxArraySize?: number;
}

/** Returns the reason why no cluster can be started, or null. */
export function withoutSlurm(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'nodes of Slurm are started by root';
  const missing = ['slurmctld', 'slurmd', 'sbatch', 'setpriv'].filter(
    (program) =>
      !(process.env['PATH'] ?? '')
        .split(':')
        .concat('/usr/sbin')
        .some((folder) => existsSync(join(folder, program))),
  );
  return missing.length === 0 ? null : `there is no ${missing.join(', ')} (apt-get install slurm-wlm)`;
}

/**
 * Starts a cluster, and points Slurm's programs of this process to it. A daemon whose port another process has taken
 * since it was found free does not come up: the cluster is started again with other ports, three times at most.
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  for (let attempt = 1; ; attempt++)
    try {
      return await startClusterOnce(options);
    } catch (error) {
      if (attempt === 3) throw error;
      console.log(`the cluster is started again: ${String(error)}`);
    }
}

async function startClusterOnce({ maxArraySize = 1001 }: ClusterOptions): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'coto-slurm-'));
  const configFile = join(folder, 'slurm.conf');
  const ports = await freePorts(3);
  writeFileSync(join(folder, 'slurm.key'), randomBytes(1024), { mode: 0o600 });
  for (const name of ['state', 'spool/n1', 'spool/n2']) mkdirSync(join(folder, name), { recursive: true });
  for (const gpu of ['gpu0', 'gpu1']) execFileSync('mknod', [join(folder, gpu), 'c', '1', '3']);
  writeFileSync(join(folder, 'cgroup.conf'), 'CgroupPlugin=disabled\n');
  writeFileSync(join(folder, 'gres.conf'), `NodeName=n[1-2] Name=gpu File=${folder}/gpu[0-1]\n`);
  writeFileSync(configFile, configText(folder, ports, maxArraySize));
  process.env['SLURM_CONF'] = configFile;

  const daemons = new Map<string, ChildProcess>();
  const start = (name: string, program: string, words: string[]) => {
    // In the foreground, as children: they end with this process, however it ends.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', `/usr/sbin/${program}`, '-D', ...words], {
      stdio: 'ignore',
    });
    child.on('error', () => {});
    daemons.set(name, child);
  };
  const run = (program: string, ...words: string[]) => execFileSync(program, words, { encoding: 'utf8' });
  const cluster: Cluster = {
    folder,
    run,
    async saved(id) {
      const now = Date.now();
      // Without a change nothing is written.
      run('scontrol', 'update', `jobid=${id}`, 'comment=saved');
      await until(() => statSync(join(folder, 'state/job_state')).mtimeMs > now);
    },
    async killController() {
      const controller = daemons.get('controller');
      const gone = new Promise((resolve) => controller?.once('exit', resolve));
      controller?.kill('SIGKILL');
      await gone;
    },
    async startController() {
      start('controller', 'slurmctld', []);
      await until(() => run('sinfo', '--noheader', '--format=%t %D').trim() !== '');
    },
    async stop() {
      await endDaemons([...daemons.values()]);
      await killLeftOver(folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    start('controller', 'slurmctld', ['-i']);
    for (const node of ['n1', 'n2']) start(node, 'slurmd', ['-N', node]);
    await until(() => /idle 2/.test(run('sinfo', '--noheader', '--format=%t %D')), 500);
    return cluster;
  } catch (error) {
    const words = [...daemons].map(([name, { exitCode, signalCode }]) => {
      const log = join(folder, name === 'controller' ? 'slurmctld.log' : `${name}.log`);
      const end = exitCode ?? signalCode;
      return `${name} (${end === null ? 'runs' : `ended with ${end}`}): ${existsSync(log) ? readFileSync(log, 'utf8').slice(-1000) : 'no log'}`;
    });
    await cluster.stop();
    throw new Error(`the cluster did not start:\n${words.join('\n')}`, { cause: error });
  }
}

function configText(folder: string, [controller, first, second]: readonly number[], maxArraySize: number): string {
  const host = hostname().split('.')[0];
  return [
    'ClusterName=coto',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${controller}`,
    'SlurmUser=root',
    'AuthType=auth/slurm',
    'CredType=auth/slurm',
    'AuthInfo=use_client_ids',
    // Loopback only.
    'CommunicationParameters=NoInAddrAny,NoCtldInAddrAny',
    'ProctrackType=proctrack/linuxproc',
    'TaskPlugin=task/none',
    'MpiDefault=none',
    'JobAcctGatherType=jobacct_gather/linux',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_Core',
    'SlurmdParameters=config_overrides',
    'DefMemPerCPU=100',
    'GresTypes=gpu',
    `MaxArraySize=${maxArraySize}`,
    'MaxJobCount=20000',
    'MessageTimeout=5',
    'MinJobAge=600',
    'ReturnToService=2',
    'SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1,default_queue_depth=1000',
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool/%n`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/%n.pid`,
    `SlurmctldLogFile=${folder}/slurmctld.log`,
    `SlurmdLogFile=${folder}/%n.log`,
    ...[first, second].map(
      (port, at) =>
        `NodeName=n${at + 1} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${port} CPUs=8 RealMemory=4000 Gres=gpu:2`,
    ),
    'PartitionName=main Nodes=ALL Default=YES State=UP',
    '',
  ].join('\n');
}

async function endDaemons(daemons: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    daemons.map(async (daemon) => {
      if (daemon.exitCode !== null || daemon.signalCode !== null) return;
      const gone = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGKILL');
      await gone;
    }),
  );
}

/** Jobs and their shepherds outlive the daemons. */
async function killLeftOver(folder: string): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const pids = processesOf(folder);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    await delay(100);
  }
  throw new Error(`processes of the cluster go on: ${processesOf(folder).join(', ')}`);
}

/**
 * Returns this cluster's processes except the current one. They are identified by the config named in their
 * environment, or an open file in its folder.
 */
export function processesOf(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => signsOf(pid).some((sign) => sign.includes(folder)))
    .map(Number);
}

function signsOf(pid: string): string[] {
  try {
    const open = readdirSync(`/proc/${pid}/fd`).map((name) => linkOf(`/proc/${pid}/fd/${name}`));
    return [...open, linkOf(`/proc/${pid}/cwd`), readFileSync(`/proc/${pid}/environ`, 'utf8')];
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process has ended meanwhile.
  }
}

/** Returns ports that nothing listens on, from below those that the system gives to outgoing connections. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = randomInt(10_000, 32_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) found.add(port);
  }
  return [...found];
}

/**
 * Waits until it holds; a program that fails meanwhile does not hold.
 * @param maxTries one each tenth of a second; a busy machine may take two and a half minutes
 */
export async function until(holds: () => boolean | Promise<boolean>, maxTries = 1500): Promise<void> {
  for (let tries = 0; tries < maxTries; tries++) {
    try {
      if (await holds()) return;
    } catch {
      // Not yet.
    }
    await delay(100);
  }
  throw new Error(`it did not happen within ${maxTries} tries`);
}
