import { localeText } from '../format/locale-text.ts';
import type { NativeWords } from './native-words.ts';

const { plural } = localeText('de');

export const german: NativeWords = {
  pageLabels: {
    home: 'Start',
    data: 'Daten',
    models: 'Modelle',
    train: 'Training',
    runs: 'Läufe',
    adapters: 'Adapter',
    merge: 'Merge',
    prune: 'Pruning',
    playground: 'Playground',
    studies: 'Studien',
    reports: 'Berichte',
    guide: 'Handbuch',
    settings: 'Einstellungen',
  },
  commandLabels: {
    'new-run': 'Neuer Lauf',
    'open-yaml': 'Lauf aus YAML öffnen…',
    'add-text-data': 'Textdaten hinzufügen…',
    'add-images': 'Bilderordner hinzufügen…',
    'add-model': 'Modellordner hinzufügen…',
    'import-adapter': 'Adapterordner importieren…',
    'import-adapter-file': 'Adapterdatei importieren…',
    'import-runs': 'Läufe aus Ordner importieren…',
    'import-runs-file': 'Läufe aus Datei importieren…',
    settings: 'Einstellungen',
    guide: 'Handbuch',
    'method-cards': 'Methodenkarten',
    'new-window': 'Neues Fenster',
    find: 'Auf der Seite suchen…',
    back: 'Zurück',
    forward: 'Vorwärts',
    palette: 'Suche und Befehle',
    tour: 'Rundgang durch das Fenster',
    shortcuts: 'Tastenkürzel',
  },
  menu: {
    file: '&Datei',
    edit: '&Bearbeiten',
    go: '&Gehe zu',
    view: '&Ansicht',
    window: '&Fenster',
    help: '&Hilfe',
    logs: 'Protokollordner zeigen',
    about: 'Über CoTo Studio',
  },
  roles: {
    undo: 'Rückgängig',
    redo: 'Wiederholen',
    cut: 'Ausschneiden',
    copy: 'Kopieren',
    paste: 'Einfügen',
    delete: 'Löschen',
    selectAll: 'Alles auswählen',
    zoomIn: 'Vergrößern',
    zoomOut: 'Verkleinern',
    resetZoom: 'Originalgröße',
    togglefullscreen: 'Vollbild',
    close: 'Fenster schließen',
    minimize: 'Minimieren',
    zoom: 'Zoomen',
    front: 'Alle nach vorne bringen',
    hide: 'CoTo Studio ausblenden',
    hideOthers: 'Andere ausblenden',
    unhide: 'Alle einblenden',
    quit: 'Beenden',
  },
  tray: {
    idle: 'Es läuft nichts',
    running: (jobs) => plural(jobs, { one: '# Job läuft', other: '# Jobs laufen' }),
    open: 'CoTo Studio öffnen',
  },
  quit: {
    pause: 'Pausieren und beenden',
    anyway: 'Trotzdem beenden',
    inBackground: 'Im Hintergrund weiterlaufen lassen',
    one: (title) => `„${title}“ läuft noch.`,
    several: (jobs) => plural(jobs, { one: '# Job läuft noch.', other: '# Jobs laufen noch.' }),
    more: (jobs) => `und ${jobs} weitere`,
    allPause: (jobs) =>
      plural(jobs, {
        one: 'Er wird beim Beenden pausiert und kann beim nächsten Start auf „Start“ fortgesetzt werden.',
        other: 'Sie werden beim Beenden pausiert und können beim nächsten Start auf „Start“ fortgesetzt werden.',
      }),
    somePause:
      'Trainings werden beim Beenden pausiert und können beim nächsten Start auf „Start“ fortgesetzt werden; andere Jobs werden abgebrochen.',
    nonePause: (jobs) =>
      plural(jobs, {
        one: 'Er wird beim Beenden abgebrochen und muss neu gestartet werden.',
        other: 'Sie werden beim Beenden abgebrochen und müssen neu gestartet werden.',
      }),
    backgroundHelp:
      'Im Hintergrund läuft die Arbeit ohne Fenster weiter: CoTo Studio erneut starten, um es zurückzuholen.',
  },
  cancel: 'Abbrechen',
  tryAgain: 'Erneut versuchen',
  recovery: {
    message: 'Die Datenbank des Home-Ordners ist beschädigt oder fehlt.',
    ways: 'Eine Sicherung enthält alles, wie es an ihrem Tag war. Eine neu aufgebaute Datenbank enthält, was in den Ordnern der Modelle, Läufe und Adapter liegt; Studien, Jobs und Berichte gehören nicht dazu.',
    nothingDeleted: 'Nichts wird gelöscht: Beschädigte Dateien kommen in den Ordner „damaged“ des Home-Ordners.',
    restore: 'Letzte Sicherung wiederherstellen',
    rebuild: 'Aus den Ordnern neu aufbauen',
  },
  move: {
    message: (to) => `Den Home-Ordner nach ${to} verschieben?`,
    detail: (bytes, from, free) =>
      `${bytes} werden aus ${from} kopiert und verglichen; dort sind ${free} frei. Danach werden die alten Dateien gelöscht, wenn sie nicht behalten werden. Am Ende startet CoTo Studio neu.`,
    move: 'Verschieben',
    keep: 'Verschieben und alte Dateien behalten',
  },
  updates: {
    message: (host) => `Neue Versionen von ${host} beziehen?`,
    detail: (address) =>
      `${address} wird nur gefragt, wenn „Nach Updates suchen“ gewählt wird. Was es anbietet, wird nur installiert, wenn es mit dem Release-Schlüssel dieser App signiert ist.`,
    turnOn: 'Einschalten',
  },
};
