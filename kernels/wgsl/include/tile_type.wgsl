// What the tiles of the matrix products hold. On a device that was opened with float32MatmulPrecision "medium" this file
// gives way to tile_type.f16.wgsl.

alias Held = f32;
