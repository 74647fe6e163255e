// How invocations are counted.
//
// WebGPU allows 65,535 workgroups along a dimension, so the host lays a long row of them out as a rectangle. Here the
// rectangle becomes a row again; its last line may run over, so every kernel compares with its own count.

const WORKGROUP = 256u;

struct Grid {
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
}

fn groupIndex(grid: Grid) -> u32 {
  return grid.group.y * grid.groups.x + grid.group.x;
}

fn invocationIndex(grid: Grid, lane: u32) -> u32 {
  return groupIndex(grid) * WORKGROUP + lane;
}
