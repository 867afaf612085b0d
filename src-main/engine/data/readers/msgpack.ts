/** Lists and maps within each other. */
const deepest = 16;

/**
 * Decodes MessagePack: null, booleans, numbers, texts, bytes, lists, and maps with texts as keys. Extension types, which
 * may stand for objects of a program, are rejected.
 * @throws Error for anything else, and for bytes that end early or go on
 */
export function decodeMessagePack(bytes: Buffer): unknown {
  const reader = new MessagePackReader(bytes);
  const value = reader.value(0);
  reader.end();
  return value;
}

class MessagePackReader {
  private at = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  value(depth: number): unknown {
    if (depth > deepest) throw new Error('its lists are too deep');
    const type = this.unsigned(1);
    if (type < 0x80) return type;
    if (type < 0x90) return this.map(type & 0x0f, depth);
    if (type < 0xa0) return this.list(type & 0x0f, depth);
    if (type < 0xc0) return this.text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.take(this.unsigned(2 ** (type - 0xc4)));
      case 0xca:
        return this.take(4).readFloatBE(0);
      case 0xcb:
        return this.take(8).readDoubleBE(0);
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.unsigned(2 ** (type - 0xcc));
      case 0xcf:
        return this.take(8).readBigUInt64BE(0);
      case 0xd0:
      case 0xd1:
      case 0xd2: {
        const size = 2 ** (type - 0xd0);
        return this.take(size).readIntBE(0, size);
      }
      case 0xd3:
        return this.take(8).readBigInt64BE(0);
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.text(this.unsigned(2 ** (type - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.list(this.unsigned(2 * (type - 0xdb)), depth);
      case 0xde:
      case 0xdf:
        return this.map(this.unsigned(2 * (type - 0xdd)), depth);
      default:
        throw new Error(`it has a value of type 0x${type.toString(16)}, which is not read`);
    }
  }

  end(): void {
    if (this.at < this.bytes.length) throw new Error('bytes follow its value');
  }

  private unsigned(size: number): number {
    return this.take(size).readUIntBE(0, size);
  }

  private take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.bytes.length) throw new Error('it ends early');
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  private text(length: number): string {
    return this.take(length).toString('utf8');
  }

  private list(length: number, depth: number): unknown[] {
    this.expect(length);
    return Array.from({ length }, () => this.value(depth + 1));
  }

  private map(length: number, depth: number): Record<string, unknown> {
    this.expect(2 * length);
    const entries = Array.from({ length }, (): [string, unknown] => {
      const key = this.value(depth + 1);
      if (typeof key !== 'string') throw new Error('a key is no text');
      return [key, this.value(depth + 1)];
    });
    return Object.fromEntries(entries);
  }

  /** Each value takes a byte at least: a longer list is not allocated. */
  private expect(count: number): void {
    if (count > this.bytes.length - this.at) throw new Error('it ends early');
  }
}
