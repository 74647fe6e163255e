"""Golden values for pooling, interpolation and grid sampling, made by PyTorch in float64.

    python3 test/golden/pooling.py > test/golden/pooling.json

Each entry is one call in this library's words: op, its arguments behind the tensors, the tensors it is given, what
PyTorch says the outputs are, and the gradients for a given gradient of the first output. Inputs are rounded so that
both sides begin with the same numbers, results to 14 digits.
"""

import itertools
import json

import torch
import torch.nn.functional as F

torch.manual_seed(48)
torch.set_default_dtype(torch.float64)
entries = []


def rounded(*shape):
    return torch.randn(*shape).round(decimals=2)


def plain(x):
    numbers = [float(f"{value:.14g}") for value in x.detach().flatten().tolist()]
    return {"shape": list(x.shape), "values": [int(n) if n.is_integer() else n for n in numbers]}


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def entry(op, name, args, inputs, function):
    leaves = [x.clone().requires_grad_() for x in inputs]
    result = function(*leaves)
    outputs = list(result) if isinstance(result, tuple) else [result]
    grad_out = rounded(*outputs[0].shape)
    gradients = torch.autograd.grad(outputs[0], leaves, grad_out)
    entries.append({
        "op": op, "name": name, "args": args,
        "inputs": [plain(x) for x in inputs], "outputs": [plain(x) for x in outputs],
        "gradOut": plain(grad_out), "gradients": [plain(x) for x in gradients],
    })  # fmt: skip


def options(given):
    return {camel(key): value for key, value in given.items()}


def label(*parts):
    return ", ".join(str(part) for part in parts if part not in ("", None))


# Windows of one size. Odd sizes, of which ceil mode keeps windows that hang over, and drops one that begins outside.

windows = [
    ((5, 7), 2, {}),
    ((5, 7), 3, {"stride": 2}),
    ((6, 5), 3, {"stride": 2, "padding": 1}),
    ((4, 6), 2, {"stride": 3, "padding": 1}),
    ((7, 4), [3, 2], {"stride": [2, 3], "padding": [1, 0]}),
    ((3, 3), 2, {"stride": 2, "padding": 1}),
    ((2, 5), [1, 4], {"stride": [1, 3], "padding": [0, 2]}),
]
for (h, w), kernel, given in windows:
    for ceil in (False, True):
        name = label(f"{h}x{w}", kernel, given, "ceil" if ceil else "")
        given = {**given, "ceil_mode": ceil}
        ties = torch.randint(-1, 2, (1, 2, h, w)).double()
        entry(
            "maxPool2dWithIndices", name, [kernel, options(given)], [ties],
            lambda x: F.max_pool2d(x, kernel, return_indices=True, **given),
        )  # fmt: skip
        for include in (False, True):
            chosen = {**given, "count_include_pad": include}
            entry(
                "avgPool2d", label(name, "with padding" if include else ""), [kernel, options(chosen)],
                [rounded(1, 1, h, w)], lambda x: F.avg_pool2d(x, kernel, **chosen),
            )  # fmt: skip
for divisor in (1, 7):
    given = {"padding": 1, "ceil_mode": True, "divisor_override": divisor}
    entry(
        "avgPool2d", f"divided by {divisor}", [3, options(given)], [rounded(2, 2, 5, 4)],
        lambda x: F.avg_pool2d(x, 3, **given),
    )  # fmt: skip
given = {"dilation": 2, "stride": 2, "padding": 1, "ceil_mode": True}
entry(
    "maxPool2dWithIndices", "dilation 2, ceil", [3, options(given)], [rounded(1, 2, 8, 7)],
    lambda x: F.max_pool2d(x, 3, return_indices=True, **given),
)  # fmt: skip
for size, kernel, given in [(7, 2, {}), (8, 3, {"stride": 2, "padding": 1, "ceil_mode": True})]:
    entry("maxPool1d", f"{size}", [kernel, options(given)], [rounded(2, 2, size)], lambda x: F.max_pool1d(x, kernel, **given))
    given = {**given, "count_include_pad": False}
    entry("avgPool1d", f"{size}", [kernel, options(given)], [rounded(2, 2, size)], lambda x: F.avg_pool1d(x, kernel, **given))

# Windows that adapt to the output, which mostly does not divide the input.

for (h, w), size in [
    ((5, 7), [3, 4]),
    ((7, 5), [2, None]),
    ((4, 3), [6, 5]),
    ((7, 7), 1),
    ((6, 4), [3, 2]),
    ((10, 3), [7, 2]),
]:
    both = (size, size) if isinstance(size, int) else size
    ties = torch.randint(-2, 3, (1, 2, h, w)).double()
    entry("adaptiveAvgPool2d", f"{h}x{w} to {size}", [size], [rounded(2, 1, h, w)], lambda x: F.adaptive_avg_pool2d(x, both))
    entry("adaptiveMaxPool2d", f"{h}x{w} to {size}", [size], [ties], lambda x: F.adaptive_max_pool2d(x, both))

# Interpolation: up, down, by sizes and by factors that do not come out even.

targets = [
    ((3, 4), {"size": [7, 5]}),
    ((6, 5), {"size": [2, 3]}),
    ((3, 4), {"size": [1, 9]}),
    ((4, 3), {"scale_factor": 1.5}),
    ((5, 7), {"scale_factor": [0.6, 0.7]}),
    ((10, 3), {"scale_factor": [1.05, 2.3]}),
    ((5, 6), {"scale_factor": [1.3, 0.45], "recompute_scale_factor": True}),
    ((1, 1), {"size": [3, 2]}),
]
for (h, w), target in targets:
    for mode, align, antialias in [
        ("nearest", None, False),
        ("nearest-exact", None, False),
        ("area", None, False),
        ("bilinear", False, False),
        ("bilinear", True, False),
        ("bicubic", False, False),
        ("bicubic", True, False),
        ("bilinear", False, True),
        ("bicubic", False, True),
    ]:
        given = {**target, "mode": mode}
        if align is not None:
            given["align_corners"] = align
        if antialias:
            given["antialias"] = True
        name = label(f"{h}x{w}", target, mode, "aligned" if align else "", "antialiased" if antialias else "")
        entry("interpolate", name, [options(given)], [rounded(1, 1, h, w)], lambda x: F.interpolate(x, **given))

# Grid sampling: points inside, on the border, and several images away.

for mode, padding, align in itertools.product(["bilinear", "nearest"], ["zeros", "border", "reflection"], [False, True]):
    grid = (2.6 * torch.rand(1, 3, 4, 2) - 1.3).round(decimals=3)
    grid[0, 0, 0] = torch.tensor([-3.717, 7.331])
    grid[0, 0, 1] = torch.tensor([2.713, -1.973])
    entry(
        "gridSample", label(mode, padding, "aligned" if align else ""),
        [{"mode": mode, "paddingMode": padding, "alignCorners": align}], [rounded(1, 2, 4, 3), grid],
        lambda x, grid: F.grid_sample(x, grid, mode, padding, align),
    )  # fmt: skip
    entry(
        "gridSample", label(mode, padding, "aligned" if align else "", "one pixel"),
        [{"mode": mode, "paddingMode": padding, "alignCorners": align}], [rounded(1, 1, 1, 1), grid[:, :2, :2]],
        lambda x, grid: F.grid_sample(x, grid, mode, padding, align),
    )  # fmt: skip
for size, align in itertools.product([[2, 3, 3, 4], [1, 1, 1, 2]], [False, True]):
    entry(
        "affineGrid", label(size, "aligned" if align else ""), [size, {"alignCorners": align}],
        [rounded(size[0], 2, 3)], lambda theta: F.affine_grid(theta, size, align),
    )  # fmt: skip

print("{")
print(f'  "madeBy": "pooling.py, PyTorch {torch.__version__}",')
print('  "entries": [')
print(",\n".join("    " + json.dumps(one, separators=(",", ":")) for one in entries))
print("  ]\n}")
