import { dataStrings } from '../../strings/data.ts';
import classes from './chat-bubbles.module.css';
import type { ConversationTurns, Turn } from './conversation-turns.ts';

const strings = dataStrings.conversation;

/** A conversation in bubbles, the user's to the right; answers that the data compare beside each other. */
export function ChatBubbles({ turns, answers }: ConversationTurns) {
  return (
    <section className={classes['conversation']} aria-label={strings.title}>
      <Bubbles turns={turns} />
      {answers.length === 0 ? null : (
        <div className={classes['answers']}>
          {answers.map(({ verdict, turns: said }) => (
            <div key={verdict} className={classes['answer']} data-verdict={verdict}>
              <h4>{strings.verdicts[verdict]}</h4>
              <Bubbles turns={said} />
            </div>
          ))}
        </div>
      )}
    </section>
  );
}

function Bubbles({ turns }: { turns: readonly Turn[] }) {
  return (
    <ol className={classes['turns']}>
      {turns.map(({ role, text, isExcluded }, place) => (
        <li key={place} data-role={role}>
          <small>{isExcluded ? strings.excluded(role) : role}</small>
          <p>{text}</p>
        </li>
      ))}
    </ol>
  );
}
