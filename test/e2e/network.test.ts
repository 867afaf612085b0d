import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { goTo, homeFolder, openStudio } from './studio.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-network-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const netLogSchema = z.object({
  constants: z.object({ logEventTypes: z.record(z.string(), z.number()) }),
  events: z.array(z.object({ type: z.number(), params: z.record(z.string(), z.unknown()).optional() })),
});

/** Returns the events of these kinds in Chromium's network log, with their subjects. */
function logged(log: unknown, kinds: readonly string[]): string[] {
  const { constants, events } = netLogSchema.parse(log);
  const names = new Map(Object.entries(constants.logEventTypes).map(([name, type]) => [type, name]));
  for (const kind of kinds) expect(constants.logEventTypes).toHaveProperty(kind);
  return events.flatMap(({ type, params }) =>
    kinds.includes(names.get(type) ?? '') ? [`${names.get(type)} ${JSON.stringify(params ?? {})}`] : [],
  );
}

// A log that was cut, because its process was ended first, says nothing: the window tries again.
const tries = { retry: 2 };

test('no name is resolved and no socket opened, whatever the window tries', tries, async () => {
  const file = join(folder, 'net-log.json');
  const studio = await openStudio(homeFolder(folder), [`--log-net-log=${file}`]);
  for (const page of ['Data', 'Train']) await goTo(studio.page, page);
  await studio.page.evaluate(async () => {
    const hint = document.createElement('link');
    hint.rel = 'dns-prefetch';
    hint.href = '//secret.example';
    document.head.append(hint);
    const peer = new RTCPeerConnection({ iceServers: [{ urls: 'stun:192.0.2.1:3478' }] });
    peer.createDataChannel('out');
    await peer.setLocalDescription(await peer.createOffer());
    await fetch('https://secret.example/').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    peer.close();
  });
  await studio.close();
  // The network's own process ends after the app and writes the last of the log.
  const log: unknown = await vi.waitFor(() => JSON.parse(readFileSync(file, 'utf8')), {
    timeout: 60_000,
    interval: 100,
  });
  expect(logged(log, ['HOST_RESOLVER_MANAGER_JOB', 'TCP_CONNECT', 'UDP_BYTES_SENT'])).toEqual([]);
});
