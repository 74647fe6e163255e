/**
 * Tensors that belong to a module.
 *
 * A module finds what it owns by looking at its properties: a `Parameter` is trained, a `Buffer` is only saved and
 * loaded with the rest (running means, class weights), and a plain tensor is none of its business. Both live until
 * they are disposed, in whatever scope they were made.
 */

import { empty, type Shape, Tensor, type TensorOptions } from "@mien/tensor";

/** A tensor that an optimizer trains. https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html */
export class Parameter extends Tensor {
  /**
   * @param data shares its memory with the parameter; the handle itself stays its owner's
   * @param options.requiresGrad default: true
   */
  constructor(data: Tensor, options: { readonly requiresGrad?: boolean } = {}) {
    super(data.storage.retain(), data.dtype, data.shape, data.strides, data.offset);
    this.requiresGrad = options.requiresGrad ?? true;
    this.keep();
  }

  /** A parameter whose values are undefined until `init` or `loadStateDict` writes them. */
  static empty(shape: Shape, options: TensorOptions = {}): Parameter {
    using data = empty(shape, { ...options, requiresGrad: false });
    return new Parameter(data);
  }
}

/**
 * A tensor that is part of a module's state but not trained.
 * https://pytorch.org/docs/stable/generated/torch.nn.parameter.Buffer.html
 */
export class Buffer extends Tensor {
  /** Whether a state without it can be loaded, which leaves it as it is. */
  readonly optional: boolean;

  /**
   * @param data shares its memory with the buffer; the handle itself stays its owner's
   * @param options.optional default: false
   */
  constructor(data: Tensor, options: { readonly optional?: boolean } = {}) {
    super(data.storage.retain(), data.dtype, data.shape, data.strides, data.offset);
    this.optional = options.optional ?? false;
    this.keep();
  }
  /** A buffer whose values are undefined until they are written. */
  static empty(shape: Shape, options: TensorOptions & { readonly optional?: boolean } = {}): Buffer {
    using data = empty(shape, { ...options, requiresGrad: false });
    return new Buffer(data, options);
  }
}
