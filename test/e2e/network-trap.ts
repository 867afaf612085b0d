import { spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * Runs commands in a network of its own, in which every packet to elsewhere is counted, every name is resolved to this
 * machine, and every connection to it noted: `unshare --net --mount node network-trap.ts <file> <commands as JSON>`. Writes
 * to the file what each command sent, as JSON.
 */
const [answerFile = '', commandsText = '[]'] = process.argv.slice(2);
const commands: readonly (readonly string[])[] = JSON.parse(commandsText);
const own = '10.99.0.1';

/** Packets that left by the interface so far: the tenth count of its line. */
function sentPackets(): number {
  const line = /^\s*trap:(.*)$/m.exec(readFileSync('/proc/self/net/dev', 'utf8'))?.[1] ?? '';
  return Number(line.trim().split(/\s+/)[9]);
}

function setUp(...args: readonly string[]): void {
  const [command = '', ...rest] = args;
  const { status, stderr } = spawnSync(command, rest, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
}

/** The names that a DNS message asks for, and the message with this machine as the answer. */
function answerOf(question: Buffer): { name: string; answer: Buffer } {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const asked = question.subarray(12, at + 5);
  const isAddress = question.readUInt16BE(at + 1) === 1;
  const head = Buffer.from([...question.subarray(0, 2), 0x81, 0x80, 0, 1, 0, isAddress ? 1 : 0, 0, 0, 0, 0]);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...own.split('.').map(Number)]);
  return { name: labels.join('.'), answer: Buffer.concat([head, asked, ...(isAddress ? [record] : [])]) };
}

writeFileSync('/proc/sys/net/ipv6/conf/all/disable_ipv6', '1');
writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
setUp('ip', 'link', 'set', 'lo', 'up');
setUp('ip', 'link', 'add', 'trap', 'type', 'veth', 'peer', 'name', 'trapped');
setUp('ip', 'link', 'set', 'trapped', 'up');
setUp('ip', 'addr', 'add', `${own}/24`, 'dev', 'trap');
// No neighbor is asked for first: what is sent is counted at once.
setUp('ip', 'link', 'set', 'trap', 'arp', 'off', 'up');
setUp('ip', 'route', 'add', 'default', 'dev', 'trap');
const resolver = `${answerFile}.resolv.conf`;
writeFileSync(resolver, `nameserver ${own}\n`);
setUp('mount', '--bind', resolver, '/etc/resolv.conf');

let names: string[] = [];
let connections: string[] = [];
const names53 = createSocket('udp4');
names53.on('message', (message, { port, address }) => {
  const { name, answer } = answerOf(message);
  names.push(name);
  names53.send(answer, port, address);
});
names53.bind(53, own);
await once(names53, 'listening');
for (const port of [80, 443]) {
  const server = createServer((socket) => {
    connections.push(`port ${port}`);
    socket.on('error', () => undefined);
    socket.destroy();
  });
  server.listen(port, own);
  await once(server, 'listening');
}

const answers: unknown[] = [];
for (const [command = '', ...args] of commands) {
  const before = sentPackets();
  names = [];
  connections = [];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => {
      output = `${output}${text}`.slice(-20_000);
    });
  const [code]: unknown[] = await once(child, 'close');
  const packets = sentPackets() - before;
  answers.push({ code, packets, names: [...new Set(names)], connections: [...new Set(connections)], output });
}
writeFileSync(answerFile, JSON.stringify(answers));
process.exit(0);
