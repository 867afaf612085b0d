import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageVersion } from '../bootstrap/json.mjs';
import { modules, nodeLicense, root } from '../bootstrap/paths.mjs';
import { nodePackages, windowPackages } from './packages.mjs';

const texts = join(dirname(fileURLToPath(import.meta.url)), 'licenses');

/**
 * Something of others that the packed app carries.
 * @typedef {object} Component
 * @property {string} name
 * @property {string} version
 * @property {string} license
 * @property {string} purl
 * @property {string | null} sha512 in hexadecimal digits
 * @property {string} text its license
 */

/**
 * All of it: packages, the runtimes, and the libraries that the native addon links.
 * @param {{ electron: string, libraries: readonly string[] }} packed the version of Electron, and names of libraries beside the addon
 * @returns {Component[]}
 */
export function componentsOf({ electron, libraries }) {
  const packages = new Map([...nodePackages(), ...windowPackages()].map((one) => [one.path, one]));
  const node = packageVersion(join(modules, 'node'));
  return [
    ...[...packages.values()].map((one) => ({
      name: one.name,
      version: one.version,
      license: one.license,
      purl: `pkg:npm/${one.name.replace('@', '%40')}@${one.version}`,
      sha512: one.integrity.startsWith('sha512-')
        ? Buffer.from(one.integrity.slice(7), 'base64').toString('hex')
        : null,
      text: packageText(join(root, one.path), one),
    })),
    {
      name: 'electron',
      version: electron,
      license: 'MIT',
      purl: `pkg:npm/electron@${electron}`,
      sha512: null,
      text: 'Its license and those of Chromium are in LICENSE.electron.txt and LICENSES.chromium.html beside the program.',
    },
    {
      name: 'node',
      version: node,
      license: 'MIT',
      purl: `pkg:generic/node@${node}`,
      sha512: null,
      text: existsSync(nodeLicense)
        ? readFileSync(nodeLicense, 'utf8')
        : `Node.js and what it carries: https://github.com/nodejs/node/blob/v${node}/LICENSE`,
    },
    ...libraries.map(libraryOf),
    ...['inter', 'jetbrains-mono'].map((name) => ({
      name: `font ${name}`,
      version: '',
      license: 'OFL-1.1',
      purl: `pkg:generic/${name}`,
      sha512: null,
      text: readFileSync(join(root, 'assets', 'fonts', `${name}-OFL.txt`), 'utf8'),
    })),
  ];
}

/**
 * Returns a library beside the native addon, with its license.
 * @param {string} file
 * @returns {Component}
 */
export function libraryOf(file) {
  const version = /\.so\.([\d.]+)$/.exec(file)?.[1] ?? '';
  if (file.startsWith('libdnnl'))
    return {
      name: 'oneDNN',
      version,
      license: 'Apache-2.0',
      purl: `pkg:generic/onednn@${version}`,
      sha512: null,
      text: `Copyright Intel Corporation, Arm Ltd. and affiliates, FUJITSU LIMITED, Codeplay Software Ltd. and other\ncontributors. It holds Xbyak (BSD-3-Clause) by MITSUNARI Shigeo and ITT API (BSD-3-Clause) by Intel Corporation.\n\n${known('Apache-2.0')}`,
    };
  if (file.startsWith('libgomp'))
    return {
      name: 'libgomp',
      version,
      license: 'GPL-3.0-or-later WITH GCC-exception-3.1',
      purl: `pkg:generic/libgomp@${version}`,
      sha512: null,
      text: `Copyright Free Software Foundation, Inc. Its source is part of GCC: https://gcc.gnu.org\n\n${known('GCC-exception-3.1')}\n\n${known('GPL-3.0')}`,
    };
  if (file.startsWith('libopenblas'))
    return {
      name: 'OpenBLAS',
      version,
      license: 'BSD-3-Clause',
      purl: `pkg:generic/openblas@${version}`,
      sha512: null,
      text: `Copyright 2011-2024 The OpenBLAS Project; 2009-2010 The University of Texas at Austin; 2013 Martin Koehler; 2020 IBM\nCorporation; 2022 Arm Ltd. It holds LAPACK (BSD-3-Clause), copyright 1992-2024 The University of Tennessee and The\nUniversity of Tennessee Research Foundation, The University of California Berkeley, and The University of Colorado\nDenver.\n\n${known('BSD-3-Clause')}`,
    };
  if (file.startsWith('libgfortran'))
    return {
      name: 'libgfortran',
      version,
      license: 'GPL-3.0-or-later WITH GCC-exception-3.1',
      purl: `pkg:generic/libgfortran@${version}`,
      sha512: null,
      text: `Copyright Free Software Foundation, Inc. Its source is part of GCC: https://gcc.gnu.org\n\n${known('GCC-exception-3.1')}\n\n${known('GPL-3.0')}`,
    };
  throw new Error(
    `${file} is packed beside the native addon, and scripts/package/components.mjs does not name its license.`,
  );
}

/**
 * The license files of a package, or where it has none what its license says.
 * @param {string} folder
 * @param {{ name: string, license: string }} of
 */
function packageText(folder, { name, license }) {
  const own = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice|third.?party|copyright)/i.test(file))
    .flatMap((file) => {
      const path = join(folder, file);
      return existsSync(path) && !readdirOrNull(path) ? [readFileSync(path, 'utf8')] : [];
    });
  if (license.includes('LGPL')) {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    return `${readme}\nThe libraries are linked dynamically and may be replaced by others of the same interface: the file lies in\nthe app's resources. Their sources: https://github.com/lovell/sharp-libvips (build/), which names and fetches each.\n\n${known('LGPL-3.0')}\n\n${known('GPL-3.0')}`;
  }
  if (own.length > 0) return own.join('\n\n');
  const author = authorOf(folder);
  const plain = license.replace(/[()]/g, '').split(/ AND | OR /);
  return plain.map((one) => textOf(one, author, name)).join('\n\n');
}

/** @type {(license: string, author: string, name: string) => string} */
function textOf(license, author, name) {
  const file = join(texts, `${license}.txt`);
  if (!existsSync(file))
    throw new Error(`${name} has no license file, and scripts/package/licenses has no ${license}.txt.`);
  return `Copyright ${author}\n\n${readFileSync(file, 'utf8')}`;
}

/** @param {string} license */
function known(license) {
  return readFileSync(join(texts, `${license}.txt`), 'utf8');
}

/** @param {string} path */
function readdirOrNull(path) {
  try {
    return readdirSync(path);
  } catch {
    return null;
  }
}

/** @param {string} folder */
function authorOf(folder) {
  const { author, contributors } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const named = author ?? contributors?.[0];
  return (typeof named === 'string' ? named : named?.name) || `the authors of ${folder.split('node_modules/').at(-1)}`;
}
