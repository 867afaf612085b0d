import { join } from 'node:path';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { fileHash } from '../../files/file-hash.ts';
import { filesBelow, packageFiles } from './package-files.ts';

const encodings: Readonly<Record<string, string>> = {
  bib: 'application/x-bibtex',
  csv: 'text/csv',
  json: 'application/json',
  jsonl: 'application/jsonl',
  md: 'text/markdown',
  tex: 'application/x-tex',
  yaml: 'application/yaml',
};

/** Metadata of the folder's files in the form of RO-Crate 1.1: the study as an action of the app on its base and data. */
export async function roCrate(study: StudyRecord, folder: string): Promise<string> {
  const { name, kind, provenance, createdAt, finishedAt } = study;
  const files: object[] = [];
  for (const { path, bytes } of await filesBelow(folder)) {
    const encodingFormat = encodings[path.split('.').at(-1) ?? ''];
    files.push({
      '@id': encodeURI(path),
      '@type': 'File',
      name: path,
      contentSize: String(bytes),
      sha256: await fileHash(join(folder, path)),
      ...(encodingFormat === undefined ? {} : { encodingFormat }),
    });
  }
  const parts = files.flatMap((file) => ('@id' in file ? [{ '@id': file['@id'] }] : []));
  const { version = '', bases = [], datasets = [] } = provenance ?? {};
  const inputs = [
    ...bases.map(({ name: base, fingerprint }, at) => ({
      '@id': `#base-${at + 1}`,
      '@type': 'CreativeWork',
      name: base,
      identifier: fingerprint,
    })),
    ...datasets.map(({ name: data, sha256 }, at) => ({
      '@id': `#dataset-${at + 1}`,
      '@type': 'Dataset',
      name: data,
      ...(sha256 === null ? {} : { sha256 }),
    })),
  ];
  const time = (milliseconds: number) => new Date(milliseconds).toISOString();
  const graph = [
    {
      '@id': packageFiles.crate,
      '@type': 'CreativeWork',
      about: { '@id': './' },
      conformsTo: { '@id': 'https://w3id.org/ro/crate/1.1' },
    },
    {
      '@id': './',
      '@type': 'Dataset',
      name,
      description: studyKind(kind).declaration.summary,
      datePublished: time(finishedAt ?? createdAt),
      license: 'See the folder licenses: the terms of bases and data apply to adapters trained on them.',
      hasPart: parts,
      mentions: { '@id': '#study' },
    },
    {
      '@id': '#studio',
      '@type': 'SoftwareApplication',
      name: 'CoTo Studio',
      softwareVersion: version,
      url: 'https://arxiv.org/abs/2506.05713',
    },
    {
      '@id': '#study',
      '@type': 'CreateAction',
      name: `Study "${name}"`,
      startTime: time(createdAt),
      ...(finishedAt === null ? {} : { endTime: time(finishedAt) }),
      instrument: { '@id': '#studio' },
      object: [{ '@id': 'study.yaml' }, ...inputs.map((input) => ({ '@id': input['@id'] }))],
      result: parts.filter(({ '@id': id }) => id !== 'study.yaml'),
    },
    ...inputs,
    ...files,
  ];
  return `${JSON.stringify({ '@context': 'https://w3id.org/ro/crate/1.1/context', '@graph': graph }, null, 2)}\n`;
}
