import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MessageChannel, Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { childProcessChannel } from '../../../src-main/transport/child-process.ts';
import { messagePortChannel } from '../../../src-main/transport/message-port.ts';
import { connect } from '../../../src-shared/rpc/connect.ts';
import { inProcessChannels } from '../../../src-shared/rpc/in-process.ts';
import { echoContract } from './echo-contract.ts';
import { serveEcho } from './echo-service.ts';
import { reusing, rpcSuite } from './suite.ts';

const childFile = fileURLToPath(new URL('./echo-child.ts', import.meta.url));
const projectNode = fileURLToPath(new URL('../../../node_modules/node/bin/node', import.meta.url));

describe('in process', () => {
  rpcSuite(() => {
    const [client, server] = inProcessChannels();
    serveEcho(server, () => server.close());
    return { channel: client, stop: () => client.close() };
  });
});

describe('message port', () => {
  rpcSuite(() => {
    const { port1, port2 } = new MessageChannel();
    serveEcho(messagePortChannel(port2), () => port2.close());
    return { channel: messagePortChannel(port1), stop: () => port1.close() };
  });
});

describe('worker thread', () => {
  const start = reusing(() => {
    const worker = new Worker(new URL('./echo-worker.ts', import.meta.url));
    return {
      channel: messagePortChannel(worker),
      stop: async () => {
        await worker.terminate();
      },
    };
  });
  rpcSuite(start);
});

describe('child process on the project’s Node', () => {
  test('exists', () => {
    expect(existsSync(projectNode)).toBe(true);
  });
  const start = reusing(() => {
    const child = fork(childFile, [], { execPath: projectNode, execArgv: [], serialization: 'advanced' });
    return {
      channel: childProcessChannel(child),
      stop: () => {
        child.kill('SIGKILL');
      },
    };
  });
  rpcSuite(start);
  test('a program that is not there closes the channel', async () => {
    const child = fork(childFile, [], { execPath: '/nowhere/node', serialization: 'advanced' });
    const client = connect(childProcessChannel(child), echoContract);
    await expect(client.request('echo.add', { left: 1 })).rejects.toMatchObject({ code: 'disconnected' });
  });
});
