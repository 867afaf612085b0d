import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Channel } from '../../../src-shared/rpc/channel.ts';
import { serve } from '../../../src-shared/rpc/serve.ts';
import { echoContract } from './echo-contract.ts';

/** Serves the echo contract; `die` ends the side that serves without a word, as a crash would. */
export function serveEcho(channel: Channel, die: () => void): void {
  const refuse = (): never => {
    throw new StudioError('not_found', 'adapter.safetensors has no tensor "x".', 'Choose another file.').at(
      'adapter.r',
    );
  };
  const released = Promise.withResolvers<void>();
  const server = serve(channel, echoContract, {
    'echo.same': (input) => input,
    'echo.add': ({ left, right }) => left + right,
    'echo.values': ({ count }) => ({
      floats: Float32Array.from({ length: count }, (_, index) => index / 4).fill(Number.NaN, 1, 2),
      bytes: Uint8Array.of(0, 127, 255),
      notANumber: Number.NaN,
      infinite: Number.POSITIVE_INFINITY,
      missing: undefined,
      map: new Map([['a', 1]]),
    }),
    'echo.refuse': ({ late }) => (late ? Promise.resolve().then(refuse) : refuse()),
    'echo.hold': async () => {
      await released.promise;
      return 'held';
    },
    'echo.release': () => {
      released.resolve();
      return null;
    },
    'echo.never': () => new Promise<null>(() => undefined),
    'echo.unclonable': () => ({ code: () => 'a function' }),
    // A handler in JavaScript could answer anything: the schema on the asking side refuses it.
    'echo.malformed': () => JSON.parse('"seven"'),
    'echo.tell': ({ count }) => {
      for (let index = 0; index < count; index++)
        server.emit('echo.told', { index, values: Float32Array.of(index, Number.NaN) });
      return { ok: true } as const;
    },
    'echo.tell-unclonable': () => {
      server.emit('echo.odd', () => 'a function');
      return { ok: true } as const;
    },
    'echo.die': () => {
      die();
      return new Promise<null>(() => undefined);
    },
  });
}
