import { Normalizer, ReplaceNormalizer } from '@huggingface/tokenizers';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { PrecompiledNormalizer } from './precompiled-normalizer.ts';

/** The longest decomposition of Unicode makes 18 characters of one, of a text no more than twice its length. */
const MAX_GROWTH = 8;
const MAX_GROWN_CHARACTERS = 1024;

/** The stages of a normalizer one after the other, each held to a length: of a few replacements, one could fill the memory. */
export class BoundedNormalizer extends Normalizer {
  private readonly file: string;
  private readonly stages: readonly Normalizer[];

  constructor(file: string, stages: readonly Normalizer[]) {
    super({ type: 'Sequence', normalizers: [] });
    this.file = file;
    this.stages = stages;
  }

  /** @throws StudioError refused if the text becomes more than eight times as long. */
  override normalize(text: string): string {
    const most = MAX_GROWTH * text.length + MAX_GROWN_CHARACTERS;
    return this.stages.reduce((normalized, stage) => this.applied(stage, normalized, most), text);
  }

  /**
   * Returns true if a stage removes the first character of a text. The Rust library then takes the text for one that follows
   * another; it does not for a table of replacements, whose removals at the start it counts to what follows.
   */
  dropsStart(text: string): boolean {
    const [start = ''] = text;
    if (start === '' || this.normalize(start) !== '') return false;
    const most = MAX_GROWTH * text.length + MAX_GROWN_CHARACTERS;
    let normalized = text;
    for (const stage of this.stages) {
      const before = normalized;
      const [first = ''] = before;
      normalized = this.applied(stage, before, most);
      if (first === '' || normalized === '' || stage instanceof PrecompiledNormalizer) continue;
      const isRemoved = this.applied(stage, first, most) === '';
      if (isRemoved && this.applied(stage, before.slice(first.length), most) === normalized) return true;
    }
    return false;
  }

  private applied(stage: Normalizer, text: string, most: number): string {
    const normalized = stage instanceof ReplaceNormalizer ? this.replaced(stage, text, most) : stage.normalize(text);
    this.require(normalized.length <= most);
    return normalized;
  }

  /** In JavaScript `$` has a meaning in a replacement that it has not in the Rust library, such as the whole rest of the text. */
  private replaced(stage: ReplaceNormalizer, text: string, most: number): string {
    const content = stage.config.content ?? '';
    if (stage.pattern === null || (content.length <= MAX_GROWTH && !content.includes('$')))
      return stage.normalize(text);
    let grown = 0;
    return text.replaceAll(stage.pattern, () => {
      grown += content.length;
      this.require(grown <= most);
      return content;
    });
  }

  private require(fits: boolean): void {
    if (fits) return;
    throw new StudioError(
      'refused',
      `${this.file}: normalizer: it makes a text more than ${MAX_GROWTH} times as long.`,
      'Copy or download the file again; it must be the one that Transformers wrote for this model.',
    );
  }
}
