import { arch, machine } from 'node:os';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { nodeFindings } from '../../../src-main/backend/targets/probe-node.ts';

/** Returns the output of a healthy node, with some lines replaced. */
function answer(lines: Readonly<Record<string, string>> = {}): string {
  const usual = {
    node: 'n1',
    machine: machine(),
    time: '1000',
    shared: 'yes',
    free: '9000000',
    gpus: '',
    coto: packageJson.version,
  };
  return Object.entries({ ...usual, ...lines })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

const asked = { host: null, folder: '/shared', compute_backend: 'auto', now: 1_000_000 };

describe('a node with another processor', () => {
  const other = machine() === 'aarch64' ? 'x86_64' : 'aarch64';

  it('is told with the way out: its own build, or WebAssembly', () => {
    expect(nodeFindings(answer(), asked).problems).toEqual([]);
    expect(nodeFindings(answer({ machine: other }), asked).problems).toEqual([
      {
        message: `n1 has another processor (${other}) than this machine (${machine()}).`,
        hint: `The native build for ${arch()} does not load there: install the build for ${other}, or train there on WebAssembly: coto targets add … --set compute_backend=wasm.`,
      },
    ]);
  });

  it('is none where the target trains on WebAssembly', () => {
    expect(nodeFindings(answer({ machine: other }), { ...asked, compute_backend: 'wasm' }).problems).toEqual([]);
  });
});
