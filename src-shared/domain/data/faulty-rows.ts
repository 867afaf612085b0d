const most = { rows: 10, share: 0.01, shareOfSmallFile: 0.2 };

/** Most faulty rows that a file may have to be added without being asked: 10 or 1 %, whichever is more, and at most 20 %. */
export function maxFaultyRows(rowCount: number): number {
  return Math.min(Math.max(most.rows, most.share * rowCount), most.shareOfSmallFile * rowCount);
}
