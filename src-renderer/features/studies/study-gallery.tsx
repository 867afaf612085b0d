import { studyKinds } from '../../../src-shared/studies/index.ts';
import { pathOf } from '../../app/route-path.ts';
import { Link } from '../../app/routes.tsx';
import { studiesStrings as strings } from '../../strings/studies.ts';
import classes from './studies.module.css';
import { StudyDrawing } from './study-drawing.tsx';

/** A card for every kind of study that is declared: what its result looks like and what it answers. */
export function StudyGallery() {
  return (
    <ul className={classes['gallery']} aria-label={strings.chooseKind}>
      {studyKinds.map(({ kind, declaration, takes }) => (
        <li key={kind}>
          <Link to={pathOf('studies', 'new', kind)} className={classes['card'] ?? ''} underline="never">
            <StudyDrawing kind={kind} width={160} />
            <span className={classes['kind']}>{declaration.label}</span>
            <span className={classes['answer']}>{strings.answer(kind) ?? declaration.summary}</span>
            <span className={classes['takes']}>{strings.takes[takes]}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
