import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { HostTensor } from './host-tensor.ts';

type Values = HostTensor['data'];

/**
 * Stored bytes (little-endian) → values; F16 and BF16 are staging.ts's. F64 becomes float32, I64, I32, I16 and I8 int32,
 * U8 and BOOL stay bytes. Whole numbers beyond int32 are refused. `describe` names the tensor in the refusal.
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

function narrow(value: bigint, describe: () => string): number {
  if (value > 2147483647n || value < -2147483648n)
    throw new StudioError('invalid_file', `${describe()} contains the whole number ${value}, beyond 32 bits.`);
  return Number(value);
}
