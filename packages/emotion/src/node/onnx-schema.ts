/**
 * The ONNX file format, as far as it is written here: a protocol buffer whose messages are those of the public
 * `onnx.proto`, with the fields that a chain of layers needs.
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */

import protobuf from "protobufjs";

const SCHEMA = `syntax = "proto3";
package onnx;

message ModelProto {
  int64 ir_version = 1;
  string producer_name = 2;
  string doc_string = 6;
  GraphProto graph = 7;
  repeated OperatorSetIdProto opset_import = 8;
  repeated StringStringEntryProto metadata_props = 14;
}
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message StringStringEntryProto { string key = 1; string value = 2; }
message GraphProto {
  repeated NodeProto node = 1;
  string name = 2;
  repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11;
  repeated ValueInfoProto output = 12;
}
message NodeProto {
  repeated string input = 1;
  repeated string output = 2;
  string name = 3;
  string op_type = 4;
  repeated AttributeProto attribute = 5;
}
message AttributeProto { string name = 1; float f = 2; int64 i = 3; repeated int64 ints = 8; int32 type = 20; }
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message TypeProto {
  message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; }
  oneof value { Tensor tensor_type = 1; }
}
message TensorShapeProto {
  message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
  repeated Dimension dim = 1;
}`;

/** The type FLOAT of tensors. */
export const FLOAT = 1;
/** The types of attributes. */
export const ATTRIBUTE = { float: 1, int: 2, ints: 7 } as const;

export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly ints?: readonly number[];
}

export interface Node {
  readonly op_type: string;
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly Attribute[];
}

export interface Initializer {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data_type: typeof FLOAT;
  readonly raw_data: Uint8Array;
}

/** The name, type and shape of an input or output. */
export interface ValueInfo {
  readonly name: string;
  readonly type: {
    readonly tensor_type: {
      readonly elem_type: typeof FLOAT;
      readonly shape: { readonly dim: readonly ({ dim_value: number } | { dim_param: string })[] };
    };
  };
}

export interface OnnxModel {
  readonly ir_version: number;
  readonly producer_name: string;
  readonly opset_import: readonly { readonly domain: string; readonly version: number }[];
  readonly metadata_props: readonly { readonly key: string; readonly value: string }[];
  readonly graph: {
    readonly name: string;
    readonly node: readonly Node[];
    readonly initializer: readonly Initializer[];
    readonly input: readonly ValueInfo[];
    readonly output: readonly ValueInfo[];
  };
}

const type = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType("onnx.ModelProto");

/** The bytes of an ONNX file. */
export function encodeProto(model: OnnxModel): Uint8Array {
  return type.encode(type.fromObject(model)).finish();
}

/** What an ONNX file says, as far as the schema knows it. */
export function decodeProto(bytes: Uint8Array): OnnxModel {
  return type.toObject(type.decode(bytes), { longs: Number, arrays: true }) as OnnxModel;
}
