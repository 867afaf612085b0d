import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { TensorflowSetup } from '../../../src-shared/domain/app/catalog.ts';
import { archiveSwitches } from '../../archive/beside-archive.ts';
import { programFile } from '../../archive/program-file.ts';
import { setupProgressSchema } from '../../engine/api/compute.ts';
import { plainNode } from './engine-host.ts';

const keptCharacters = 20_000;

/** Sets libtensorflow up in a process of its own, one at a time: what `npm run setup:tensorflow` does. */
export class TensorflowSetupProcess {
  private child: ChildProcess | null = null;
  private current: TensorflowSetup = { state: 'idle', phase: null, done: null, total: null, log: '' };
  private readonly onDone: () => void;

  constructor(onDone: () => void) {
    this.onDone = onDone;
  }

  get state(): TensorflowSetup {
    return this.current;
  }

  /** @throws StudioError refused if it is running already, or if no Node can run it. */
  start(device: 'auto' | 'cpu' | 'gpu'): TensorflowSetup {
    if (this.child) throw new StudioError('refused', 'libtensorflow is being set up already.');
    const node = plainNode();
    if (node === null) throw new StudioError('refused', 'No Node was found to run the setup.', 'Set COTO_NODE to one.');
    this.current = { state: 'running', phase: 'Starting', done: null, total: null, log: '' };
    const program = programFile('setup-tensorflow');
    const child = fork(fileURLToPath(program), device === 'auto' ? [] : [`--${device}`], {
      execPath: node,
      execArgv: archiveSwitches(program),
      env: { ...process.env, NODE_USE_ENV_PROXY: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream
        ?.setEncoding('utf8')
        .on('data', (text: string) => this.change({ log: (this.current.log + text).slice(-keptCharacters) }));
    child.on('message', (message) => {
      const progress = setupProgressSchema.safeParse(message);
      if (progress.success) this.change(progress.data);
    });
    child.on('error', (error) => this.end('failed', `${error.message}\n`));
    child.on('close', (code) => this.end(code === 0 ? 'done' : code === 130 ? 'cancelled' : 'failed'));
    return this.current;
  }

  /** Stops the setup; downloaded data is kept for the next attempt. */
  cancel(): TensorflowSetup {
    this.child?.kill('SIGTERM');
    return this.current;
  }

  private end(state: TensorflowSetup['state'], log = ''): void {
    if (this.child === null) return;
    this.child = null;
    this.change({ state, phase: null, done: null, total: null, log: this.current.log + log });
    if (state === 'done') this.onDone();
  }

  private change(changes: Partial<TensorflowSetup>): void {
    this.current = { ...this.current, ...changes };
  }
}
