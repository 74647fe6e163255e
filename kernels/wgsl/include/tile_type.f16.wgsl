// Tiles in half floats: half the workgroup memory, and half the traffic with it, which is what bounds the inner loop.
//
// Operands are rounded once, on their way in, to 11 significant bits. Their products have 22 and are exact in f32, where
// they are added up. Products in f16 would lose as many bits again, and all of those under 6e-8.

enable f16;

alias Held = f16;
