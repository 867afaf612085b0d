import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePorts, startCluster, until } from './cluster.ts';

/** An ssh server on loopback that lets in one key, which was made for it, and the config with which its hosts are reached. */
export interface SshServer {
  /** Knows the hosts ws1, ws2 and login1, all of them this machine, and "gone", where nobody answers. */
  readonly config: string;
  stop(): Promise<void>;
}

/** @param environment of every command that is run through it */
export async function startSshServer(environment: Readonly<Record<string, string>> = {}): Promise<SshServer> {
  const folder = mkdtempSync(join(tmpdir(), 'coto-sshd-'));
  const [port = 0, closed = 0] = await freePorts(2);
  for (const name of ['host_key', 'key'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  mkdirSync('/run/sshd', { recursive: true });
  const serverConfig = join(folder, 'sshd_config');
  writeFileSync(
    serverConfig,
    [
      ...[
        `Port ${port}`,
        'ListenAddress 127.0.0.1',
        `HostKey ${folder}/host_key`,
        `AuthorizedKeysFile ${folder}/key.pub`,
      ],
      ...['PidFile none', 'StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'PermitRootLogin yes'],
      ...[
        'MaxStartups 100',
        `SetEnv ${Object.entries(environment)
          .map(([name, value]) => `${name}=${value}`)
          .join(' ')}`,
      ],
      '',
    ].join('\n'),
  );
  const config = join(folder, 'ssh_config');
  const known = ['StrictHostKeyChecking no', `UserKnownHostsFile ${folder}/known_hosts`, 'LogLevel ERROR'];
  const login = [`User ${userInfo().username}`, `IdentityFile ${folder}/key`, 'IdentitiesOnly yes', ...known];
  writeFileSync(
    config,
    [
      `Host ws1 ws2 login1`,
      'HostName 127.0.0.1',
      `Port ${port}`,
      ...login,
      'Host gone',
      'HostName 127.0.0.1',
      `Port ${closed}`,
      ...known,
      '',
    ].join('\n'),
  );
  const server = spawn('setpriv', ['--pdeathsig', 'KILL', '/usr/sbin/sshd', '-D', '-f', serverConfig], {
    stdio: 'ignore',
  });
  server.on('error', () => {});
  await until(
    () => execFileSync('ssh', ['-F', config, '-o', 'BatchMode=yes', 'ws1', 'true'], { stdio: 'ignore' }) === null,
  );
  return {
    config,
    async stop() {
      const gone = new Promise((resolve) => server.once('exit', resolve));
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGKILL');
        await gone;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The login node of a cluster that only it knows: this process no longer has the cluster's configuration. */
export async function startLoginNode(environment: Readonly<Record<string, string>> = {}): Promise<SshServer> {
  const cluster = await startCluster();
  const config = process.env['SLURM_CONF'] ?? '';
  delete process.env['SLURM_CONF'];
  const server = await startSshServer({ SLURM_CONF: config, ...environment });
  return {
    ...server,
    async stop() {
      await server.stop();
      await cluster.stop();
    },
  };
}
