import { afterAll, expect, test } from 'vitest';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Channel } from '../../../src-shared/rpc/channel.ts';
import { connect } from '../../../src-shared/rpc/connect.ts';
import { echoContract } from './echo-contract.ts';

export interface EchoPeer {
  /** The asking end of a wire whose other end serves the echo contract. */
  readonly channel: Channel;
  stop(): Promise<void> | void;
}

/** Peers that take their time to start: one that still lives serves the next test as well. To be called where the suite is. */
export function reusing(start: () => EchoPeer): () => EchoPeer {
  const started: EchoPeer[] = [];
  const idle: EchoPeer[] = [];
  afterAll(async () => {
    for (const { stop } of started) await stop();
  });
  return () => {
    const known = idle.pop();
    if (known !== undefined) return known;
    const fresh = start();
    started.push(fresh);
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    fresh.channel.onClose(over);
    const close = (): void => {
      over();
      fresh.channel.close();
    };
    const listening: (() => void)[] = [];
    const on: Channel['on'] = (listener) => {
      const leave = fresh.channel.on(listener);
      listening.push(leave);
      return leave;
    };
    const peer: EchoPeer = {
      channel: { ...fresh.channel, on, close },
      stop: () => {
        for (const leave of listening.splice(0)) leave();
        if (!isOver) idle.push(peer);
      },
    };
    return peer;
  };
}

/** Requirements for every transport. `open` starts a service and a connection to it, or returns existing ones. */
export function rpcSuite(open: () => Promise<EchoPeer> | EchoPeer): void {
  const withClient = async (
    body: (client: ReturnType<typeof connect<typeof echoContract>>, peer: EchoPeer) => Promise<void>,
  ): Promise<void> => {
    const peer = await open();
    try {
      await body(connect(peer.channel, echoContract), peer);
    } finally {
      await peer.stop();
    }
  };
  const failure = async (promise: Promise<unknown>): Promise<StudioError> => {
    const thrown = await promise.then(
      () => null,
      (error: unknown) => error,
    );
    if (!(thrown instanceof StudioError)) throw new Error(`no StudioError: ${String(thrown)}`);
    return thrown;
  };

  test('answers, with defaults filled in', () =>
    withClient(async (client) => {
      expect(await client.request('echo.add', { left: 2, right: 3 })).toBe(5);
      expect(await client.request('echo.add', { left: 2 })).toBe(3);
    }));

  test('typed arrays, NaN, infinity, undefined and maps survive in both directions', () =>
    withClient(async (client) => {
      const values = await client.request('echo.values', { count: 4 });
      expect([...values.floats]).toEqual([0, Number.NaN, 0.5, 0.75]);
      expect([...values.bytes]).toEqual([0, 127, 255]);
      expect(values.notANumber).toBeNaN();
      expect('missing' in values && values.missing === undefined).toBe(true);
      expect(values.map.get('a')).toBe(1);
      const sent = { nested: [Int32Array.of(-1, 7), Number.NaN, undefined, -0, 'ü'], large: new Float32Array(100_000) };
      expect(await client.request('echo.same', sent)).toEqual(sent);
    }));

  test.each([false, true])('a refusal crosses with its code, words, hint and field (late: %s)', (late) =>
    withClient(async (client) => {
      const error = await failure(client.request('echo.refuse', { late }));
      expect(error).toMatchObject({
        code: 'not_found',
        message: 'adapter.safetensors has no tensor "x".',
        hint: 'Choose another file.',
        field: 'adapter.r',
      });
    }),
  );

  test('an input that does not fit is refused by name, and the next call is answered', () =>
    withClient(async (client, peer) => {
      const wrong = await rawCall(peer.channel, 'echo.add', [{ left: 'two' }]);
      expect(wrong).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
      expect(JSON.stringify(wrong)).toContain('left');
      const extra = await rawCall(peer.channel, 'echo.add', [{ left: 2, up: 1 }]);
      expect(extra).toMatchObject({ ok: false, error: { code: 'invalid_input' } });
      expect(await client.request('echo.add', { left: 1 })).toBe(2);
    }));

  test.each(['echo.absent', 'toString', 'constructor', '__proto__', 'hasOwnProperty', 'then'])(
    'rejects an unknown request named %s',
    (name) =>
      withClient(async (_client, peer) => {
        expect(await rawCall(peer.channel, name, [{}])).toMatchObject({ ok: false, error: { code: 'not_found' } });
      }),
  );

  test('frames that are not ours are left alone', () =>
    withClient(async (client, peer) => {
      for (const odd of [{}, { t: 'q' }, { t: 'q', m: 7, a: [] }, { t: 's' }, { t: 's', i: 'nobody-asked' }, []])
        peer.channel.post(odd);
      expect(await client.request('echo.add', { left: 1 })).toBe(2);
    }));

  test('an answer that cannot be cloned is answered as an error', () =>
    withClient(async (client) => {
      const error = await failure(client.request('echo.unclonable', {}));
      expect(error.code).toBe('internal');
      expect(error.message).toContain('could not be sent');
      expect(await client.request('echo.add', { left: 1 })).toBe(2);
    }));

  test('an input that cannot be cloned rejects', () =>
    withClient(async (client) => {
      const error = await failure(client.request('echo.same', () => 'a function'));
      expect(error.code).toBe('internal');
      expect(await client.request('echo.add', { left: 1 })).toBe(2);
    }));

  test('an answer that does not fit its schema rejects', () =>
    withClient(async (client) => {
      const error = await failure(client.request('echo.malformed', {}));
      expect(error.message).toContain('echo.malformed');
    }));

  test('events arrive in order, before the answer of the request that caused them, until the listener goes', () =>
    withClient(async (client) => {
      const seen: number[] = [];
      const stop = client.on('echo.told', ({ index, values }) => {
        expect(values[0]).toBe(index);
        expect(values[1]).toBeNaN();
        seen.push(index);
      });
      await client.request('echo.tell', { count: 50 });
      expect(seen).toEqual(Array.from({ length: 50 }, (_, index) => index));
      stop();
      await client.request('echo.tell', { count: 5 });
      expect(seen.length).toBe(50);
    }));

  test('an event that cannot be cloned harms nothing', () =>
    withClient(async (client) => {
      expect(await client.request('echo.tell-unclonable', {})).toEqual({ ok: true });
    }));

  test('a slow answer does not hold up the others', () =>
    withClient(async (client) => {
      const order: string[] = [];
      const held = client.request('echo.hold', {}).then((answer) => order.push(answer));
      order.push(String(await client.request('echo.add', { left: 1 })));
      await client.request('echo.release', {});
      await held;
      expect(order).toEqual(['2', 'held']);
    }));

  test('1000 calls at once are answered, each with its own answer, in order', () =>
    withClient(async (client) => {
      const settled: number[] = [];
      const answers = await Promise.all(
        Array.from({ length: 1000 }, async (_, left) => {
          const sum = await client.request('echo.add', { left });
          settled.push(left);
          return sum;
        }),
      );
      expect(answers).toEqual(Array.from({ length: 1000 }, (_, left) => left + 1));
      expect(settled).toEqual(Array.from({ length: 1000 }, (_, left) => left));
    }));

  test('two clients do not hear each other', async () => {
    const peers = [await open(), await open()];
    try {
      const [first, second] = peers.map((peer) => connect(peer.channel, echoContract));
      if (!first || !second) throw new Error('two clients were opened');
      const heard: string[] = [];
      first.on('echo.told', () => heard.push('first'));
      second.on('echo.told', () => heard.push('second'));
      await Promise.all([first.request('echo.tell', { count: 2 }), second.request('echo.add', { left: 1 })]);
      expect(heard).toEqual(['first', 'first']);
    } finally {
      for (const peer of peers) await peer.stop();
    }
  });

  test('a peer that dies rejects every pending call, and later calls at once', () =>
    withClient(async (client) => {
      let told = 0;
      client.onClose(() => told++);
      const pending = [
        client.request('echo.never', {}),
        client.request('echo.never', {}),
        client.request('echo.die', {}),
      ];
      for (const call of pending) expect((await failure(call)).code).toBe('disconnected');
      expect(client.closed).toBe(true);
      expect(told).toBe(1);
      client.onClose(() => told++);
      expect(told).toBe(2);
      expect((await failure(client.request('echo.add', { left: 1 }))).code).toBe('disconnected');
    }));

  test('closing the client rejects what it still waits for', () =>
    withClient(async (client) => {
      const pending = failure(client.request('echo.never', {}));
      await client.request('echo.add', { left: 1 });
      client.close();
      expect((await pending).code).toBe('disconnected');
    }));
}

/** A call as a foreign peer could write it, past the types. */
export function rawCall(channel: Channel, name: string, args: unknown[]): Promise<unknown> {
  const id = `raw-${Math.random()}`;
  return new Promise((resolve) => {
    const stop = channel.on((message) => {
      if (typeof message !== 'object' || message === null || !('i' in message) || message.i !== id) return;
      stop();
      resolve('r' in message ? message.r : message);
    });
    channel.post({ t: 'q', i: id, m: name, a: args });
  });
}
