import { spawn } from 'node:child_process';

/** A screen of its own for a program that shows nothing; it ends with `stop`. */
export interface VirtualScreen {
  readonly display: string;
  stop(): void;
}

/** Starts Xvfb on a free display; null where there is none, or it does not start. */
export function startVirtualScreen(environment: NodeJS.ProcessEnv): Promise<VirtualScreen | null> {
  return new Promise((resolve) => {
    const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    server.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (said.endsWith('\n')) resolve({ display: `:${said.trim()}`, stop: () => void server.kill() });
    });
    server.on('error', () => resolve(null));
    server.on('exit', () => resolve(null));
  });
}
