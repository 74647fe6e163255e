"""Calls of single ops, with PyTorch's answers: what reductions.py, losses.py and matmul.py share.

A call has the name and the arguments of an op of this library, PyTorch's outputs in float64 and, of the first output,
the gradients for all inputs that require one. Tensors among the arguments are written as {"tensor": position}. The
gradient that comes in is the same rule on both sides: element i of the output has (7 i mod 5) - 1.5. Inputs are rounded
to three digits, so that the files stay small; values that JSON has no word for are strings.
"""

import json
import math
import sys

import torch

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
calls = []

DTYPES = {torch.float64: "float", torch.int64: "int32", torch.bool: "bool"}


def rounded(*shape, scale=1.0):
    return (torch.randn(shape) * scale).round(decimals=3)


def between(low, high, *shape):
    return (torch.rand(shape) * (high - low) + low).round(decimals=3)


def wanted(tensor):
    """The tensor as one whose gradient is recorded."""
    return tensor.detach().clone().requires_grad_()


def number(value):
    if isinstance(value, bool):
        return int(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return int(value) if value == int(value) and abs(value) < 1e6 else float(f"{value:.13g}")


def written(tensor):
    values = [number(value) for value in tensor.detach().flatten().tolist()]
    return {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "values": values}


def call(op, name, args, answer, gradients=True):
    """Records `op(*args)`, which is to give `answer`: a tensor or several."""
    tensors = []

    def replaced(value):
        if isinstance(value, torch.Tensor):
            tensors.append(value)
            return {"tensor": len(tensors) - 1}
        if isinstance(value, dict):
            return {key: replaced(item) for key, item in value.items()}
        if isinstance(value, float) and not math.isfinite(value):
            return {"number": number(value)}
        return value

    given = [replaced(value) for value in args]
    outputs = list(answer) if isinstance(answer, tuple) else [answer]
    if gradients and outputs[0].requires_grad:
        incoming = (torch.arange(outputs[0].numel()) * 7 % 5 - 1.5).reshape(outputs[0].shape)
        (outputs[0] * incoming).sum().backward()
    inputs = [
        {**written(tensor), **({} if tensor.grad is None else {"grad": written(tensor.grad)["values"]})}
        for tensor in tensors
    ]
    calls.append({"op": op, "name": name, "args": given, "inputs": inputs, "outputs": [*map(written, outputs)]})


def refused(op, name, args):
    """Records a call that PyTorch refuses."""
    inputs = [written(tensor) for tensor in args]
    given = [{"tensor": i} for i in range(len(args))]
    calls.append({"op": op, "name": name, "args": given, "inputs": inputs, "outputs": None})


def write():
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in calls)
    sys.stdout.write(f'{{"torch": "{torch.__version__}", "calls": [\n{lines}\n]}}\n')
