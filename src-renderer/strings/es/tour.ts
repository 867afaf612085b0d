import type { Catalog } from '../catalog.ts';

export const tour: Catalog['tour'] = {
  label: 'Recorrido por la ventana',
  count: (at, all) => `Recorrido · ${at} de ${all}`,
  skip: 'Omitir',
  back: 'Atrás',
  next: 'Siguiente',
  done: 'Listo',
  stops: {
    data: {
      title: 'Los datos',
      text: 'La lista tiene pequeños datasets incluidos con la app. Aquí se añaden los propios; también se puede soltar en la ventana un archivo de texto o una carpeta de imágenes.',
    },
    models: {
      title: 'Un modelo base',
      text: 'Ya hay una base pequeña. Aquí se añade una carpeta de modelo o un archivo GGUF, o se descarga un modelo de Hugging Face.',
    },
    train: {
      title: 'Preparar una ejecución',
      text: 'Elegir aquí una base, un dataset y una receta, e iniciar. Los demás ajustes tienen un valor que funciona; el “?” junto a un ajuste lo explica.',
    },
    results: {
      title: 'Ver el resultado',
      text: 'Ejecución muestra las curvas durante el entrenamiento. Después, el adaptador se puede fusionar, podar o probar en Playground. Los estudios comparan ejecuciones con y sin CoTo. Ayuda › Recorrido por la ventana muestra esto de nuevo.',
    },
  },
};
