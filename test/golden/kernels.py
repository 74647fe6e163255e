"""Golden values for the reference kernels, made by PyTorch in float64.

    python3 test/golden/kernels.py > test/golden/kernels.json

Each entry is one launch in the terms of the kernel contract: kernel, params, operands (null where an optional one is
absent) and what PyTorch says the outputs are. Inputs are rounded to three digits so that the file stays small and
both sides begin with the same numbers. Values that JSON has no word for are strings.
"""

import colorsys
import json
import math

import torch
import torch.nn.functional as F

torch.manual_seed(20)
torch.set_default_dtype(torch.float64)
entries = []


def rounded(*shape, scale=1.0):
    return (torch.randn(*shape) * scale).round(decimals=3)


def plain(value):
    """A number as JSON can hold it."""
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return int(value) if value == int(value) and abs(value) < 1e6 else float(f"{value:.15g}")
    return value


def operand(tensor, out=False):
    """An operand as [dtype, values]; an output carries the values that are expected of it."""
    if tensor is None:
        return None
    tensor = tensor.detach()
    dtype = {
        torch.float64: "float64",
        torch.int64: "int32",
        torch.bool: "bool",
        torch.uint8: "uint8",
    }[tensor.dtype]
    if tensor.dtype == torch.bool:
        tensor = tensor.long()
    return {"dtype": dtype, "out": out, "values": [plain(value) for value in tensor.flatten().tolist()]}


def expected(tensor):
    return operand(tensor, out=True)


def entry(kernel, name, params, operands, **more):
    entries.append({"kernel": kernel, "name": name, "params": params, "operands": operands, **more})


def contiguous(shape):
    strides, stride = [], 1
    for size in reversed(shape):
        strides.insert(0, stride)
        stride *= size
    return strides


# Elementwise: all pairs of the numbers at which conventions differ.

SPECIAL = [math.nan, math.inf, -math.inf, 0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0]
special = torch.tensor(SPECIAL)
size = len(SPECIAL)

unary = {
    "neg": torch.neg,
    "abs": torch.abs,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "square": torch.square,
    "reciprocal": torch.reciprocal,
    "relu": torch.relu,
    "leakyRelu": lambda x: F.leaky_relu(x, 0.1),
    "affine": lambda x: x * 0.1 + 0.75,
}
for op, function in unary.items():
    params = {"op": op, "shape": [size], "xStrides": [1], "alpha": 0.1, "beta": 0.75}
    entry("unary", op, params, [operand(special), expected(function(special))])

binary = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "pow": torch.pow,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "eq": torch.eq,
    "ne": torch.ne,
    "lt": torch.lt,
    "le": torch.le,
    "gt": torch.gt,
    "ge": torch.ge,
}
for op, function in binary.items():
    out = function(special[:, None], special[None, :])
    params = {"op": op, "shape": [size, size], "aStrides": [1, 0], "bStrides": [0, 1], "alpha": 0, "beta": 0}
    entry("binary", op, params, [operand(special), operand(special), expected(out)])

x = rounded(9).requires_grad_()
grad_out = rounded(9)
y = F.leaky_relu(x, 0.1)
(grad_x,) = torch.autograd.grad(y, x, grad_out)
params = {"op": "leakyReluGrad", "shape": [9], "aStrides": [1], "bStrides": [1], "alpha": 0.1, "beta": 0}
entry("binary", "leakyReluGrad", params, [operand(grad_out), operand(y), expected(grad_x)])

# Reductions of a middle axis, with ties and NaN.

x = torch.randint(-3, 4, (3, 6, 4)).double()
x[1, 2, 3] = math.nan
reductions = {
    "sum": lambda t: t.sum(1),
    "mean": lambda t: t.mean(1),
    "prod": lambda t: t.prod(1),
    "max": lambda t: t.amax(1),
    "min": lambda t: t.amin(1),
    "argmax": lambda t: t.argmax(1),
    "argmin": lambda t: t.argmin(1),
}
for op, function in reductions.items():
    params = {"op": op, "shape": [3, 4, 6], "xStrides": [24, 1, 4], "kept": 2}
    entry("reduce", op, params, [operand(x), expected(function(x))])

# Matrix products: all transposes, with bias and activation.

ACTIVATIONS = {"none": lambda t: t, "relu": torch.relu, "leakyRelu": lambda t: F.leaky_relu(t, 0.1)}


def matmul(name, transpose_a, transpose_b, activation, with_bias, shared_b):
    batch, m, n, k = 2, 3, 4, 5
    a = rounded(batch, k, m) if transpose_a else rounded(batch, m, k)
    b = rounded(1 if shared_b else batch, *((n, k) if transpose_b else (k, n)))
    bias = rounded(n) if with_bias else None
    product = torch.matmul(a.mT if transpose_a else a, b.mT if transpose_b else b)
    out = ACTIVATIONS[activation](product if bias is None else product + bias)
    params = {
        "batch": batch, "m": m, "n": n, "k": k,
        "aBatchStride": m * k, "bBatchStride": 0 if shared_b else k * n,
        "transposeA": transpose_a, "transposeB": transpose_b,
        "activation": activation, "negativeSlope": 0.1,
    }  # fmt: skip
    entry("matmul", name, params, [operand(a), operand(b), operand(bias), expected(out)])


matmul("plain", False, False, "none", False, False)
matmul("a transposed, bias, ReLU", True, False, "relu", True, False)
matmul("b transposed, one b, bias, leaky ReLU", False, True, "leakyRelu", True, True)
matmul("both transposed", True, True, "none", True, False)

# Convolutions and their gradients.


def conv2d(name, x_shape, c_out, kernel, stride=(1, 1), padding=(0, 0, 0, 0), dilation=(1, 1), groups=1, activation="none"):
    """`padding` is top, bottom, left, right."""
    n, c_in, h_in, w_in = x_shape
    top, bottom, left, right = padding
    x = rounded(*x_shape).requires_grad_()
    weight = rounded(c_out, c_in // groups, *kernel).requires_grad_()
    bias = rounded(c_out)
    out = F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias, stride, 0, dilation, groups)
    grad_out = rounded(*out.shape)
    grad_x, grad_weight = torch.autograd.grad(out, (x, weight), grad_out)
    params = {
        "n": n, "cIn": c_in, "hIn": h_in, "wIn": w_in,
        "cOut": c_out, "hOut": out.shape[2], "wOut": out.shape[3],
        "kH": kernel[0], "kW": kernel[1], "strideH": stride[0], "strideW": stride[1],
        "padTop": top, "padLeft": left, "dilationH": dilation[0], "dilationW": dilation[1], "groups": groups,
    }  # fmt: skip
    entry(
        "conv2d", name, {**params, "activation": activation, "negativeSlope": 0.1},
        [operand(x), operand(weight), operand(bias), expected(ACTIVATIONS[activation](out))],
    )  # fmt: skip
    entry("conv2dInputGrad", name, params, [operand(grad_out), operand(weight), expected(grad_x)])
    entry("conv2dWeightGrad", name, params, [operand(grad_out), operand(x), expected(grad_weight)])


conv2d("3x3, padding 1, ReLU", (2, 3, 5, 6), 4, (3, 3), padding=(1, 1, 1, 1), activation="relu")
conv2d("stride 2, odd sizes", (2, 2, 7, 9), 3, (3, 3), stride=(2, 2), padding=(1, 1, 1, 1))
conv2d("stride 2, last row unused", (1, 2, 8, 6), 3, (3, 3), stride=(2, 2))
conv2d("dilation 2 x 1, stride 1 x 2", (1, 2, 8, 8), 2, (3, 2), stride=(1, 2), dilation=(2, 1), padding=(2, 2, 1, 1))
conv2d("2 groups, leaky ReLU", (2, 4, 5, 5), 6, (3, 3), groups=2, padding=(1, 1, 1, 1), activation="leakyRelu")
conv2d("depthwise, two each", (1, 3, 6, 5), 6, (3, 3), groups=3, stride=(2, 1), padding=(1, 1, 1, 1))
conv2d("uneven padding", (1, 2, 5, 4), 3, (2, 3), padding=(1, 0, 0, 2))

# Max pooling: ties, NaN, padding, dilation, windows that end outside.


def max_pool2d(name, x, kernel, stride, padding=(0, 0), dilation=(1, 1), ceil=False):
    planes, h_in, w_in = x.shape
    x = x.clone().requires_grad_()
    out, indices = F.max_pool2d(x[None], kernel, stride, padding, dilation, ceil, return_indices=True)
    grad_out = rounded(*out.shape)
    (grad_x,) = torch.autograd.grad(out, x, grad_out)
    params = {
        "planes": planes, "hIn": h_in, "wIn": w_in, "hOut": out.shape[2], "wOut": out.shape[3],
        "kH": kernel[0], "kW": kernel[1], "strideH": stride[0], "strideW": stride[1],
        "padTop": padding[0], "padLeft": padding[1], "dilationH": dilation[0], "dilationW": dilation[1],
    }  # fmt: skip
    entry("maxPool2d", name, params, [operand(x), expected(out), expected(indices)])
    entry("maxPool2dGrad", name, params, [operand(grad_out), operand(indices), expected(grad_x)])


ties = torch.randint(-1, 2, (3, 7, 6)).double()
with_nan = ties.clone()
with_nan[0, 3, 3] = math.nan
with_nan[1, 0, 0] = math.nan
max_pool2d("2x2", rounded(2, 6, 4), (2, 2), (2, 2))
max_pool2d("ties, overlapping, padded", ties, (3, 3), (1, 1), padding=(1, 1))
max_pool2d("ties, stride 2, odd sizes", ties, (3, 2), (2, 2))
max_pool2d("one NaN in a window", with_nan, (3, 3), (2, 1), padding=(1, 0))
max_pool2d("dilation 2, padded", ties, (2, 3), (2, 1), padding=(1, 1), dilation=(2, 2))
max_pool2d("windows that end outside", ties, (2, 4), (2, 4), ceil=True)
max_pool2d("only -Infinity", torch.full((1, 4, 4), -math.inf), (2, 2), (2, 2))

# Softmax along each axis, and logits too large for exp.

for log in (False, True):
    function = F.log_softmax if log else F.softmax
    for dim, (outer, classes, inner) in enumerate([(1, 2, 12), (2, 3, 4), (6, 4, 1)]):
        x = rounded(2, 3, 4, scale=3).requires_grad_()
        y = function(x, dim)
        grad_out = rounded(2, 3, 4)
        (grad_x,) = torch.autograd.grad(y, x, grad_out)
        params = {"outer": outer, "size": classes, "inner": inner, "log": log}
        name = f"{'log, ' if log else ''}axis {dim}"
        entry("softmax", name, params, [operand(x), expected(y)])
        entry("softmaxGrad", name, params, [operand(grad_out), operand(y), expected(grad_x)])
    rows = torch.tensor([
        [1000, 1001, 999, -1000],
        [-1e30, -1e30, -1e30, -1e30],
        [-math.inf, 1, 2, -math.inf],
        [-math.inf] * 4,
        [math.inf, 1, 2, 3],
        [1, 2, 3, math.nan],
    ])
    params = {"outer": 6, "size": 4, "inner": 1, "log": log}
    entry("softmax", f"{'log, ' if log else ''}special values", params, [operand(rows), expected(function(rows, 1))])

# Cross-entropy: the terms of each target, their mean, and the gradients of both.


def cross_entropy(name, outer, classes, inner, weighted=False, smoothing=0.0, ignore=-100, ignored=0.0):
    logits = rounded(outer, classes, inner, scale=2).requires_grad_()
    targets = torch.randint(0, classes, (outer, inner))
    targets[torch.rand(outer, inner) < ignored] = ignore
    weight = (torch.rand(classes) + 0.2).round(decimals=3) if weighted else None
    options = {"weight": weight, "ignore_index": ignore, "label_smoothing": smoothing}
    losses = F.cross_entropy(logits, targets, reduction="none", **options)
    mean = F.cross_entropy(logits, targets, reduction="mean", **options)
    kept = targets != ignore
    hits = (logits.argmax(1) == targets).logical_and(kept).double()
    weights = torch.where(kept, (torch.ones(classes) if weight is None else weight)[targets * kept], torch.zeros(()))
    params = {
        "outer": outer, "classes": classes, "inner": inner, "ignoreIndex": ignore, "labelSmoothing": smoothing,
        "normalized": False,
    }  # fmt: skip
    entry(
        "crossEntropy", name, params,
        [
            operand(logits), operand(targets), operand(weight),
            expected(torch.stack([losses, weights, hits])),
            expected(torch.stack([mean, weights.sum(), hits.sum()])),
        ],
    )  # fmt: skip
    (grad_mean,) = torch.autograd.grad(mean, logits, retain_graph=True)
    total = weights.sum().reshape(1)
    entry(
        "crossEntropyGrad", f"{name}, of the mean", {**params, "scaleStride": 0},
        [operand(logits), operand(targets), operand(weight), None, operand(total), expected(grad_mean)],
    )  # fmt: skip
    scales = rounded(outer, inner)
    (grad_scaled,) = torch.autograd.grad(losses, logits, scales)
    entry(
        "crossEntropyGrad", f"{name}, own scales", {**params, "scaleStride": 1},
        [operand(logits), operand(targets), operand(weight), operand(scales), None, expected(grad_scaled)],
    )  # fmt: skip


cross_entropy("plain", 6, 4, 1)
cross_entropy("weights", 6, 4, 1, weighted=True)
cross_entropy("smoothing", 6, 4, 1, smoothing=0.1)
cross_entropy("weights, smoothing", 6, 4, 1, weighted=True, smoothing=0.2)
cross_entropy("weights, smoothing, ignored, in space", 2, 5, 6, weighted=True, smoothing=0.1, ignored=0.3)
cross_entropy("a class is ignored", 8, 3, 2, weighted=True, smoothing=0.1, ignore=1)

# Adam: three steps each, every step beginning where PyTorch's last one ended.


def adam(name, weight_decay, decoupled):
    lr, beta1, beta2, eps = 0.05, 0.9, 0.999, 1e-8
    param = rounded(6).requires_grad_()
    optimizer = (torch.optim.AdamW if decoupled else torch.optim.Adam)(
        [param], lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay
    )
    m, v = torch.zeros(6), torch.zeros(6)
    for step in range(1, 4):
        before = [param.detach().clone(), rounded(6), m.clone(), v.clone()]
        param.grad = before[1].clone()
        optimizer.step()
        m, v = optimizer.state[param]["exp_avg"], optimizer.state[param]["exp_avg_sq"]
        params = {
            "count": 6, "lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps,
            "weightDecay": weight_decay, "decoupled": decoupled,
            "stepSize": lr / (1 - beta1**step), "sqrtBiasCorrection2": math.sqrt(1 - beta2**step),
        }  # fmt: skip
        after = [param, None, m, v]
        operands = [
            {**operand(old), **({} if new is None else {"after": operand(new)["values"]})}
            for old, new in zip(before, after)
        ]
        entry("adam", f"{name}, step {step}", params, [*operands, None])


adam("plain", 0.0, False)
adam("weight decay", 0.1, False)
adam("decoupled weight decay", 0.1, True)

# Augmentation: grid_sample for the warp, Python's own colorsys for the hue.

GREY = torch.tensor([0.299, 0.587, 0.114])[:, None, None]


def recolour(image, brightness, contrast, saturation, hue):
    image = (image * brightness).clamp(0, 1)
    mean = (image * GREY).sum(0).mean()
    image = (mean + contrast * (image - mean)).clamp(0, 1)
    grey = (image * GREY).sum(0)
    image = (grey + saturation * (image - grey)).clamp(0, 1)
    pixels = [colorsys.rgb_to_hsv(*rgb) for rgb in image.flatten(1).T.tolist()]
    turned = [colorsys.hsv_to_rgb((h + hue) % 1, s, v) for h, s, v in pixels]
    return torch.tensor(turned).T.reshape(image.shape)


def augment(name, channels, source, target, colour, batch=2):
    mean, std = [0.5, 0.4, 0.3], [0.2, 0.25, 0.3]
    images = torch.randint(0, 256, (3, channels, *source), dtype=torch.uint8)
    indices = torch.randint(0, 3, (batch,))
    transforms, out = [], []
    for index in indices.tolist():
        affine = (torch.tensor([0.9, 0.3, 0.4, -0.3, 1.1, -0.6]) + 0.1 * torch.randn(6)).round(decimals=3)
        transforms.append(torch.cat([affine, torch.tensor(colour)]))
        y, x = torch.meshgrid(
            torch.arange(target[0]) - (target[0] - 1) / 2, torch.arange(target[1]) - (target[1] - 1) / 2, indexing="ij"
        )
        t = affine.tolist()
        # In grid_sample's coordinates -1 and 1 are the centres of the outermost pixels.
        grid_x = (t[0] * x + t[1] * y + t[2]) / ((source[1] - 1) / 2)
        grid_y = (t[3] * x + t[4] * y + t[5]) / ((source[0] - 1) / 2)
        image = images[index].double()[None] / 255
        warped = F.grid_sample(image, torch.stack([grid_x, grid_y], -1)[None], padding_mode="zeros", align_corners=True)[0]
        coloured = recolour(warped.expand(3, -1, -1), *colour)
        out.append((coloured - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None])
    params = {
        "batch": batch, "channels": channels, "hIn": source[0], "wIn": source[1],
        "hOut": target[0], "wOut": target[1], "mean": mean, "std": std,
    }  # fmt: skip
    operands = [operand(images), operand(indices), operand(torch.stack(transforms)), expected(torch.stack(out))]
    entry("augment", name, params, operands)


augment("grey, warp", 1, (6, 7), (6, 7), [1.0, 1.0, 1.0, 0.0])
augment("colour, warp", 3, (6, 7), (5, 8), [1.0, 1.0, 1.0, 0.0])
augment("grey, all steps", 1, (6, 5), (6, 5), [1.3, 0.7, 1.4, 0.2])
augment("colour, all steps", 3, (6, 5), (6, 5), [1.3, 0.7, 1.4, 0.2])
augment("colour, all steps, hue backwards", 3, (6, 5), (6, 5), [0.8, 1.5, 0.6, -0.4])

print("{")
print(f'  "madeBy": "kernels.py, PyTorch {torch.__version__}",')
print('  "entries": [')
print(",\n".join("    " + json.dumps(one, separators=(",", ":")) for one in entries))
print("  ]\n}")
