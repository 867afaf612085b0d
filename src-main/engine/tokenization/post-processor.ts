import type { PostProcessorStage } from './tokenizer-schema.ts';

/** Token ids of one or two texts, and which of the two each belongs to. */
export interface Encoding {
  readonly ids: readonly number[];
  readonly typeIds: readonly number[];
}

type Piece =
  | { readonly ids: readonly number[]; readonly typeId: number }
  | { readonly text: 'A' | 'B'; readonly typeId: number };

/** Puts special tokens around a text, or around two of them. */
export class PostProcessor {
  private readonly single: readonly Piece[];
  private readonly pair: readonly Piece[];

  /** The last stage that adds tokens decides; others (ByteLevel's) change offsets alone. */
  constructor(stages: readonly PostProcessorStage[]) {
    const deciding = stages.findLast((stage) => stage.type !== 'ByteLevel');
    const { single, pair } = deciding === undefined ? plain : piecesOf(deciding);
    this.single = single;
    this.pair = pair;
  }

  /** Special tokens that are put around one text, or around two. */
  addedTokens(isPair: boolean): number {
    return (isPair ? this.pair : this.single).reduce((sum, piece) => sum + ('ids' in piece ? piece.ids.length : 0), 0);
  }

  /** Special tokens before a single text. */
  get leading(): number {
    const start = this.single.findIndex((piece) => 'text' in piece);
    return this.single.slice(0, start).reduce((sum, piece) => sum + ('ids' in piece ? piece.ids.length : 0), 0);
  }

  /** Special tokens before the second text of a pair. */
  get beforeSecond(): number {
    const end = this.pair.findIndex((piece) => 'text' in piece && piece.text === 'B');
    return this.pair.slice(0, end).reduce((sum, piece) => sum + ('ids' in piece ? piece.ids.length : 0), 0);
  }

  process(first: readonly number[], second: readonly number[] | null, addSpecialTokens: boolean): Encoding {
    const ids: number[] = [];
    const typeIds: number[] = [];
    for (const piece of second === null ? this.single : this.pair) {
      const added = 'ids' in piece ? (addSpecialTokens ? piece.ids : []) : piece.text === 'A' ? first : (second ?? []);
      for (const id of added) {
        ids.push(id);
        typeIds.push(piece.typeId);
      }
    }
    return { ids, typeIds };
  }
}

interface Pieces {
  readonly single: readonly Piece[];
  readonly pair: readonly Piece[];
}

const first: Piece = { text: 'A', typeId: 0 };
const plain: Pieces = { single: [first], pair: [first, { text: 'B', typeId: 1 }] };

function piecesOf(stage: Exclude<PostProcessorStage, { type: 'ByteLevel' }>): Pieces {
  if (stage.type === 'TemplateProcessing') {
    const read = (piece: (typeof stage.single)[number]): Piece =>
      'Sequence' in piece
        ? { text: piece.Sequence.id, typeId: piece.Sequence.type_id }
        : { ids: stage.special_tokens[piece.SpecialToken.id]?.ids ?? [], typeId: piece.SpecialToken.type_id };
    return { single: stage.single.map(read), pair: stage.pair.map(read) };
  }
  const special = ([, id]: readonly [string, number], typeId = 0): Piece => ({ ids: [id], typeId });
  const single = [special(stage.cls), first, special(stage.sep)];
  // RoBERTa has one type of token only, and two separators between the texts.
  return stage.type === 'RobertaProcessing'
    ? { single, pair: [...single, special(stage.sep), { text: 'B', typeId: 0 }, special(stage.sep)] }
    : { single, pair: [...single, { text: 'B', typeId: 1 }, special(stage.sep, 1)] };
}
