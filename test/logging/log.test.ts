import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DayFile } from '../../src-main/logging/day-file.ts';
import { openLog } from '../../src-main/logging/log.ts';
import { followLines } from '../../src-main/logging/output-lines.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the files of a log', () => {
  const limits = { fileBytes: 100, files: 3 };
  const line = `${'x'.repeat(59)}\n`;

  it('begins a file with each day and when one is full, and keeps the newest', () => {
    const logs = join(folder, 'logs');
    let now = new Date('2026-11-26T23:59:59Z');
    const file = new DayFile(logs, 'backend', limits, () => now);
    for (let index = 0; index < 3; index++) file.write(line);
    expect(readdirSync(logs)).toEqual(['backend-2026-11-26.1.log', 'backend-2026-11-26.2.log']);
    now = new Date('2026-11-27T00:00:00Z');
    for (let index = 0; index < 22; index++) file.write(line);
    file.close();
    expect(readdirSync(logs).sort()).toEqual([
      'backend-2026-11-27.10.log',
      'backend-2026-11-27.11.log',
      'backend-2026-11-27.9.log',
    ]);
    expect(readFileSync(join(logs, 'backend-2026-11-27.11.log'), 'utf8')).toBe(line.repeat(2));
  });

  it('goes on in the last file of the day, and leaves the files of others alone', () => {
    for (const name of ['backend', 'shell', 'backend']) {
      const file = new DayFile(folder, name, { fileBytes: 1000, files: 1 }, () => new Date('2026-01-02T03:04:05Z'));
      file.write(line);
      file.close();
      file.write('dropped: it is closed');
    }
    expect(readFileSync(join(folder, 'backend-2026-01-02.1.log'), 'utf8')).toBe(line.repeat(2));
    expect(readFileSync(join(folder, 'shell-2026-01-02.1.log'), 'utf8')).toBe(line);
  });

  it.skipIf(process.platform === 'win32')('is for the user alone, and follows no link out of a foreign home', () => {
    const logs = join(folder, 'logs');
    const file = new DayFile(logs, 'backend');
    file.write(line);
    file.close();
    const [written = ''] = readdirSync(logs);
    expect(statSync(logs).mode & 0o777).toBe(0o700);
    expect(statSync(join(logs, written)).mode & 0o777).toBe(0o600);

    rmSync(join(logs, written));
    symlinkSync(join(folder, 'profile'), join(logs, written));
    new DayFile(logs, 'backend').write(line);
    mkdirSync(join(folder, 'elsewhere'));
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'linked'));
    new DayFile(join(folder, 'linked'), 'backend').write(line);
    expect(lstatSync(join(folder, 'profile'), { throwIfNoEntry: false })).toBeUndefined();
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual([]);
  });

  it('drops what cannot be written', () => {
    const file = new DayFile('/dev/null/logs', 'backend');
    expect(() => file.write(line)).not.toThrow();
  });
});

describe('the log', () => {
  function written(environment: NodeJS.ProcessEnv, say: (log: ReturnType<typeof openLog>['log']) => void): string {
    const { log, close } = openLog(folder, 'backend', environment);
    say(log);
    close();
    return readdirSync(folder)
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('');
  }

  it('writes an object a line, with the error as the studio says it', () => {
    const text = written({}, (log) => {
      log.debug('only with COTO_DEBUG');
      log.warn(
        { err: new StudioError('disk_full', 'The disk is full.', 'Free some space.', 'at x'), job: 'j1' },
        'a job',
      );
      log.error({ err: 'x'.repeat(100_000) }, 'what was thrown need not be an Error');
    });
    const [first, second] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(first).toMatchObject({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      pid: process.pid,
      err: { code: 'disk_full', message: 'The disk is full.', hint: 'Free some space.', details: 'at x' },
      job: 'j1',
      msg: 'a job',
    });
    expect(second.err.message).toMatch(/^x{8000} … \(100000 characters\)$/);
  });

  it('holds no credentials', () => {
    const environment = {
      HF_TOKEN: 'a"secret\\value',
      MY_API_KEY: 'key-0123456789',
      SOME_TOKEN: 'true',
      PATH: '/usr/bin',
    };
    const text = written(environment, (log) => {
      log.info({ value: 'a"secret\\value', path: '/usr/bin', truth: true }, 'key-0123456789');
      log.error({ err: new Error('https://me:pass%20word@pypi.example/simple answered 401') }, 'pip');
      log.warn('Authorization: Bearer abc.def-123456; hf_abcdefGHIJKL');
    });
    expect(text).not.toMatch(/secret|key-0123|pass%20word|abc\.def|abcdefGHIJ/);
    expect(text).toContain('https://[hidden]@pypi.example/simple answered 401');
    expect(text).toContain('Bearer [hidden]; [hidden]');
    expect(text).toContain('/usr/bin');
    for (const line of text.trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });
});

describe("a program's output", () => {
  async function linesOf(chunks: readonly string[]): Promise<string[]> {
    const lines: string[] = [];
    const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
    followLines(stream, (line) => lines.push(line));
    await new Promise((resolve) => stream.on('close', resolve));
    return lines;
  }

  it('comes line by line, however it is cut', async () => {
    expect(await linesOf(['one\r\ntw', 'o\n\n  \nthr', 'ee'])).toEqual(['one', 'two', 'three']);
  });

  it('is bounded in the length of a line and in the number of lines', async () => {
    expect((await linesOf(['y'.repeat(50_000)])).map((line) => line.length)).toEqual([4000]);
    const lines = await linesOf(['again\n'.repeat(5000)]);
    expect(lines).toHaveLength(2001);
    expect(lines.at(-1)).toBe('Its further output is left out.');
  });
});
