import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { LinearModule, ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import { storedShape } from '../../adapters/peft/tensors.ts';
import { alphaOf } from '../../adapters/peft-format/strength-keys.ts';
import { requireLinear } from '../../adapters/targets/target-modules.ts';
import type { AdapterState } from '../../adapters/variant/state.ts';
import { requireRank } from '../../adapters/variant/variant.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { writeSafetensors } from '../../tensors/safetensors.ts';
import { shortest } from '../gguf/architectures/shortest.ts';
import { flatName, pointedName } from './flat-names.ts';
import type { WrittenAdapter } from './format.ts';
import { alphasKey, lycorisEnds, namesKey } from './kohya-keys.ts';
import { floats, lowRankModules, refuseGgufNames, scaledFloats } from './low-rank-view.ts';

/** A module as it is written: its tensors by the ends of their keys. */
interface FlatModule {
  readonly module: LinearModule;
  readonly alpha: number;
  readonly tensors: readonly (readonly [string, HostTensor])[];
}

/** @throws StudioError refused, naming what the format has no place for. */
export async function writeKohya(path: string, { state, description, name }: WrittenAdapter): Promise<void> {
  const { id } = state.variant.declaration;
  const kind = (id === 'loha' || id === 'lokr') && state.saved.size === 0 ? id : null;
  const modules = kind === null ? loraModules(state, description) : lycorisModules(state, description, kind);
  refuseGgufNames(modules, "kohya's format");
  const single = hasOneTextEncoder(description);
  const tensors = new Map<string, HostTensor>();
  const [names, alphas]: [Record<string, string>, Record<string, number>] = [{}, {}];
  for (const { module, alpha, tensors: own } of modules) {
    // Names of ComfyUI's own keep their points; what was left flat on reading is written as it was.
    const flat = /^(diffusion_model\.|lora_)/.test(module.name) ? module.name : flatName(module.name, single);
    if (tensors.has(`${flat}.alpha`))
      throw new StudioError(
        'refused',
        `kohya's format writes ${module.name} and another module under the same name, ${flat}.`,
        'Export it as a PEFT folder.',
      );
    if (pointedName(flat, new Map()) !== module.name) names[flat] = module.name;
    if (shortest(Math.fround(alpha)) !== alpha) alphas[flat] = alpha;
    for (const [end, { shape, data }] of own) tensors.set(`${flat}.${end}`, { shape, data: floats({ shape, data }) });
    tensors.set(`${flat}.alpha`, { shape: [], data: Float32Array.of(alpha) });
  }
  const { foreign } = description;
  const base = foreign?.name ?? state.config.base_model_name_or_path;
  await writeSafetensors(path, tensors, {
    ss_output_name: name,
    ss_network_module: kind === null ? 'networks.lora' : 'lycoris.kohya',
    ...(base ? { ss_sd_model_name: base } : {}),
    ...(foreign?.hash ? { ss_sd_model_hash: foreign.hash } : {}),
    ...(foreign?.architecture ? { ss_base_model_version: foreign.architecture } : {}),
    ...(Object.keys(names).length > 0 ? { [namesKey]: JSON.stringify(names) } : {}),
    ...(Object.keys(alphas).length > 0 ? { [alphasKey]: JSON.stringify(alphas) } : {}),
  });
}

function loraModules(state: AdapterState, description: ModelDescription): FlatModule[] {
  return lowRankModules(state, description, "kohya's format", true).map(
    ({ module, a, b, rank, scaling, magnitude }) => {
      const stored = (part: string, { shape, data }: HostTensor) => ({ shape: storedShape(module, part, shape), data });
      const ones = module.kernel ? module.kernel.map(() => 1) : [1];
      return {
        module,
        alpha: alphaOf(scaling, rank),
        tensors: [
          ['lora_down.weight', stored('a', a)],
          ['lora_up.weight', stored('b', b)],
          ...(magnitude
            ? [['dora_scale', { shape: [magnitude.data.length, ...ones], data: magnitude.data }] as const]
            : []),
        ],
      };
    },
  );
}

function lycorisModules(
  { modules }: AdapterState,
  description: ModelDescription,
  kind: keyof typeof lycorisEnds,
): FlatModule[] {
  return [...modules].map(([name, own]) => {
    // alpha says nothing of a LoKr whose factors are both whole: its scale goes into one of them.
    const isWhole = own.tensors.has('w1') && own.tensors.has('w2');
    return {
      module: requireLinear(description, name),
      alpha: isWhole ? requireRank(own) : alphaOf(own.scaling, requireRank(own)),
      tensors: Object.entries(lycorisEnds[kind]).flatMap(([end, part]) => {
        const tensor = own.tensors.get(part);
        if (!tensor) return [];
        return [[end, isWhole && part === 'w2' ? scaledFloats(tensor, own.scaling) : tensor] as const];
      }),
    };
  });
}

/** Stable Diffusion 1 and 2; the others number their text encoders also where only the first is adapted. */
function hasOneTextEncoder({ linears }: ModelDescription): boolean {
  const others =
    /^(text_encoder_[23]\.|unet\.(input_blocks|output_blocks|double_blocks|single_blocks|label_emb)\.|transformer\.)/;
  return !linears.some(({ name }) => others.test(name));
}
