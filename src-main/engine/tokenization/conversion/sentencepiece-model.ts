import protobuf from 'protobufjs/light.js';
import { StudioError } from '../../../../src-shared/contract/errors.ts';

/** Kinds of pieces, by their number in the file. */
const pieceKinds = ['normal', 'normal', 'unknown', 'control', 'user-defined', 'unused', 'byte'] as const;

export interface Piece {
  readonly text: string;
  /** Log-probability of a Unigram piece; the rank of a BPE piece, negated. */
  readonly score: number;
  readonly kind: (typeof pieceKinds)[number];
}

/** The parts of SentencePiece's model file (sentencepiece_model.proto) that determine ids and text. */
export interface SentencePieceModel {
  readonly pieces: readonly Piece[];
  readonly trainer: Readonly<typeof trainerDefaults>;
  readonly normalizer: Readonly<typeof normalizerDefaults>;
}

const trainerDefaults = {
  modelType: 1,
  marksEnds: false,
  byteFallback: false,
  unknownId: 0,
  bosId: 1,
  eosId: 2,
  unknownPiece: '<unk>',
  bosPiece: '<s>',
  eosPiece: '</s>',
};
const normalizerDefaults = {
  /** Compiled table of replacements, in base64; empty without one. */
  charsmap: '',
  addDummyPrefix: true,
  removeExtraWhitespaces: true,
  escapeWhitespaces: true,
};

/** The largest published vocabularies have 262,144 pieces of at most a few dozen characters. */
const limits = { pieces: 2 ** 20, pieceCharacters: 512, squaredCharacters: 2 ** 29 };

/** @throws StudioError invalid_file for another or a damaged file */
export function readSentencePieceModel(file: string, bytes: Uint8Array): SentencePieceModel {
  try {
    return readModel(protobuf.Reader.create(bytes));
  } catch {
    throw new StudioError(
      'invalid_file',
      `${file} is not a SentencePiece model, or is damaged.`,
      'Copy or download the file again; or put the tokenizer.json that Transformers writes with save_pretrained beside it.',
    );
  }
}

function readModel(reader: protobuf.Reader): SentencePieceModel {
  const pieces: Piece[] = [];
  let squared = 0;
  let trainer = trainerDefaults;
  let normalizer = normalizerDefaults;
  readMessage(reader, reader.len, (tag) => {
    if (tag === field(1, 'bytes')) {
      const piece = readPiece(reader, endOf(reader));
      squared += piece.text.length ** 2;
      pieces.push(piece);
      if (pieces.length > limits.pieces || piece.text.length > limits.pieceCharacters)
        throw new RangeError('a vocabulary that no model has');
      if (squared > limits.squaredCharacters) throw new RangeError('too many long pieces');
    } else if (tag === field(2, 'bytes')) trainer = readTrainer(reader, endOf(reader));
    else if (tag === field(3, 'bytes')) normalizer = readNormalizer(reader, endOf(reader));
    else return false;
    return true;
  });
  if (pieces.length === 0) throw new RangeError('no pieces');
  return { pieces, trainer, normalizer };
}

function readPiece(reader: protobuf.Reader, end: number): Piece {
  const piece = { text: '', score: 0, kind: 1 };
  readMessage(reader, end, (tag) => {
    if (tag === field(1, 'bytes')) piece.text = reader.string();
    else if (tag === field(2, 'float')) piece.score = reader.float();
    else if (tag === field(3, 'integer')) piece.kind = reader.int32();
    else return false;
    return true;
  });
  const kind = pieceKinds[piece.kind];
  if (kind === undefined || !Number.isFinite(piece.score)) throw new RangeError('a piece of no kind');
  return { ...piece, kind };
}

function readTrainer(reader: protobuf.Reader, end: number): typeof trainerDefaults {
  const trainer = { ...trainerDefaults };
  readMessage(reader, end, (tag) => {
    if (tag === field(3, 'integer')) trainer.modelType = reader.int32();
    else if (tag === field(24, 'integer')) trainer.marksEnds = reader.bool();
    else if (tag === field(35, 'integer')) trainer.byteFallback = reader.bool();
    else if (tag === field(40, 'integer')) trainer.unknownId = reader.int32();
    else if (tag === field(41, 'integer')) trainer.bosId = reader.int32();
    else if (tag === field(42, 'integer')) trainer.eosId = reader.int32();
    else if (tag === field(45, 'bytes')) trainer.unknownPiece = reader.string();
    else if (tag === field(46, 'bytes')) trainer.bosPiece = reader.string();
    else if (tag === field(47, 'bytes')) trainer.eosPiece = reader.string();
    else return false;
    return true;
  });
  return trainer;
}

function readNormalizer(reader: protobuf.Reader, end: number): typeof normalizerDefaults {
  const normalizer = { ...normalizerDefaults };
  readMessage(reader, end, (tag) => {
    if (tag === field(2, 'bytes')) normalizer.charsmap = Buffer.from(reader.bytes()).toString('base64');
    else if (tag === field(3, 'integer')) normalizer.addDummyPrefix = reader.bool();
    else if (tag === field(4, 'integer')) normalizer.removeExtraWhitespaces = reader.bool();
    else if (tag === field(5, 'integer')) normalizer.escapeWhitespaces = reader.bool();
    else return false;
    return true;
  });
  return normalizer;
}

const wireTypes = { integer: 0, bytes: 2, float: 5 } as const;

function field(id: number, type: keyof typeof wireTypes): number {
  return id * 8 + wireTypes[type];
}

/** Position behind the message that starts with its length. */
function endOf(reader: protobuf.Reader): number {
  const length = reader.uint32();
  return reader.pos + length;
}

/** @param read returns false for a field that is skipped */
function readMessage(reader: protobuf.Reader, end: number, read: (tag: number) => boolean): void {
  if (end > reader.len) throw new RangeError('truncated');
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!read(tag)) reader.skipType(tag % 8);
  }
  if (reader.pos !== end) throw new RangeError('a field beyond its message');
}
