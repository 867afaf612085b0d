import { writeFileSync } from 'node:fs';

/** @typedef {import('./components.mjs').Component} Component */

/**
 * THIRD-PARTY-NOTICES.txt: what the app carries of others, each with its license.
 * @param {string} file
 * @param {readonly Component[]} components
 * @param {string} product
 */
export function writeNotices(file, components, product = 'CoTo Studio') {
  /** @type {Map<string, Component[]>} */
  const byText = new Map();
  for (const one of components) {
    const text = one.text.trim();
    byText.set(text, [...(byText.get(text) ?? []), one]);
  }
  const line = '='.repeat(80);
  const parts = [...byText].map(
    ([text, of]) =>
      `${line}\n${of.map(({ name, version, license }) => `${name} ${version} (${license})`).join('\n')}\n${line}\n\n${text}\n`,
  );
  writeFileSync(file, `${product} carries the following work of others.\n\n${parts.join('\n')}`);
}

/**
 * A CycloneDX 1.6 bill of materials.
 * @param {string} file
 * @param {readonly Component[]} components
 * @param {{ version: string, at: Date }} app
 */
export function writeBillOfMaterials(file, components, { version, at }) {
  const list = components.map(({ name, version: own, license, purl, sha512 }) => ({
    type: name.startsWith('font ') ? 'data' : 'library',
    'bom-ref': purl,
    name,
    ...(own === '' ? {} : { version: own }),
    purl,
    licenses: [
      license === 'NOASSERTION'
        ? { license: { name: 'see THIRD-PARTY-NOTICES.txt' } }
        : / (AND|OR|WITH) /.test(license)
          ? { expression: license }
          : { license: { id: license } },
    ],
    ...(sha512 === null ? {} : { hashes: [{ alg: 'SHA-512', content: sha512 }] }),
  }));
  const app = { type: 'application', name: 'coto-studio', version, 'bom-ref': `pkg:generic/coto-studio@${version}` };
  writeFileSync(
    file,
    `${JSON.stringify(
      {
        bomFormat: 'CycloneDX',
        specVersion: '1.6',
        version: 1,
        metadata: { timestamp: at.toISOString(), component: app },
        components: list.filter((one, index) => list.findIndex((other) => other.purl === one.purl) === index),
      },
      null,
      2,
    )}\n`,
  );
}
