"""Golden values for reductions, by PyTorch in float64.

python3 test/golden/reductions.py > test/golden/reductions.json
"""

import torch
from calls import call, rounded, wanted, write

INF = float("inf")
NAN = float("nan")
everything = {
    "all": (None, False),
    "no dims": ([], False),
    "rows": (2, False),
    "from the end, kept": (-3, True),
    "outer and inner": ([0, -1], False),
    "all of them, kept": ([0, 1, 2], True),
}


def arguments(x, dims, keepdim):
    return [x] if dims is None else [x, dims, keepdim]


def over(x, dims):
    return tuple(range(x.dim())) if dims is None or dims == [] else dims


for name, (dims, keepdim) in everything.items():
    for op, torch_op in {"sum": torch.sum, "mean": torch.mean, "amax": torch.amax, "amin": torch.amin,
                         "logSumExp": torch.logsumexp}.items():  # fmt: skip
        x = wanted(rounded(2, 3, 4))
        call(op, name, arguments(x, dims, keepdim), torch_op(x, over(x, dims), keepdim))
    for correction in (0, 1):
        for op, torch_op in {"var": torch.var, "std": torch.std}.items():
            x = wanted(rounded(2, 3, 4))
            options = {"correction": correction, "keepdim": keepdim}
            answer = torch_op(x, over(x, dims), unbiased=correction == 1, keepdim=keepdim)
            call(op, f"{name}, correction {correction}", [x, [] if dims is None else dims, options], answer)
    for p in (0, 1, 2, 3, 1.5, 0.5, -1, INF, -INF):
        x = wanted(rounded(2, 3, 4))
        options = {"p": p, "keepdim": keepdim, **({} if dims is None else {"dims": dims})}
        call("norm", f"{name}, p {p}", [x, options], torch.linalg.vector_norm(x, p, over(x, dims), keepdim))

for name, values in {
    "no zero": [2, -3, 0.5, 4],
    "one zero": [2, 0, 0.5, 4],
    "two zeros": [0, 3, 0, 4],
    "all zeros": [0, 0, 0],
    "one value": [3],
    "one value, a zero": [0],
    "seven values": [1, -2, 3, 0.5, -1, 2, 1.5],
}.items():
    x = wanted(torch.tensor(values, dtype=torch.float64))
    call("prod", name, [x], x.prod())
rows = rounded(5, 3, 7)
rows[1, 1, 2] = rows[2, 0, 0] = rows[2, 0, 6] = rows[3, 2, 3] = 0
for dim, keepdim in ((2, False), (0, True), (-2, False)):
    x = wanted(rows)
    call("prod", f"zeros here and there, dim {dim}", [x, dim, keepdim], x.prod(dim, keepdim))

for name, values in {
    "ties": [[2, 5, 5, 1], [3, 3, 3, 3], [0, -1, -1, 0]],
    "NaN": [[1, NAN, 3, NAN], [1, 2, 3, 4], [NAN, 0, 0, 0]],
    "infinities": [[1, INF, INF, 2], [-INF, -INF, 0, 0], [-INF, -INF, -INF, -INF]],
}.items():
    for op in ("amax", "amin"):
        x = wanted(torch.tensor(values, dtype=torch.float64))
        # A NaN equals nothing, so nobody has a share of its gradient, here and in PyTorch: NaN all over its row.
        call(op, name, [x, 1, False], getattr(torch, op)(x, 1))
    for op in ("max", "min"):
        for dim in (0, 1):
            x = wanted(torch.tensor(values, dtype=torch.float64))
            call(op, f"{name}, dim {dim}", [x, dim, dim == 0], tuple(getattr(torch, op)(x, dim, dim == 0)))
for op in ("max", "min"):
    x = wanted(torch.tensor([[2.0, 5, 5, 1], [1, 3, 5, 1]]))
    call(op, "ties in all", [x], getattr(torch, op)(x))

for name, values in {
    "minus infinity among others": [[-INF, 0, 1], [-INF, -INF, 2]],
    "large": [[1000, 999, -1000], [-1e5, -1e5, -1e5]],
    "infinity": [[INF, 0, 1], [INF, -INF, 1]],
    "NaN": [[NAN, 0, 1], [0, 0, 0]],
}.items():
    x = wanted(torch.tensor(values, dtype=torch.float64))
    call("logSumExp", name, [x, 1], torch.logsumexp(x, 1))
# PyTorch 1.13 gives NaN for the gradient of rows of nothing but -inf; here they have no part in anything, so 0.
x = wanted(torch.full((2, 3), -INF))
call("logSumExp", "nothing but minus infinity", [x, 1], torch.logsumexp(x, 1), gradients=False)

for op, torch_op in {"var": torch.var, "std": torch.std}.items():
    for name, values in {
        # Sixty-fourths, which float32 can hold at 10000 too.
        "far from 0": ((torch.randn(3, 20) * 64).round() / 64 + 1e4).tolist(),
        "all equal": [[2.0, 2, 2]],
        "one value": [[2.0], [3.0]],
    }.items():
        x = wanted(torch.tensor(values, dtype=torch.float64))
        call(op, name, [x, 1], torch_op(x, 1))

zeros = torch.tensor([[0.0, 0, 0], [3, 0, 4], [-1, -1, 1]])
for p in (0, 1, 2, 3, 1.5, 0.5, INF):
    x = wanted(zeros)
    call("norm", f"zeros, p {p}", [x, {"p": p, "dims": 1}], torch.linalg.vector_norm(x, p, 1))

truths = torch.tensor([[0.0, 0, 0], [0, NAN, 0], [1, -2, 0.5]])
for op in ("any", "all"):
    f = getattr(torch, op)
    call(op, "floats", [truths, 1], f(truths, 1))
    call(op, "bools, kept", [truths > 0, 0, True], f(truths > 0, 0, True))
    call(op, "everything", [truths != 0], f(truths != 0))
    call(op, "rows of nothing", [torch.zeros(3, 0), 1], f(torch.zeros(3, 0), 1))
call("countNonzero", "floats", [truths, 1], torch.count_nonzero(truths, 1))

for op in ("sum", "mean", "prod"):
    x = torch.zeros(0, 3)
    call(op, "of nothing", [x, 0], getattr(torch, op)(x, 0))
for op, torch_op in {"var": torch.var, "std": torch.std, "logSumExp": torch.logsumexp}.items():
    x = torch.zeros(0, 3)
    call(op, "of nothing", [x, 0], torch_op(x, 0))
for op in ("sum", "prod"):
    x = torch.tensor([[1, 2, 3], [4, -5, 6]])
    call(op, "int32", [x, 1], getattr(torch, op)(x, 1))
    call(op, "bool counts", [x > 1, 1], getattr(torch, op)(x > 1, 1))
for op in ("amax", "amin"):
    x = torch.tensor([[1, 2, 3], [4, -5, 6]])
    call(op, "int32", [x, 0], getattr(torch, op)(x, 0))

write()
