import type { Catalog } from '../catalog.ts';

export const tour: Catalog['tour'] = {
  label: 'Rundgang durch das Fenster',
  count: (at, all) => `Rundgang · ${at} von ${all}`,
  skip: 'Rundgang überspringen',
  back: 'Zurück',
  next: 'Weiter',
  done: 'Fertig',
  stops: {
    data: {
      title: 'Ihre Daten',
      text: 'Die Liste enthält kleine Datensätze, die mitgeliefert sind. Eigene fügen Sie hier hinzu, oder Sie legen eine Textdatei oder einen Bilderordner auf dem Fenster ab.',
    },
    models: {
      title: 'Ein Basismodell',
      text: 'Eine kleine Basis ist schon da. Fügen Sie hier einen Modellordner oder eine GGUF-Datei hinzu, oder laden Sie ein Modell von Hugging Face.',
    },
    train: {
      title: 'Einen Lauf einrichten',
      text: 'Basis, Datensatz und Rezept wählen, dann starten. Jede andere Einstellung hat einen brauchbaren Wert; das „?“ neben einer Einstellung erklärt sie.',
    },
    results: {
      title: 'Das Ergebnis ansehen',
      text: 'Läufe zeigt die Kurven während des Trainings. Der Adapter lässt sich danach mergen, prunen oder im Playground ausprobieren. Studien vergleichen Läufe mit und ohne CoTo. Hilfe › Rundgang durch das Fenster zeigt dies noch einmal.',
    },
  },
};
