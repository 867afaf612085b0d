/** Inside a residual block: Stability's names and diffusers'. */
const residualParts: Readonly<Record<string, string>> = {
  'in_layers.0': 'norm1',
  'in_layers.2': 'conv1',
  'emb_layers.1': 'time_emb_proj',
  'out_layers.0': 'norm2',
  'out_layers.3': 'conv2',
  skip_connection: 'conv_shortcut',
};
const outerParts: Readonly<Record<string, string>> = {
  'input_blocks.0.0': 'conv_in',
  'time_embed.0': 'time_embedding.linear_1',
  'time_embed.2': 'time_embedding.linear_2',
  'label_emb.0.0': 'add_embedding.linear_1',
  'label_emb.0.2': 'add_embedding.linear_2',
  'out.2': 'conv_out',
};
/** Layers of each block of the UNet of SDXL (and of Stable Diffusion 1 and 2), and what joins on the way up. */
const layersPerBlock = 2;

/**
 * diffusers' name of a module of an SDXL UNet that goes by Stability's names (`unet.input_blocks.4.1.proj_in` →
 * `unet.down_blocks.1.attentions.0.proj_in`); a name that is none stays. Source: diffusers' _maybe_map_sgm_blocks_to_diffusers.
 */
export function diffusersUnetName(name: string): string {
  if (!name.startsWith('unet.')) return name;
  const own = name.slice('unet.'.length);
  const outer = outerParts[own];
  if (outer !== undefined) return `unet.${outer}`;
  const middle = /^middle_block\.(\d+)\.(.+)$/.exec(own);
  if (middle) {
    const [, index = '0', rest = ''] = middle;
    if (index === '1') return `unet.mid_block.attentions.0.${rest}`;
    return `unet.mid_block.resnets.${index === '0' ? 0 : 1}.${residualParts[rest] ?? rest}`;
  }
  const block = /^(input|output)_blocks\.(\d+)\.(\d+)\.(.+)$/.exec(own);
  if (!block) return name;
  const [, side, outerIndex = '0', innerIndex = '0', rest = ''] = block;
  const counted = Number(outerIndex) - (side === 'input' ? 1 : 0);
  const place = `${Math.floor(counted / (layersPerBlock + 1))}`;
  const layer = counted % (layersPerBlock + 1);
  const blocks = side === 'input' ? 'down_blocks' : 'up_blocks';
  if (rest === 'op') return `unet.${blocks}.${place}.downsamplers.0.conv`;
  // Upsampling comes after the attention, or after the residual block of a block without attention.
  if (side === 'output' && rest === 'conv') return `unet.${blocks}.${place}.upsamplers.0.conv`;
  if (innerIndex === '0') return `unet.${blocks}.${place}.resnets.${layer}.${residualParts[rest] ?? rest}`;
  return `unet.${blocks}.${place}.attentions.${layer}.${rest}`;
}
