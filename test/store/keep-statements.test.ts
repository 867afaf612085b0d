import SqliteDatabase from 'better-sqlite3';
import { expect, it } from 'vitest';
import { keepStatements } from '../../src-main/store/keep-statements.ts';

function open() {
  const database = new SqliteDatabase(':memory:');
  database.exec('CREATE TABLE numbers (n INTEGER); INSERT INTO numbers VALUES (1), (2), (3)');
  let compiled = 0;
  const compile = database.prepare.bind(database);
  Object.defineProperty(database, 'prepare', {
    configurable: true,
    value: (text: string) => {
      compiled++;
      return compile(text);
    },
  });
  keepStatements(database);
  return { database, compiled: () => compiled };
}

it('compiles each statement once, however often it is asked for', () => {
  const { database, compiled } = open();
  for (let time = 0; time < 1000; time++) database.prepare('SELECT n FROM numbers WHERE n = ?').get(time);
  expect(compiled()).toBe(1);
});

it('keeps so many, and those that were used last', () => {
  const { database, compiled } = open();
  for (let other = 0; other < 500; other++) {
    database.prepare('SELECT n FROM numbers').get();
    database.prepare(`SELECT ${other} FROM numbers`).get();
  }
  expect(compiled()).toBe(501);
  database.prepare('SELECT 499 FROM numbers');
  expect(compiled()).toBe(501);
  database.prepare('SELECT 0 FROM numbers');
  expect(compiled()).toBe(502);
});

it('gives rows as objects again after they were asked for in another form', () => {
  const { database } = open();
  const text = 'SELECT n FROM numbers ORDER BY n';
  expect(database.prepare(text).pluck().all()).toEqual([1, 2, 3]);
  expect(database.prepare(text).raw().all()).toEqual([[1], [2], [3]]);
  expect(database.prepare(text).all()).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
});

it('reads the same rows twice at once', () => {
  const { database } = open();
  const text = 'SELECT n FROM numbers ORDER BY n';
  const pairs = [];
  for (const outer of database.prepare(text).iterate())
    for (const inner of database.prepare(text).iterate()) pairs.push([outer, inner]);
  expect(pairs).toHaveLength(9);
});
