import type { TensorPlace } from '../../tensors/safetensors-header.ts';

/** Nomic BERT's own names, and those that transformers gives the tensors. */
const names: readonly (readonly [stored: string, current: string])[] = [
  ['encoder.layers.', 'layers.'],
  ['emb_ln.', 'embeddings.LayerNorm.'],
  ['.attn.out_proj.', '.self_attn.o_proj.'],
  ['.mlp.fc11.', '.mlp.up_proj.'],
  ['.mlp.fc12.', '.mlp.gate_proj.'],
  ['.mlp.fc2.', '.mlp.down_proj.'],
  ['.norm1.', '.post_attention_layernorm.'],
  ['.norm2.', '.post_mlp_layernorm.'],
];
const fused = '.attn.Wqkv.';
/** Equal parts of a fused tensor along its rows, in their order. */
const parts = ['q_proj', 'k_proj', 'v_proj'] as const;
const isOfNomic = /(^|\.)encoder\.layers\.\d+\.(attn\.(Wqkv|out_proj)|mlp\.fc(11|12|2)|norm[12])\.|(^|\.)emb_ln\./;

/** Names that a file of Nomic BERT has, and together no other. */
const ownNames = [/(^|\.)emb_ln\./, /(^|\.)encoder\.layers\.\d+\.attn\.Wqkv\./];

/** The places of a file's tensors by the names of transformers, with Nomic BERT's queries, keys and values apart. */
export function splitNomic(tensors: ReadonlyMap<string, TensorPlace>): ReadonlyMap<string, TensorPlace> {
  // Other families have some of these names too, e.g. CLIP `encoder.layers.0.mlp.fc2`.
  if (!ownNames.every((own) => [...tensors.keys()].some((name) => own.test(name)))) return tensors;
  const split = new Map<string, TensorPlace>();
  for (const [name, place] of tensors) {
    const current = isOfNomic.test(name) ? currentName(name) : name;
    const [rows = 0, ...rest] = place.shape;
    if (!current.includes(fused) || rows % parts.length !== 0) {
      split.set(current, place);
      continue;
    }
    const [shape, length] = [[rows / parts.length, ...rest], place.length / parts.length];
    for (const [index, part] of parts.entries())
      split.set(current.replace(fused, `.self_attn.${part}.`), {
        ...place,
        shape,
        length,
        start: place.start + index * length,
      });
  }
  return split;
}

/** Name in the file of a tensor that `splitNomic` named, if the file has such tensors. */
export function unsplitNomic(name: string): string {
  const whole = name.replace(/\.self_attn\.[qkv]_proj\./, fused);
  return names.reduce((text, [stored, current]) => text.replace(current, stored), whole);
}

function currentName(name: string): string {
  return names.reduce((text, [stored, current]) => text.replace(stored, current), name);
}

/** DINOv2's names of gated feed-forward parts; transformers splits and renames their linears. */
const fusedGates = /\.mlp\.weights_in\.(weight|bias)$/;
/** The halves of a fusedGates tensor along its rows, in their order. */
const halves = ['gate_proj', 'up_proj'] as const;

/** The places of a file's tensors with the linears `gate_proj`, `up_proj` and `down_proj` of DINOv2's gated feed-forward parts. */
export function splitGates(tensors: ReadonlyMap<string, TensorPlace>): ReadonlyMap<string, TensorPlace> {
  if (![...tensors.keys()].some((name) => fusedGates.test(name))) return tensors;
  const split = new Map<string, TensorPlace>();
  for (const [name, place] of tensors) {
    const [rows = 0, ...rest] = place.shape;
    if (!fusedGates.test(name) || rows % 2 !== 0) {
      split.set(name.replace('.mlp.weights_out.', '.mlp.down_proj.'), place);
      continue;
    }
    const [shape, length] = [[rows / 2, ...rest], place.length / 2];
    for (const [index, half] of halves.entries())
      split.set(name.replace('weights_in', half), { ...place, shape, length, start: place.start + index * length });
  }
  return split;
}

/** Name in the file of a tensor that `splitGates` made, if the file has such tensors. */
export function unsplitGate(name: string): string {
  return name.replace(/\.mlp\.(gate|up)_proj\./, '.mlp.weights_in.').replace('.mlp.down_proj.', '.mlp.weights_out.');
}
