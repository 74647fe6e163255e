/**
 * Element types and the typed arrays that hold them.
 *
 * float32 is what networks compute in, on every device. float64 exists on the reference device alone, where it is the
 * yardstick for gradients and for other devices. int32 holds class indices and counts. A bool takes four bytes (0 or
 * 1), because WebGPU has no smaller storage element. uint8 holds images; only casts and image kernels read it.
 */

export type DType = "float32" | "float64" | "int32" | "bool" | "uint8";

/** The element types that have gradients. */
export type FloatDType = "float32" | "float64";

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** Bytes that one element takes in a device's buffer. */
export const bytesPerElement: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  bool: 4,
  uint8: 1,
};

/** A typed array over `buffer`, in the type that holds `dtype`. */
export function viewAs(dtype: DType, buffer: ArrayBufferLike, byteOffset = 0, length?: number): TypedArray {
  switch (dtype) {
    case "float32":
      return new Float32Array(buffer, byteOffset, length);
    case "float64":
      return new Float64Array(buffer, byteOffset, length);
    case "int32":
      return new Int32Array(buffer, byteOffset, length);
    case "bool":
      return new Uint32Array(buffer, byteOffset, length);
    case "uint8":
      return new Uint8Array(buffer, byteOffset, length);
    default:
      return dtype satisfies never;
  }
}

/** A new, zeroed typed array of `length` elements. */
export function arrayOf(dtype: DType, length: number): TypedArray {
  return viewAs(dtype, new ArrayBuffer(length * bytesPerElement[dtype]));
}

/** Whether tensors of this type can have gradients. */
export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === "float32" || dtype === "float64";
}
