/** First author, or all authors of a short list, in the form of BibTeX. "others" stands for the rest. */
const authors: ReadonlyMap<string, string> = new Map(
  Object.entries({
    // Adapters and their initializations.
    'https://arxiv.org/abs/2106.09685': 'Hu, Edward J. and others',
    'https://arxiv.org/abs/1502.01852': 'He, Kaiming and Zhang, Xiangyu and Ren, Shaoqing and Sun, Jian',
    'https://arxiv.org/abs/2406.05223': 'Yang, Yibo and others',
    'https://arxiv.org/abs/2410.07170': 'Paischer, Fabian and others',
    'https://arxiv.org/abs/2407.05000': 'Wang, Shaowen and Yu, Linxi and Li, Jian',
    'https://arxiv.org/abs/2406.09044': 'Wang, Hanqing and others',
    'https://arxiv.org/abs/2406.01775': 'B{\\"u}y{\\"u}kaky{\\"u}z, Kerim',
    'https://arxiv.org/abs/2404.02948': 'Meng, Fanxu and Wang, Zhaohui and Zhang, Muhan',
    'https://arxiv.org/abs/2505.14238': 'Singhal, Raghav and others',
    'https://arxiv.org/abs/2303.10512': 'Zhang, Qingru and others',
    'https://arxiv.org/abs/2409.15371': 'Kang, Jiale and Yin, Qingyu',
    'https://arxiv.org/abs/2407.19342': 'Chen, Aochuan and others',
    'https://arxiv.org/abs/2503.18225': 'Bini, Massimo and Girrbach, Leander and Akata, Zeynep',
    'https://arxiv.org/abs/2402.09353': 'Liu, Shih-Yang and others',
    'https://arxiv.org/abs/2505.20355': 'Jung, Yeonjoon and others',
    'https://openreview.net/forum?id=TwJrTz9cRS':
      'Huang, Qiushi and Ko, Tom and Zhuang, Zhan and Tang, Lilian and Zhang, Yu',
    'https://arxiv.org/abs/2205.05638': 'Liu, Haokun and others',
    'https://arxiv.org/abs/2108.06098': 'Hyeon-Woo, Nam and Ye-Bin, Moon and Oh, Tae-Hyun',
    'https://arxiv.org/abs/2309.14859': 'Yeh, Shih-Ying and others',
    'https://arxiv.org/abs/2308.03303': 'Zhang, Longteng and others',
    'https://arxiv.org/abs/2402.12354': 'Hayou, Soufiane and Ghosh, Nikhil and Yu, Bin',
    'https://arxiv.org/abs/2407.18242': 'Wang, Zhengbo and others',
    'https://arxiv.org/abs/2504.07448': 'Zhang, Juzheng and others',
    'https://arxiv.org/abs/2306.07280': 'Qiu, Zeju and others',
    'https://arxiv.org/abs/2502.00987': 'Albert, Paul and others',
    'https://arxiv.org/abs/2312.03732': 'Kalajdzievski, Damjan',
    'https://arxiv.org/abs/2406.13175': 'Bhardwaj, Kartikeya and others',
    'https://arxiv.org/abs/2310.11454': 'Kopiczko, Dawid J. and Blankevoort, Tijmen and Asano, Yuki M.',
    'https://arxiv.org/abs/2604.27796': 'Kumaravelu, Vishnuprasadh and Gupta, Sunil and Srijith, P. K.',
    'https://arxiv.org/abs/2503.23360':
      'Chen, Guanhua and Yao, Yutong and Gao, Ci-Jun and Chao, Lidia S. and Wan, Feng and Wong, Derek F.',
    // Losses of preferences.
    'https://arxiv.org/abs/2310.12036': 'Azar, Mohammad Gheshlaghi and others',
    'https://arxiv.org/abs/2305.10425': 'Zhao, Yao and others',
    'https://arxiv.org/abs/2404.04656': 'Jung, Seungjae and others',
    // Schedules.
    'https://arxiv.org/abs/2506.05713':
      'Zhuang, Zhan and Wang, Xiequn and Li, Wei and Zhang, Yulong and Huang, Qiushi and Chen, Shuhao and Wang, Xuehao and Wei, Yanbin and Nie, Yuhe and Ma, Kede and Zhang, Yu and Wei, Ying',
    'https://arxiv.org/abs/2508.17337': 'Zhang, Haojie',
    'https://arxiv.org/abs/2403.17919': 'Pan, Rui and others',
    'https://arxiv.org/abs/1402.0915': 'Rippel, Oren and Gelbart, Michael A. and Adams, Ryan P.',
    'https://jmlr.org/papers/v15/srivastava14a.html':
      'Srivastava, Nitish and Hinton, Geoffrey and Krizhevsky, Alex and Sutskever, Ilya and Salakhutdinov, Ruslan',
    'https://arxiv.org/abs/1603.09382':
      'Huang, Gao and Sun, Yu and Liu, Zhuang and Sedra, Daniel and Weinberger, Kilian',
    // Merging.
    'https://arxiv.org/abs/2310.02575': 'Yang, Enneng and others',
    'https://doi.org/10.1007/BF02289451': 'Sch{\\"o}nemann, Peter H.',
    'https://arxiv.org/abs/2312.06795': 'Davari, MohammadReza and Belilovsky, Eugene',
    'https://arxiv.org/abs/1803.05407': 'Izmailov, Pavel and others',
    'https://arxiv.org/abs/2509.17786': 'Panariello, Aniello and others',
    'https://arxiv.org/abs/2311.03099': 'Yu, Le and others',
    'https://arxiv.org/abs/2406.11617': 'Deep, Pala Tej and Bhardwaj, Rishabh and Poria, Soujanya',
    'https://arxiv.org/abs/2502.04959': 'Marczak, Daniel and others',
    'https://doi.org/10.1002/cpa.3160300502': 'Karcher, Hermann',
    'https://arxiv.org/abs/2410.19735': 'Stoica, George and others',
    'https://arxiv.org/abs/2409.16167': 'Zhao, Ziyu and others',
    'https://arxiv.org/abs/2307.13269': 'Huang, Chengsong and others',
    'https://arxiv.org/abs/2306.01708': 'Yadav, Prateek and others',
    'https://arxiv.org/abs/2403.19522': 'Jang, Dong-Hwan and Yun, Sangdoo and Han, Dongyoon',
    'https://arxiv.org/abs/2312.02696': 'Karras, Tero and others',
    'https://arxiv.org/abs/2212.09849': 'Jin, Xisen and others',
    'https://arxiv.org/abs/2502.17159': 'Zeng, Fanhu and others',
    'https://arxiv.org/abs/2408.07990': 'Wan, Fanqi and others',
    'https://doi.org/10.1145/325165.325242': 'Shoemake, Ken',
    'https://arxiv.org/abs/2212.04089': 'Ilharco, Gabriel and others',
    'https://arxiv.org/abs/2412.00081': 'Gargiulo, Antonio Andrea and others',
    'https://arxiv.org/abs/2503.08099': 'Cheng, Runxi and others',
    'https://arxiv.org/abs/2311.13600': 'Shah, Viraj and others',
    // Optimizers, pruning and studies.
    'https://arxiv.org/abs/1711.05101': 'Loshchilov, Ilya and Hutter, Frank',
    'https://arxiv.org/abs/2402.02347': 'Zhang, Fangzhao and Pilanci, Mert',
    'https://arxiv.org/abs/2410.21228': 'Shuttleworth, Reece and others',
    'https://arxiv.org/abs/2402.09997': 'Zhao, Ziyu and others',
    'https://arxiv.org/abs/2405.11157': 'Ostapenko, Oleksiy and others',
    'https://arxiv.org/abs/2402.07721': 'Zhou, Hongyun and others',
    'https://arxiv.org/abs/2306.11695': 'Sun, Mingjie and Liu, Zhuang and Bair, Anna and Kolter, J. Zico',
    'https://arxiv.org/abs/1912.05671':
      'Frankle, Jonathan and Dziugaite, Gintare Karolina and Roy, Daniel M. and Carbin, Michael',
    'https://arxiv.org/abs/2506.14126': 'Horoi, Stefan and others',
    // Losses.
    'https://ieeexplore.ieee.org/document/1640964': 'Hadsell, Raia and Chopra, Sumit and LeCun, Yann',
    'https://arxiv.org/abs/1908.10084': 'Reimers, Nils and Gurevych, Iryna',
    'https://arxiv.org/abs/1705.00652': 'Henderson, Matthew and others',
    'https://arxiv.org/abs/2305.18290': 'Rafailov, Rafael and others',
    'https://arxiv.org/abs/2402.01306': 'Ethayarajh, Kawin and others',
    'https://arxiv.org/abs/2403.07691': 'Hong, Jiwoo and Lee, Noah and Thorne, James',
    'https://arxiv.org/abs/2405.14734': 'Meng, Yu and Xia, Mengzhou and Chen, Danqi',
    // Base models.
    'https://arxiv.org/abs/1810.04805': 'Devlin, Jacob and Chang, Ming-Wei and Lee, Kenton and Toutanova, Kristina',
    'https://arxiv.org/abs/1907.11692': 'Liu, Yinhan and others',
    'https://arxiv.org/abs/1909.11942': 'Lan, Zhenzhong and others',
    'https://arxiv.org/abs/1910.01108': 'Sanh, Victor and Debut, Lysandre and Chaumond, Julien and Wolf, Thomas',
    'https://arxiv.org/abs/1910.10683': 'Raffel, Colin and others',
    'https://arxiv.org/abs/1911.02116': 'Conneau, Alexis and others',
    'https://arxiv.org/abs/2003.10555':
      'Clark, Kevin and Luong, Minh-Thang and Le, Quoc V. and Manning, Christopher D.',
    'https://arxiv.org/abs/2004.09297': 'Song, Kaitao and Tan, Xu and Qin, Tao and Lu, Jianfeng and Liu, Tie-Yan',
    'https://arxiv.org/abs/2010.11929': 'Dosovitskiy, Alexey and others',
    'https://arxiv.org/abs/2012.12877': 'Touvron, Hugo and others',
    'https://arxiv.org/abs/2103.00020': 'Radford, Alec and others',
    'https://arxiv.org/abs/2111.09543': 'He, Pengcheng and Gao, Jianfeng and Chen, Weizhu',
    'https://arxiv.org/abs/2204.06745': 'Black, Sid and others',
    'https://arxiv.org/abs/2205.01068': 'Zhang, Susan and others',
    'https://arxiv.org/abs/2302.13971': 'Touvron, Hugo and others',
    'https://arxiv.org/abs/2303.15343': 'Zhai, Xiaohua and Mustafa, Basil and Kolesnikov, Alexander and Beyer, Lucas',
    'https://arxiv.org/abs/2304.07193': 'Oquab, Maxime and others',
    'https://arxiv.org/abs/2309.05463': 'Li, Yuanzhi and others',
    'https://arxiv.org/abs/2309.16588':
      "Darcet, Timoth{\\'e}e and Oquab, Maxime and Mairal, Julien and Bojanowski, Piotr",
    'https://arxiv.org/abs/2310.06825': 'Jiang, Albert Q. and others',
    'https://arxiv.org/abs/2401.04088': 'Jiang, Albert Q. and others',
    'https://arxiv.org/abs/2402.00838': 'Groeneveld, Dirk and others',
    'https://arxiv.org/abs/2402.01613': 'Nussbaum, Zach and Morris, John X. and Duderstadt, Brandon and Mulyar, Andriy',
    'https://arxiv.org/abs/2402.17834': 'Bellagente, Marco and others',
    'https://arxiv.org/abs/2402.19173': 'Lozhkov, Anton and others',
    'https://arxiv.org/abs/2403.08295': '{Gemma Team}',
    'https://arxiv.org/abs/2404.14219': 'Abdin, Marah and others',
    'https://arxiv.org/abs/2407.10671': 'Yang, An and others',
    'https://arxiv.org/abs/2408.00118': '{Gemma Team}',
    'https://arxiv.org/abs/2412.06464': 'Yang, Songlin and Kautz, Jan and Hatamizadeh, Ali',
    'https://arxiv.org/abs/2412.13663': 'Warner, Benjamin and others',
    'https://arxiv.org/abs/2503.05500': 'Boizard, Nicolas and others',
    'https://arxiv.org/abs/2503.19786': '{Gemma Team}',
    'https://arxiv.org/abs/2505.09388': '{Qwen Team}',
    'https://arxiv.org/abs/2508.10104': "Sim{\\'e}oni, Oriane and others",
    'https://arxiv.org/abs/2508.10925': '{OpenAI}',
    'https://openai.com/index/better-language-models/': 'Radford, Alec and others',
  }),
);

/** Years of papers whose address does not contain it. */
const years: Readonly<Record<string, number>> = {
  'https://openreview.net/forum?id=TwJrTz9cRS': 2025,
  'https://doi.org/10.1007/BF02289451': 1966,
  'https://doi.org/10.1002/cpa.3160300502': 1977,
  'https://doi.org/10.1145/325165.325242': 1985,
  'https://ieeexplore.ieee.org/document/1640964': 2006,
  'https://jmlr.org/papers/v15/srivastava14a.html': 2014,
  'https://openai.com/index/better-language-models/': 2019,
};

/** Authors of a paper in the form of BibTeX; null where they are not known. */
export function authorsOf(url: string): string | null {
  return authors.get(url) ?? null;
}

/** Year of a paper: of arXiv papers that of the first version; null where it is not known. */
export function yearOf(url: string): number | null {
  const arxiv = /arxiv\.org\/abs\/(\d\d)\d\d\./.exec(url)?.[1];
  return arxiv === undefined ? (years[url] ?? null) : 2000 + Number(arxiv);
}
