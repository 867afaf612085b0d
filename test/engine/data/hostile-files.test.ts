import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { detectReader } from '../../../src-main/engine/api/data.ts';
import { readImageHeader } from '../../../src-main/engine/data/image-file.ts';
import { inspectDataset } from '../../../src-main/engine/data/open-dataset.ts';
import { temporaryFolder } from './make-data.ts';

const folder = temporaryFolder();

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A ZIP archive of the files, packed. */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = Buffer.from(text);
    const packed = deflateRawSync(data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from('504b0304', 'hex'), common, Buffer.from(name), packed);
    const ending = Buffer.alloc(14);
    ending.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('504b01021400', 'hex'), common, ending, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(parts.length / 4, 8);
  end.writeUInt16LE(parts.length / 4, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listed, end]);
}

const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

function workbook(name: string, cells: string): string {
  return file(
    name,
    zip({
      'xl/workbook.xml': `<workbook xmlns="${main}" xmlns:r="${relations}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
      'xl/_rels/workbook.xml.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
      'xl/worksheets/sheet1.xml': `<worksheet xmlns="${main}"><sheetData>${cells}</sheetData></worksheet>`,
    }),
  );
}

const cell = (at: string, text: string) => `<c r="${at}" t="inlineStr"><is><t>${text}</t></is></c>`;
const table = `<row r="1">${cell('A1', 'text')}${cell('B1', 'label')}</row><row r="2">${cell('A2', 'a')}${cell('B2', 'x')}</row>`;

async function rowsOf(path: string): Promise<unknown> {
  return (await inspectDataset(await detectReader(path)))?.rows;
}

it('reads a workbook made like those that are refused', async () => {
  expect(await rowsOf(workbook('usual.xlsx', table))).toHaveLength(1);
});

it.each([
  ['at the end of a sheet', 'XFD1048576'],
  ['beyond the end', 'ZZZZZZ999999999'],
  ['far to the right of many rows', 'XFD2000'],
])('refuses a workbook with a cell %s', async (_, at) => {
  await expect(rowsOf(workbook(`${at}.xlsx`, `${table}<row>${cell(at, 'z')}</row>`))).rejects.toThrow(
    `has a cell at ${at}, which makes a table of more than 20 million cells`,
  );
});

it('refuses a workbook of a million cells, or one that unpacks to a thousand times its size', async () => {
  const many = workbook('many.xlsx', `${table}${'<c r="A3"/>'.repeat(1_000_001)}`);
  await expect(rowsOf(many)).rejects.toThrow('has a sheet of more than 1 million cells');
  const bomb = workbook('bomb.xlsx', table + ' '.repeat(40 * 2 ** 20));
  await expect(rowsOf(bomb)).rejects.toThrow('sheet1.xml unpacks to more than 200 times its size');
});

it('refuses a bitmap of one column of 30 million pixels by its header', async () => {
  const head = Buffer.alloc(54);
  head.write('BM');
  head.writeUInt32LE(54, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(1, 18);
  head.writeInt32LE(30_000_000, 22);
  head.writeUInt16LE(24, 28);
  await expect(readImageHeader(file('tall.bmp', head))).rejects.toThrow('sides of at most 65535 are read');
});

function chunk(kind: string, data: Uint8Array): Buffer {
  const whole = Buffer.concat([Buffer.alloc(4), Buffer.from(kind), data, Buffer.alloc(4)]);
  whole.writeUInt32BE(data.length, 0);
  whole.writeUInt32BE(crc32(whole.subarray(4, -4)), whole.length - 4);
  return whole;
}

function png(texts: readonly Buffer[]): Buffer {
  const head = Buffer.from('00000004000000040800000000', 'hex');
  const pixels = chunk('IDAT', deflateSync(Buffer.alloc(20)));
  const begin = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([begin, chunk('IHDR', head), ...texts, pixels, chunk('IEND', Buffer.alloc(0))]);
}

it('refuses a PNG whose packed texts unpack to gigabytes, and reads one with short or plain texts', async () => {
  const packed = deflateSync(Buffer.alloc(10 * 2 ** 20, 97));
  const text = chunk('zTXt', Buffer.concat([Buffer.from('k\0\0', 'latin1'), packed]));
  const international = chunk('iTXt', Buffer.concat([Buffer.from('k\0\x01\0\0\0', 'latin1'), packed]));
  const plain = chunk('iTXt', Buffer.concat([Buffer.from('k\0\0\0\0\0', 'latin1'), Buffer.alloc(2 ** 19, 97)]));
  for (const [name, bad] of Object.entries({ zTXt: text, iTXt: international })) {
    const bytes = png(Array.from({ length: 500 }, () => bad));
    const says = 'it has more packed texts before its pixels than are read';
    await expect(readImageHeader(file(`${name}.png`, bytes))).rejects.toThrow(says);
    await expect(readImageHeader({ where: name, bytes })).rejects.toThrow(says);
  }
  expect(await readImageHeader(file('usual.png', png([text, plain])))).toMatchObject({ height: 4, width: 4 });
});

it('makes one fault of a sentence without an end, and of a context of 30 MB with many questions', async () => {
  const sentences = file('long.conll', `${'w\tO\n'.repeat(150_000)}\na\tO\nb\tB-x\n\n`);
  const inspected = await inspectDataset(await detectReader(sentences));
  expect(JSON.stringify(inspected)).toContain('has more than 100000 words; put an empty line after each sentence');
  const qas = Array.from({ length: 20 }, (_, at) => ({ id: `${at}`, question: 'why?', answers: [] }));
  const context = 'word '.repeat(2 ** 20);
  const squad = file('squad.json', JSON.stringify({ version: '1', data: [{ paragraphs: [{ context, qas }] }] }));
  await expect(rowsOf(squad)).rejects.toThrow('has a context that is too long for its number of questions');
});
