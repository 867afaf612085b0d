import { join } from 'node:path';
import { root } from '../bootstrap/paths.mjs';
import { ensurePython, pytorch } from '../bootstrap/python.mjs';
import { ensureBuild } from '../build.mjs';
import { cotoCommand } from './coto-command.mjs';
import { run } from './steps.mjs';

// `coto bench` with PyTorch beside it.
await ensureBuild(['main', 'report']);
const wantsHelp = process.argv.slice(2).some((word) => word === '-h' || word === '--help');
const peer = wantsHelp ? { reason: 'help needs no PyTorch' } : await ensurePython(pytorch);
const options =
  'python' in peer
    ? ['--peer-python', peer.python, '--peer-script', join(root, 'src-main', 'bench', 'peers', 'pytorch.py')]
    : ['--peer-missing', peer.reason];
const args = ['bench', ...process.argv.slice(2), ...options];
process.exit(await run(process.execPath, [...cotoCommand, ...args], { cwd: process.cwd() }));
