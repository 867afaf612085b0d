import { open } from 'node:fs/promises';
import { openGguf } from '../src-main/engine/formats/gguf/gguf-file.ts';
import { blockTypeNamed } from '../src-main/engine/tensors/tensor-types/index.ts';

/**
 * Writes a GGUF file once more, with the matrices of its layers in another type. Everything else stays as it is, the
 * embedding too, which is usually kept finer than the layers.
 * @param {string} from
 * @param {string} to
 * @param {string} name of the type: Q8_0, Q5_1, Q5_0, Q4_1 or Q4_0
 */
export async function quantizeGguf(from, to, name) {
  const type = blockTypeNamed(name);
  if (!type?.quantize || type.id === null) throw new Error(`${name} is no type that GGUF files can be written in.`);
  const file = await openGguf(from);
  const alignment = file.metadata.count('general.alignment') ?? 32;
  const tensors = [...file.tensors.values()].sort((one, other) => one.start - other.start);
  const [source, target] = [await open(from), await open(to, 'w')];
  // Names, types and places take as many bytes as before: they are written over in a copy of the head.
  const head = Buffer.alloc(tensors[0]?.start ?? 0);
  await source.read(head, 0, head.length, 0);
  let place = head.length;
  for (const tensor of tensors) {
    let bytes = await file.readBytes(tensor, 0, tensor.length);
    let { id } = tensor.type;
    if (tensor.name.startsWith('blk.') && tensor.shape.length === 2) {
      const values = new Float32Array((tensor.length / tensor.type.blockBytes) * tensor.type.blockValues);
      tensor.type.dequantize(bytes, values);
      bytes = new Uint8Array((values.length / type.blockValues) * type.blockBytes);
      type.quantize(values, bytes);
      id = type.id;
    }
    const key = Buffer.alloc(8 + Buffer.byteLength(tensor.name) + 4);
    key.writeBigUInt64LE(BigInt(Buffer.byteLength(tensor.name)));
    key.write(tensor.name, 8);
    key.writeUInt32LE(tensor.shape.length, key.length - 4);
    const at = head.indexOf(key) + key.length + 8 * tensor.shape.length;
    head.writeUInt32LE(id ?? 0, at);
    head.writeBigUInt64LE(BigInt(place - head.length), at + 4);
    await target.write(bytes, 0, bytes.length, place);
    place = Math.ceil((place + bytes.length) / alignment) * alignment;
  }
  await target.write(head, 0, head.length, 0);
  await target.truncate(place);
  await Promise.all([file.close(), source.close(), target.close()]);
}
