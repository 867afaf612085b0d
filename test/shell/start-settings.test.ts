import { expect, test } from 'vitest';
import { developmentServerOf } from '../../src-main/shell/development-server.ts';
import { plainName, withoutControls } from '../../src-main/shell/plain-name.ts';
import { refuseSwitches } from '../../src-main/shell/refused-switches.ts';

test('only a server of this machine is a development server, and none of a packed app', () => {
  expect(developmentServerOf('http://localhost:5173', false)).toBe('http://localhost:5173');
  expect(developmentServerOf('http://localhost:5173', true)).toBeNull();
  for (const address of [
    undefined,
    'nonsense',
    'http://localhost:5173.evil.example',
    'http://localhost.evil.example:5173',
    'http://localhost@evil.example:5173',
    'https://example.com',
    'file:///etc/passwd',
  ])
    expect(developmentServerOf(address, false)).toBeNull();
});

test('a packed app takes no switch that opens its window to others', () => {
  const given = new Set(['remote-debugging-port', 'proxy-server', 'disable-gpu']);
  const refused = refuseSwitches({ hasSwitch: (name) => given.has(name), removeSwitch: (name) => given.delete(name) });
  expect(refused).toEqual(['remote-debugging-port', 'proxy-server']);
  expect([...given]).toEqual(['disable-gpu']);
});

test('a proposed name is a name alone, visible and in one direction', () => {
  expect(plainName('/home/me/.bashrc')).toBe('bashrc');
  expect(plainName('..\\..\\run.yaml')).toBe('run.yaml');
  expect(plainName('table\u202evsc.exe\n')).toBe('table vsc.exe');
  expect(plainName('...')).toBe('untitled');
  expect(withoutControls('Save\u0007 it\u200b')).toBe('Save  it ');
});
