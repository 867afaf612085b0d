import { constants } from 'node:buffer';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import {
  type RunSamples,
  type SampledStep,
  type SampleInput,
  sampledStepSchema,
  sampleInputSchema,
} from '../../../src-shared/domain/runs/run-samples.ts';
import { writeFileAtomic } from '../../files/atomic.ts';

/** Beside checkpoints/ and history/, in the folder of a run. */
const samplesFolder = 'samples';
const inputsFile = 'inputs.json.gz';
const stepFile = /^(\d{8,})\.json\.gz$/;

const pixelsSchema = z.base64().transform((text) => Uint8Array.from(Buffer.from(text, 'base64')));
/** JSON form of the inputs: pixels in base64. */
const inputsSchema = z.array(
  z
    .looseObject({ pixels: pixelsSchema.optional() })
    .transform(({ pixels, ...input }) => sampleInputSchema.parse(pixels === undefined ? input : { ...input, pixels })),
);

/** Keeps the answers of an evaluation in the run's folder, from which a lost database is made again. `inputs`: with the first. */
export async function writeSamples(
  runDirectory: string,
  inputs: readonly SampleInput[] | null,
  sampled: SampledStep,
): Promise<void> {
  const write = async (name: string, content: unknown): Promise<void> =>
    writeFileAtomic(join(runDirectory, samplesFolder, name), await promisify(gzip)(JSON.stringify(content)));
  if (inputs !== null)
    await write(
      inputsFile,
      inputs.map((input) =>
        input.kind === 'image' ? { ...input, pixels: Buffer.from(input.pixels).toString('base64') } : input,
      ),
    );
  await write(`${String(sampled.step).padStart(8, '0')}.json.gz`, sampled);
}

/** Reads the samples in a run's folder up to `step` steps; null if it kept none. A damaged file is left out. */
export async function readSamples(runDirectory: string, step: number): Promise<RunSamples | null> {
  const inputs = await read(join(runDirectory, samplesFolder, inputsFile), inputsSchema);
  if (inputs === null) return null;
  const steps: SampledStep[] = [];
  for (const one of await listSteps(runDirectory)) {
    const sampled = one.step > step ? null : await read(one.path, sampledStepSchema);
    if (sampled !== null) steps.push(sampled);
  }
  return { inputs, steps };
}

/** Paths of the files with a run's samples: the inputs, and the answers of each step in order. Null: it kept none. */
export async function samplePaths(runDirectory: string): Promise<{ inputs: string; steps: string[] } | null> {
  const inputs = join(runDirectory, samplesFolder, inputsFile);
  if (!existsSync(inputs)) return null;
  return { inputs, steps: (await listSteps(runDirectory)).map(({ path }) => path) };
}

/** Parses a file of sample inputs. Errors as `unpackHistory`. */
export function unpackInputs(packed: Uint8Array, maxBytes: number) {
  return unpack(packed, inputsSchema, maxBytes);
}

/** Parses a file with the answers of a step. Errors as `unpackHistory`. */
export function unpackAnswers(packed: Uint8Array, maxBytes: number) {
  return unpack(packed, sampledStepSchema, maxBytes);
}

/** Removes the answers after `step` steps: the run goes on from there in another way. */
export async function cutSamples(runDirectory: string, step: number): Promise<void> {
  for (const one of await listSteps(runDirectory)) if (one.step > step) await rm(one.path, { force: true });
}

async function read<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema> | null> {
  try {
    return (await unpack(await readFile(path), schema, constants.MAX_STRING_LENGTH)).value;
  } catch {
    return null;
  }
}

async function unpack<Schema extends z.ZodType>(packed: Uint8Array, schema: Schema, maxBytes: number) {
  const text = await promisify(gunzip)(packed, { maxOutputLength: maxBytes });
  return { value: schema.parse(JSON.parse(text.toString('utf8'))), bytes: text.length };
}

async function listSteps(runDirectory: string): Promise<{ step: number; path: string }[]> {
  const folder = join(runDirectory, samplesFolder);
  if (!existsSync(folder)) return [];
  return (await readdir(folder))
    .flatMap((name) => {
      const found = stepFile.exec(name);
      return found === null ? [] : [{ step: Number(found[1]), path: join(folder, name) }];
    })
    .sort((one, other) => one.step - other.step);
}
