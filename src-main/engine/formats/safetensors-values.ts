import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { HostTensor } from './host-tensor.ts';

type Values = HostTensor['data'];

/**
 * Stored bytes (little-endian) → values. Floats become float32, I64, I32, I16 and I8 int32, U8 and BOOL stay bytes. Whole
 * numbers beyond int32 are refused. `describe` names the tensor in the refusal.
 */
export function decodeValues(dtype: string, bytes: Uint8Array<ArrayBuffer>, describe: () => string): Values {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (dtype) {
    case 'F32':
      return aligned(bytes, 4, (buffer, offset, count) => new Float32Array(buffer, offset, count));
    case 'I32':
      return aligned(bytes, 4, (buffer, offset, count) => new Int32Array(buffer, offset, count));
    case 'F64':
      return Float32Array.from({ length: bytes.length / 8 }, (_, index) => view.getFloat64(index * 8, true));
    case 'F16':
      return Float32Array.from({ length: bytes.length / 2 }, (_, index) =>
        halfToFloat(view.getUint16(index * 2, true)),
      );
    case 'BF16':
      return brainToFloat(view);
    case 'I64':
      return Int32Array.from({ length: bytes.length / 8 }, (_, index) =>
        narrow(view.getBigInt64(index * 8, true), describe),
      );
    case 'I16':
      return Int32Array.from({ length: bytes.length / 2 }, (_, index) => view.getInt16(index * 2, true));
    case 'I8':
      return Int32Array.from({ length: bytes.length }, (_, index) => view.getInt8(index));
    default:
      return bytes;
  }
}

/** The stored type that `writeSafetensors` uses for values in JavaScript memory. */
export function storedType(values: Values): 'F32' | 'I32' | 'U8' {
  if (values instanceof Float32Array) return 'F32';
  return values instanceof Int32Array ? 'I32' : 'U8';
}

function aligned<T>(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
  view: (buffer: ArrayBuffer, offset: number, count: number) => T,
): T {
  const source = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return view(source.buffer, source.byteOffset, source.byteLength / size);
}

function brainToFloat(view: DataView): Float32Array {
  const count = view.byteLength / 2;
  const bits = new Uint32Array(count);
  for (let index = 0; index < count; index++) bits[index] = view.getUint16(index * 2, true) << 16;
  return new Float32Array(bits.buffer);
}

/** IEEE 754 half to number: exact. */
function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function narrow(value: bigint, describe: () => string): number {
  if (value > 2147483647n || value < -2147483648n)
    throw new StudioError('invalid_file', `${describe()} holds the whole number ${value}, beyond 32 bits.`);
  return Number(value);
}
