/**
 * WebGPU's bit flags. Browsers have them as globals (`GPUBufferUsage.STORAGE`), Node has not, and they are part of the
 * specification, so that a small table serves both.
 */

export const bufferUsage = {
  mapRead: 0x0001,
  copySrc: 0x0004,
  copyDst: 0x0008,
  uniform: 0x0040,
  storage: 0x0080,
  queryResolve: 0x0200,
} as const;

export const mapMode = { read: 0x0001 } as const;

export const shaderStage = { compute: 0x0004 } as const;
