import type { LinearModule, ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { findLinear } from '../targets/target-modules.ts';
import type { AdapterVariant } from '../variant/variant.ts';

/** PEFT's key of a part in files, after `base_model.model.`; also the name of its variable. */
export function partKey(variant: AdapterVariant, module: Pick<LinearModule, 'name' | 'kind'>, part: string): string {
  return `${module.name}.${variant.files.tensorKey(module, part)}`;
}

/** PEFT's key of a part that the whole adapter shares, after `base_model.`; also the name of its variable. */
export function sharedKey({ files }: AdapterVariant, part: string): string {
  return files.sharedTensorKey?.(part) ?? part;
}

/** The modules that a key (after `base_model.model.`) may be a part of by its end, whatever the base: at most one of each kind. */
export function splitPartKey(
  { files }: AdapterVariant,
  key: string,
): { readonly name: string; readonly kind: LinearModule['kind']; readonly part: string }[] {
  return (['linear', 'embedding'] as const).flatMap((kind) => {
    for (const part of files.parts)
      for (const end of [files.tensorKey({ kind }, part), files.formerTensorKey?.({ kind }, part) ?? ''])
        if (end !== '' && key.endsWith(`.${end}`)) return [{ name: key.slice(0, -end.length - 1), kind, part }];
    return [];
  });
}

/** The module and part named by a key (after `base_model.model.`); null if it belongs to no adapted module. */
export function parsePartKey(
  { files }: AdapterVariant,
  description: ModelDescription,
  key: string,
): { readonly module: LinearModule; readonly part: string } | null {
  for (const part of files.parts) {
    for (const kind of ['linear', 'embedding'] as const) {
      for (const end of [files.tensorKey({ kind }, part), files.formerTensorKey?.({ kind }, part) ?? '']) {
        if (end === '' || !key.endsWith(`.${end}`)) continue;
        const module = findLinear(description, key.slice(0, -end.length - 1));
        if (module?.kind === kind) return { module, part };
      }
    }
  }
  return null;
}
