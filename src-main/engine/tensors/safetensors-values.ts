import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { HostTensor } from './host-tensor.ts';

type Values = HostTensor['data'];

/**
 * Stored bytes (little-endian) → values; F16 and BF16 are staging.ts's. F64 and 8-bit floats become float32, I64, I32, I16 and I8 int32,
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
    case 'F8_E4M3':
      return Float32Array.from(bytes, float8E4m3);
    case 'F8_E5M2':
      return Float32Array.from(bytes, float8E5m2);
    default:
      return bytes;
  }
}

/**
 * The value of a byte of F8_E4M3 (float8_e4m3fn): 4 bits of exponent, bias 7, 3 of fraction; no infinity. Micikevicius et al. 2022,
 * arXiv 2209.05433.
 */
function float8E4m3(byte: number): number {
  const magnitude = byte & 0x7f;
  return float8(byte, magnitude === 0x7f ? Number.NaN : minifloat(magnitude, 3, 7));
}

/** The value of a byte of F8_E5M2: 5 bits of exponent, bias 15, 2 of fraction; infinities and NaN as in IEEE 754. */
function float8E5m2(byte: number): number {
  const magnitude = byte & 0x7f;
  if (magnitude > 0x7c) return Number.NaN;
  return float8(byte, magnitude === 0x7c ? Number.POSITIVE_INFINITY : minifloat(magnitude, 2, 15));
}

function float8(byte: number, magnitude: number): number {
  return byte & 0x80 ? -magnitude : magnitude;
}

/** A float without its sign, of `bits` bits of fraction; exponent 0 is subnormal. */
function minifloat(magnitude: number, bits: number, bias: number): number {
  const [exponent, fraction] = [magnitude >> bits, magnitude & ((1 << bits) - 1)];
  return exponent === 0 ? fraction * 2 ** (1 - bias - bits) : ((1 << bits) + fraction) * 2 ** (exponent - bias - bits);
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
