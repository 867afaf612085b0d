export { solveSymmetric } from './cholesky.ts';
export { dampedInverse } from './damped-inverse.ts';
export { gram, type ScaledVectors } from './gram.ts';
export { type Matrix, type MatrixLike, matmul, toFloat32, transpose } from './matrix.ts';
export { type Qr, qr } from './qr.ts';
export { leading, type RandomizedSvdOptions, randomizedSvd } from './randomized-svd.ts';
export { type Svd, svd } from './svd.ts';
export { svdOfProduct } from './svd-of-product.ts';
export { type SymmetricEigen, symmetricEigen } from './symmetric-eigen.ts';
