"""Makes activations.json: what PyTorch computes for activations and their gradients, in float64, on a grid with kinks.

    python3 test/golden/activations.py > test/golden/activations.json
"""

import json
import math

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)

# From -8 to 8 in steps of an eighth, so with every kink (0, 1, 3, 6 and their negatives) on the grid; and the far ends.
GRID = [i / 8 for i in range(-64, 65)] + [-30.0, -12.5, 12.5, 21.0, 30.0, 1e-8, -1e-8]

FUNCTIONS = {
    "relu": torch.relu,
    "leakyRelu": F.leaky_relu,
    "sigmoid": torch.sigmoid,
    "logSigmoid": F.logsigmoid,
    "tanh": torch.tanh,
    "silu": F.silu,
    "elu": F.elu,
    "elu, alpha 0.5": lambda x: F.elu(x, 0.5),
    "selu": F.selu,
    "gelu": F.gelu,
    "gelu, tanh": lambda x: F.gelu(x, approximate="tanh"),
    "softplus": F.softplus,
    "softplus, beta 2, threshold 4": lambda x: F.softplus(x, 2, 4),
    "hardswish": F.hardswish,
    # PyTorch's own gradient has a sixth in float32, even in float64.
    "hardsigmoid": lambda x: F.relu6(x + 3) / 6,
    "hardtanh": F.hardtanh,
    "relu6": F.relu6,
    "softsign": F.softsign,
    "clamp, -1 to 3": lambda x: x.clamp(-1, 3),
    "clamp, from 1 on": lambda x: x.clamp(min=1),
    "erf": torch.erf,
    "expm1": torch.expm1,
    "round": torch.round,
}


def plain(value):
    return str(value) if math.isinf(value) or math.isnan(value) else value


functions = {}
for name, function in FUNCTIONS.items():
    x = torch.tensor(GRID, requires_grad=True)
    y = function(x)
    y.sum().backward()
    functions[name] = {
        "values": [plain(value) for value in y.tolist()],
        "gradients": [plain(value) for value in x.grad.tolist()],
    }

print("{")
print(f'  "madeBy": "activations.py, PyTorch {torch.__version__}",')
print(f'  "grid": {json.dumps(GRID)},')
print('  "functions": {')
lines = (f"    {json.dumps(name)}: {json.dumps(entry, separators=(',', ':'))}" for name, entry in functions.items())
print(",\n".join(lines))
print("  }\n}")
