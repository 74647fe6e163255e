/**
 * Every constant of the CPU device that was chosen by measuring, in one place.
 *
 * Chosen on a 2-core x86-64 server, Node 20, November 2026. Those that cut work into chunks decide in which order
 * values are added up: changing them changes last bits, but none of them may ever depend on the number of threads.
 */

/** Elements per chunk of an elementwise kernel; the same number stands in kernels/wasm/strided.ts. */
export const ELEMENTS_PER_CHUNK = 16384;

/** Elements per chunk of kernels that go row by row or plane by plane: small enough to share out, large enough to pay. */
export const ROW_ELEMENTS_PER_CHUNK = 16384;

/** Reductions: outputs side by side per chunk, and the elements from which a chunk is cut into segments. */
export const REDUCE_COLUMNS = 256;
export const REDUCE_SEGMENT = 65536;
/** With this many chunks there is no need for segments. */
export const ENOUGH_CHUNKS = 64;

/** Matrix products: the largest block of the result per chunk, and the least sum over k that a segment is worth. */
export const MATMUL_BLOCK_M = 64;
export const MATMUL_BLOCK_N = 256;
export const MATMUL_SEGMENT_K = 512;
/** Columns of A packed at a time; the same number stands in kernels/wasm/matmul.ts. */
export const MATMUL_KC = 256;
/** With at most so many rows on either side nothing is packed where both lie along k: a tile of kernels/wasm/dot.ts. */
export const MATMUL_FEW_ROWS = 3;

/**
 * Convolutions: bytes of the input that a strip stages at once; they stay in the second-level cache, and the more of an
 * image they are, the more memory is read in order. No fewer chunks than this, for threads to share.
 */
export const CONV_STRIP_BYTES = 256 * 1024;
export const CONV_LEAST_CHUNKS = 16;
/** Fewer rows than this would stage more halo than rows. */
export const CONV_MIN_STRIP_ROWS = 4;
/** The weight gradient: bytes of packed gradient per strip and eight channels, partial sums, and bytes these may take. */
export const CONV_GRADIENT_BYTES = 20 * 1024;
export const CONV_IMAGE_RANGES = 32;
export const CONV_PARTIAL_BYTES = 20 * 1024 * 1024;

/**
 * 1x1 convolutions: bytes of staged pixels per chunk, which are to stay in the second-level cache, and of those that
 * all channels go through before the next, in the first; the least vectors of a chunk.
 */
export const POINTWISE_STAGED_BYTES = 192 * 1024;
export const POINTWISE_RUN_BYTES = 24 * 1024;
export const POINTWISE_LEAST_VECTORS = 144;

/**
 * Winograd's transform: bytes of transformed tiles, which are to stay in the second-level cache, but at least so many
 * tiles per chunk; the least chunks for which more are taken together; the least channels (on both sides) for which the
 * transforms are worth their time; the most products per pixel, of which a direct convolution takes nine; and bytes of
 * tiles that the weight gradient keeps for its products place by place.
 */
export const WINOGRAD_TILE_BYTES = 1024 * 1024;
export const WINOGRAD_LEAST_TILES = 36;
export const WINOGRAD_LEAST_CHUNKS = 16;
export const WINOGRAD_LEAST_CHANNELS = 8;
export const WINOGRAD_MOST_PRODUCTS = 5;
export const WINOGRAD_KEPT_BYTES = 16 * 1024 * 1024;

/** How many looks at the control block a worker takes for new work, and the host for the last chunk, before it sleeps. */
export const WORKER_SPINS = 4000;
export const HOST_SPINS = 4000;
