import { z } from 'zod';

const targetsSchema = z.array(z.looseObject({ type: z.string(), webSocketDebuggerUrl: z.string().optional() }));
const answerSchema = z.looseObject({
  id: z.number().optional(),
  result: z.unknown().optional(),
  error: z.looseObject({ message: z.string() }).optional(),
});
const valueSchema = z.looseObject({ result: z.looseObject({ value: z.unknown() }) });
const metricsSchema = z.looseObject({ metrics: z.array(z.object({ name: z.string(), value: z.number() })) });

/**
 * The window by Chromium's own protocol and nothing else: a driver that puts scripts into the page would be part of what is
 * measured.
 */
export class DevTools {
  private readonly pending = new Map<number, (answer: z.infer<typeof answerSchema>) => void>();
  private readonly socket: WebSocket;
  private last = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const answer = answerSchema.parse(JSON.parse(String(data)));
      if (answer.id === undefined) return;
      this.pending.get(answer.id)?.(answer);
      this.pending.delete(answer.id);
    });
  }

  /** Connects to the page of an app that listens at `port`. */
  static async connect(port: number): Promise<DevTools> {
    const url = await poll(async () => {
      const targets = targetsSchema.parse(await (await fetch(`http://127.0.0.1:${port}/json`)).json());
      return targets.find(({ type }) => type === 'page')?.webSocketDebuggerUrl;
    });
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`${url} does not answer.`)));
    });
    return new DevTools(socket);
  }

  async send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.last;
    const answer = await new Promise<z.infer<typeof answerSchema>>((resolve) => {
      this.pending.set(id, resolve);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  async evaluate(expression: string): Promise<unknown> {
    return valueSchema.parse(await this.send('Runtime.evaluate', { expression, returnByValue: true })).result.value;
  }

  /** CPU seconds that the page's main thread has worked. */
  async mainThreadSeconds(): Promise<number> {
    const { metrics } = metricsSchema.parse(await this.send('Performance.getMetrics'));
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  }

  close(): void {
    this.socket.close();
  }
}

/** Asks until there is an answer, for a minute. */
export async function poll<Value>(ask: () => Promise<Value | null | undefined | false>): Promise<Value> {
  const end = Date.now() + 60_000;
  for (;;) {
    const value = await ask().catch(() => null);
    if (value) return value;
    if (Date.now() > end) throw new Error('no answer within a minute');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
