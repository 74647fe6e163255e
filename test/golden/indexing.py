"""Golden values for choosing by index, sorting, padding and rearranging, made by PyTorch in float64.

    python3 test/golden/indexing.py > test/golden/indexing.json

An entry is a call: the op's name and its arguments as Mien takes them (tensors as shape, type and values), what
PyTorch returns for the same call, and the gradients of sum(w * output), with w counting -5..5 by steps of 3, for the
tensors that require one. Inputs are rounded so that both sides begin with the same numbers.
"""

import json
import math

import torch
import torch.nn.functional as F

torch.manual_seed(4)
torch.set_default_dtype(torch.float64)
entries = []


def x(*shape):
    return torch.randn(shape).round(decimals=2).requires_grad_()


def distinct(rows, columns):
    """Which of equal elements comes first, PyTorch's topk leaves open."""
    return (torch.randperm(rows * columns).double() / 4 - 2).reshape(rows, columns).requires_grad_()


def of(*values):
    return torch.tensor(values)


def index(size, *shape):
    return torch.randint(0, size, shape)


def plain(value):
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return int(value) if value == int(value) else float(f"{value:.14g}")
    return int(value) if isinstance(value, bool) else value


def show(value):
    if not isinstance(value, torch.Tensor):
        return value
    dtype = {torch.float64: "float64", torch.int64: "int32", torch.bool: "bool"}[value.dtype]
    values = [plain(v) for v in value.detach().flatten().tolist()]
    return {"shape": list(value.shape), "dtype": dtype, "values": values, "requiresGrad": value.requires_grad}


def entry(op, args, outputs):
    if isinstance(outputs, torch.Tensor):
        outputs = [outputs]
    inputs = [arg for arg in args if isinstance(arg, torch.Tensor) and arg.requires_grad]
    total = 0
    for out in outputs:
        if out.requires_grad:
            weights = (torch.arange(out.numel()) * 3 % 11 - 5).double().reshape(out.shape)
            total = total + (out * weights).sum()
    if isinstance(total, torch.Tensor):
        total.backward()
    entries.append(
        {
            "op": op,
            "args": [show(arg) for arg in args],
            "outputs": [show(out) for out in outputs],
            "gradients": [show(a.grad) for a in inputs if a.grad is not None],
        }
    )


a, i = x(4, 3), index(4, 6)
entry("indexSelect", [a, 0, i], a.index_select(0, i))
a, i = x(2, 3, 4), index(4, 5)
entry("indexSelect", [a, -1, i], a.index_select(-1, i))
a, i = x(3, 4), index(3, 2, 3)
entry("gather", [a, 0, i], a.gather(0, i))
a, i = x(3, 4, 2), index(4, 2, 6, 1)
entry("gather", [a, 1, i], a.gather(1, i))
a, i, s = x(3, 4), index(3, 5, 3), x(5, 3)
entry("scatterAdd", [a, 0, i, s], a.scatter_add(0, i, s))
a, i, s = x(3, 4, 2), index(4, 2, 6, 1), x(2, 6, 1)
entry("scatterAdd", [a, 1, i, s], a.scatter_add(1, i, s))
a, i, s = x(4, 3), index(4, 6), x(6, 3)
entry("indexAdd", [a, 0, i, s, {"alpha": -0.5}], a.index_add(0, i, s, alpha=-0.5))
i, w = index(4, 2, 5), x(4, 3)
entry("embedding", [i, w], F.embedding(i, w))
i, w = index(4, 2, 5), x(4, 3)
assert (i == 1).any() and (i == 3).any()
entry("embedding", [i, w, {"paddingIdx": 1}], F.embedding(i, w, padding_idx=1))
w = w.detach().clone().requires_grad_()
entry("embedding", [i, w, {"paddingIdx": -1}], F.embedding(i, w, padding_idx=-1))
i = index(5, 2, 3)
entry("oneHot", [i, 5], F.one_hot(i, 5))

a = x(3, 5)
entry("cumsum", [a, 1], a.cumsum(1))
a = x(3, 5, 2)
entry("cumsum", [a, 0], a.cumsum(0))
a = torch.rand(3, 5) > 0.4
entry("cumsum", [a, -1], a.cumsum(-1))
ties = of(2.0, math.nan, 1.0, 2.0, -math.inf, 0.0, -0.0, math.nan, math.inf, 1.0)
for descending in [False, True]:
    entry("argsort", [ties, 0, {"descending": descending}], ties.sort(dim=0, descending=descending, stable=True)[1])
    a = x(3, 6)
    entry("sort", [a, 1, {"descending": descending}], a.sort(dim=1, descending=descending))
    a = x(5, 2)
    entry("sort", [a, 0, {"descending": descending}], a.sort(dim=0, descending=descending))
    a = distinct(3, 6)
    entry("topk", [a, 4, -1, {"largest": descending}], a.topk(4, largest=descending))
    a = distinct(6, 2)
    entry("topk", [a, 2, 0, {"largest": descending}], a.topk(2, dim=0, largest=descending))

for name, f in [("tril", torch.tril), ("triu", torch.triu)]:
    for diagonal in [-2, 0, 1]:
        a = x(2, 3, 4)
        entry(name, [a, diagonal], f(a, diagonal))
a, m = x(3, 4), torch.rand(3, 1) > 0.5
entry("maskedFill", [a, m, 7], a.masked_fill(m, 7))
a, m, v = x(3, 4), torch.rand(4) > 0.5, x()
entry("maskedFill", [a, m, v], a.masked_fill(m, v))
for args in [[0, 0, 1], [1, 0, 1], [-1, 1, 2], [0, -1, 0]]:
    a = x(3, 4, 2)
    entry("diagonal", [a, *args], a.diagonal(*args))

for padding in [[1, 2], [0, 1, 2, 3], [-1, 2], [1, -1, -1, 0], [1, 0, 0, 2, 1, 1]]:
    a = x(1, 2, 3, 4)
    entry("pad", [a, padding, {"value": 0.5}], F.pad(a, padding, value=0.5))
for mode in ["reflect", "replicate", "circular"]:
    for padding in [[1, 2, 2, 0], [0, 3, 1, 1], [-1, 1, 0, -1]]:
        a = x(1, 2, 3, 4)
        entry("pad", [a, padding, {"mode": mode}], F.pad(a, padding, mode=mode))
    a = x(1, 2, 5)
    entry("pad", [a, [-2, 2], {"mode": mode}], F.pad(a, [-2, 2], mode=mode))

a = x(2, 3, 4)
entry("flip", [a, [0, -1]], a.flip([0, -1]))
a = x(3, 4)
entry("roll", [a, 5], a.roll(5))
a = x(3, 4)
entry("roll", [a, [-1, 6], [0, 1]], a.roll([-1, 6], [0, 1]))
a = x(2, 3)
entry("repeat", [a, [2, 1, 3]], a.repeat(2, 1, 3))
a = x(2, 3)
entry("tile", [a, [2]], a.tile([2]))
a = x(2)
entry("tile", [a, [2, 3]], a.tile([2, 3]))
a = x(2, 3)
entry("repeatInterleave", [a, 2], a.repeat_interleave(2))
a = x(2, 3)
entry("repeatInterleave", [a, 3, 0], a.repeat_interleave(3, 0))
a = x(2, 3, 4, 5)
entry("movedim", [a, [1, 3], [-1, 0]], a.movedim([1, 3], [-1, 0]))

a = x(3, 4)
entry("select", [a, 1, -2], a.select(1, -2))
a = x(3, 4)
entry("narrow", [a, 1, -3, 2], a.narrow(1, -3, 2))
a = x(7, 2)
entry("split", [a, 3], a.split(3))
a = x(2, 6)
entry("split", [a, [1, 0, 5], 1], a.split([1, 0, 5], 1))
for chunks in [2, 4, 9]:
    a = x(6, 2)
    entry("chunk", [a, chunks], a.chunk(chunks))
a = torch.zeros(0, 2)
entry("chunk", [a, 3], a.chunk(3))
entry("split", [a, 3], a.split(3))
a = x(2, 3)
entry("unbind", [a, 1], a.unbind(1))

lines = ",\n".join("    " + json.dumps(one, separators=(",", ":")) for one in entries)
print(f'{{\n  "madeBy": "indexing.py, PyTorch {torch.__version__}",\n  "entries": [\n{lines}\n  ]\n}}')
