import { Environment, parse, tokenize } from '@huggingface/jinja';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { WorkClock } from '../../files/work-clock.ts';
import { BoundedInterpreter } from '../tokenization/bounded-interpreter.ts';
import { withArgumentsOfTests, writtenNodes } from '../tokenization/jinja/nodes.ts';
import type { TaskDocument } from './task-document.ts';

type Value = ReturnType<BoundedInterpreter['evaluate']>;

interface Source {
  /** File and key, for messages. */
  readonly where: string;
  readonly template: string;
  readonly written: ReturnType<typeof writtenNodes>;
}

/** Follows Jinja2 with StrictUndefined: an unknown name is an error, unless the template tests for it. */
class StrictInterpreter extends BoundedInterpreter {
  private readonly asks: boolean;
  private readonly where: string;

  constructor(environment: Environment, { where, template, written }: Source, check: () => void) {
    super(environment, where, check, written);
    this.where = where;
    this.asks = /\bis\s+(not\s+)?(un)?defined\b|\|\s*default\b/.test(template);
  }

  override evaluate(...[node, environment]: Parameters<BoundedInterpreter['evaluate']>): Value {
    const name = node?.type === 'Identifier' && 'value' in node ? String(node.value) : null;
    if (!this.asks && name !== null && environment.lookupVariable(name).type === 'UndefinedValue')
      throw new StudioError('invalid_file', `${this.where}: a row has no "${name}".`);
    return super.evaluate(node, environment);
  }
}

/** A field of a task that is the name of a column, or Jinja over a row's columns. Bounded as chat templates are. */
export class DocumentTemplate {
  private readonly text: string;
  private readonly where: string;
  private readonly clock: WorkClock;
  private readonly program: ReturnType<typeof parse>;
  private readonly written: Source['written'];

  /** @param where file and key, for messages. @throws StudioError invalid_file for what is not Jinja */
  constructor(text: string, where: string, clock: WorkClock) {
    this.text = text;
    this.where = where;
    this.clock = clock;
    // The library takes a last line break away, which lm-eval keeps.
    this.program = this.naming(() =>
      clock.run(where, () => parse(withArgumentsOfTests(tokenize(text.replace(/\n$/, '\n\n'))))),
    );
    this.written = writtenNodes(this.program);
  }

  /** Its column, or its text: lists are in it as Python writes them. */
  valueFor(document: TaskDocument): unknown {
    if (Object.hasOwn(document, this.text)) return document[this.text];
    this.clock.grant(1 + JSON.stringify(document).length * 0.001);
    return this.naming(() =>
      this.clock.runChecked(this.where, (check) => {
        const environment = new Environment();
        for (const [name, value] of Object.entries({ ...constants, ...document })) environment.set(name, value);
        const source = { where: this.where, template: this.text, written: this.written };
        return new StrictInterpreter(environment, source, check).run(this.program).value;
      }),
    );
  }

  private naming<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (thrown) {
      if (thrown instanceof StudioError) throw thrown;
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      throw new StudioError('invalid_file', `${this.where} cannot be rendered: ${reason}.`, 'Correct the template.');
    }
  }
}

const constants = { true: true, True: true, false: false, False: false, none: null, None: null };
