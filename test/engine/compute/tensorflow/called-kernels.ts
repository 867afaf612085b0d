import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../../..');
const core = join(root, 'node_modules/@tensorflow/tfjs-core/dist');
export const node = join(root, 'node_modules/@tensorflow/tfjs-node-gpu/dist');
/** The package is optional. */
export const isInstalled = existsSync(node);

const read = (file: string) => readFileSync(file, 'utf8');
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].flatMap((match) => match.slice(1));

/** Names of tfjs's kernels by their constants, e.g. `Transform` of "Transform". */
const kernelNames: ReadonlyMap<string, string> = new Map(
  [...read(join(core, 'kernel_names.js')).matchAll(/export const (\w+) = '(\w+)'/g)].map(
    ([, constant = '', name = '']) => [constant, name],
  ),
);

/** Files of tfjs-core's operations by their functions, e.g. ops/mat_mul.js of `matMul`. */
const operationFiles: ReadonlyMap<string, string> = new Map(
  globSync('ops/**/*.js', { cwd: core })
    .filter((file) => !/_test\.js$|_util\.js$/.test(file))
    .flatMap((file) =>
      all(read(join(core, file)), /export const (\w+) = \/\* @__PURE__ \*\/ op\(/g).map(
        (name) => [name, join(core, file)] as const,
      ),
    )
    // `matMul` of ops/fused is another one.
    .sort(([, one], [, other]) => Number(!one.includes('fused')) - Number(!other.includes('fused'))),
);

/** Kernels that are registered for the backend `tensorflow`, with the file of each. */
export function registeredKernels(): ReadonlyMap<string, string> {
  const files = all(read(join(node, 'register_all_kernels.js')), /require\("\.\/kernels\/(\w+)"\)/g);
  return new Map(
    files.map((name) => {
      const file = join(node, 'kernels', `${name}.js`);
      const [constant = ''] = all(read(file), /kernelName: (?:\w+\.)?'?(\w+)'?/g);
      return [kernelNames.get(constant) ?? constant, file];
    }),
  );
}

/** Operations of libtensorflow that the file of a kernel runs. */
export function libraryOperations(file: string): string[] {
  const text = read(file);
  const run = /execute(?:SingleOutput|MultipleOutputs|SingleInput)\((?:'(\w+)'|\w+\.(\w+))/g;
  return all(text, run)
    .filter((name) => name !== undefined)
    .map((name) => kernelNames.get(name) ?? name);
}

/** Every kernel of tfjs that the engine's code can reach, forward and by tfjs's gradients, with a place that reaches it. */
export function reachedKernels(): ReadonlyMap<string, string> {
  const kernels = new Map<string, string>();
  const visited = new Set<string>();
  const registered = registeredKernels();
  const visitOperation = (name: string, from: string): void => {
    const file = operationFiles.get(name);
    if (file !== undefined) visitFile(file, from);
  };
  const visitFile = (file: string, from: string): void => {
    if (visited.has(file) || !existsSync(file)) return;
    visited.add(file);
    const text = read(file);
    for (const imported of all(text, /^import .* from '(\.[^']+)';$/gm)) {
      const target = join(dirname(file), `${imported}.js`);
      if (target.includes(`${core}/ops/`)) visitFile(target, from);
    }
    for (const constant of all(text, /runKernel\((\w+)/g)) visitKernel(kernelNames.get(constant) ?? constant, from);
  };
  const visitKernel = (name: string, from: string): void => {
    if (kernels.has(name)) return;
    kernels.set(name, from);
    visitFile(join(core, 'gradients', `${name}_grad.js`), from);
    const file = registered.get(name);
    if (file !== undefined)
      for (const called of all(read(file), /tfjs_1\.([a-z]\w*)\)?\(/g)) visitOperation(called, from);
  };
  const chained = globSync('public/chained_ops/*.js', { cwd: core }).flatMap((file) =>
    all(read(join(core, file)), /prototype\.(\w+) = /g),
  );
  const methods = new Set(chained);
  for (const file of globSync('src-main/engine/**/*.ts', { cwd: root })) {
    // Other backends' kernels.
    if (/compute\/(webgpu|native|wasm-kernels)\//.test(file)) continue;
    const text = read(join(root, file));
    if (!text.includes("from '@tensorflow/tfjs-core'")) continue;
    const place = relative(root, join(root, file));
    for (const name of all(text, /\btf\.(?:image\.|linalg\.|fused\.|spectral\.|losses\.)?([a-z]\w*)\(/g))
      visitOperation(name, place);
    for (const name of all(text, /\.(\w+)\(/g)) if (methods.has(name)) visitOperation(name, place);
  }
  return kernels;
}

/** Every operation of libtensorflow 2.21.0, as TF_GetAllOpList lists them. */
export function libraryList(): ReadonlySet<string> {
  return new Set(
    read(join(import.meta.dirname, 'operations-2.21.0.txt'))
      .trim()
      .split('\n'),
  );
}
